"""An interactive shell with the terminal of this process, in the place of one command."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from functools import partial
from typing import final

import anyio
import anyio.to_thread

from prodigy_action.environment import CommandRunner, LogSink
from prodigy_action.model.command import CommandSpec, CompletedCommand

_SHELL = "sh"
_GRACE_SECONDS = 1.0


@final
class TerminalRunner:
    """Runs commands with `runner`, but for the one whose environment has `mark` in the variable `variable`.

    In its place the user's shell runs, with the standard streams of this process; that command always succeeds.
    """

    def __init__(self, runner: CommandRunner, *, variable: str, mark: str) -> None:
        self._runner = runner
        self._variable = variable
        self._mark = mark
        self.exit_code: int | None = None
        """That of the shell; None before it has ended."""

    async def run(self, spec: CommandSpec, log: LogSink) -> CompletedCommand:
        if spec.env.get(self._variable) != self._mark:
            return await self._runner.run(spec, log)
        shell = _start({**spec.env, self._variable: "1"}, spec.cwd)
        try:
            self.exit_code = await anyio.to_thread.run_sync(shell.wait, abandon_on_cancel=True)
        finally:
            if shell.poll() is None:
                shell.terminate()
                with anyio.CancelScope(shield=True):
                    await anyio.to_thread.run_sync(partial(_end, shell))
        return CompletedCommand(exit_code=0)


def _start(environ: Mapping[str, str], directory: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([environ.get("SHELL") or _SHELL], cwd=directory, env=environ)


def _end(shell: subprocess.Popen[bytes]) -> None:
    try:
        shell.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        shell.kill()
        shell.wait()
