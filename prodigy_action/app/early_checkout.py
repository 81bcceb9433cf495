"""The checkout of a run, described by git while this process imports the rest of the program."""

from __future__ import annotations

import threading
from concurrent.futures import Future

from prodigy_action.adapters.git.calls import in_thread
from prodigy_action.adapters.git.checkout import describe_checkout
from prodigy_action.app.process_context import ProcessContext
from prodigy_action.model.git import Checkout
from prodigy_action.model.settings import Settings


class EarlyCheckout:
    """The checkout of these settings; git is asked from now on, in a thread."""

    def __init__(self, settings: Settings, world: ProcessContext) -> None:
        self._path = str(world.directory / settings.working_directory)
        self._environ = world.environ
        self._described = Future[Checkout]()
        # Nobody waits for it when the run is refused for another reason: git only reads.
        threading.Thread(target=self._describe, daemon=True).start()

    async def described(self) -> Checkout:
        """What git said. Raises `InvalidInput` when no run can start from it."""
        return await in_thread(self._described.result)

    def _describe(self) -> None:
        try:
            self._described.set_result(describe_checkout(self._path, self._environ))
        except BaseException as error:  # noqa: BLE001 - raised where the checkout is needed
            self._described.set_exception(error)
