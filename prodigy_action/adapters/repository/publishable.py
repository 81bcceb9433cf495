"""Whether a result can be published to a checkout, as far as that is known before anything runs."""

from __future__ import annotations

import errno
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from prodigy_action.adapters.git.calls import in_thread
from prodigy_action.adapters.git.checkout import calls_on
from prodigy_action.errors import Diagnostic, InvalidInput
from prodigy_action.model.git import Checkout
from prodigy_action.pure.text.reasons import reason_of

OF_RUNS = "prodigy"
"""The branches of runs are `prodigy/RUN-ID`."""
_LOCK_SECONDS = 2.0
"""How long another git may hold a lock: status and fetch hold one for a short time."""
_PAUSE_SECONDS = 0.1
_PROBE_BYTES = 4096


async def check_publishable(checkout: Checkout) -> None:
    """Raise `InvalidInput` with everything that would keep the result from being published."""
    problems = await in_thread(lambda: list(_problems(checkout)))
    if problems:
        raise InvalidInput(problems)


def _problems(checkout: Checkout) -> Iterator[Diagnostic]:
    if _is_branch(checkout, f"refs/heads/{OF_RUNS}"):
        message = f"the branch {OF_RUNS!r} is in the way of the branches {OF_RUNS}/RUN-ID, which hold results"
        yield _problem(checkout, message, f"rename it: git branch -m {OF_RUNS} OTHER-NAME")
    for lock in _locks_that_stay(checkout):
        message = f"{str(lock)!r} exists: another git is at work there, or was killed"
        yield _problem(checkout, message, f"when no other git runs, remove it: rm {str(lock)!r}")
    refused: dict[tuple[int | None, str], list[str]] = {}
    for directory in _written_places(checkout):
        try:
            with tempfile.TemporaryFile(dir=directory) as probe:
                probe.write(b"0" * _PROBE_BYTES)
        except OSError as error:
            why = reason_of(error)
            refused.setdefault((error.errno, why), []).append(repr(str(directory)))
    for (number, why), directories in refused.items():
        message = f"no result can be published: {' and '.join(directories)} cannot be written: {why}"
        hint = "make the checkout writable, free space, or work on a clone of it"
        if number == errno.EROFS:
            message = f"no result can be published: the checkout {checkout.path!r} is on a read-only file system"
            hint = "mount it writable (without `:ro`), or work on a clone of it"
        yield _problem(checkout, message, hint)


def _is_branch(checkout: Checkout, name: str) -> bool:
    common = Path(checkout.common_dir)
    if (common / "reftable").exists():  # only git can read these
        return calls_on(checkout).attempt("show-ref", "--verify", "--quiet", name).status == 0
    if (common / name).is_file():
        return True
    try:
        return f" {name}\n".encode() in (common / "packed-refs").read_bytes()
    except OSError:
        return False


def _locks_that_stay(checkout: Checkout) -> list[Path]:
    names = [Path(checkout.git_dir, name) for name in ("HEAD.lock", "index.lock")]
    names += [Path(checkout.common_dir, name) for name in ("packed-refs.lock", "shallow.lock")]
    if checkout.branch is not None:
        names.append(Path(checkout.common_dir, f"refs/heads/{checkout.branch}.lock"))
    deadline = time.monotonic() + _LOCK_SECONDS
    while (present := [path for path in names if path.exists()]) and time.monotonic() < deadline:
        time.sleep(_PAUSE_SECONDS)
    return present


def _written_places(checkout: Checkout) -> list[Path]:
    heads = Path(checkout.common_dir, "refs/heads")
    of_runs = heads / OF_RUNS
    places = [Path(checkout.common_dir, "objects"), of_runs if of_runs.is_dir() else heads]
    return list(dict.fromkeys((*places, Path(checkout.git_dir), Path(checkout.path))))


def _problem(checkout: Checkout, message: str, hint: str) -> Diagnostic:
    return Diagnostic(message, source=checkout.path, hint=hint, code="not-publishable")
