"""The files of a worktree that globs match, as git lists them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prodigy_action.environment import CommandRunner
from prodigy_action.errors import GitFailed
from prodigy_action.model.command import CommandSpec
from prodigy_action.pure.items.globs import matching

LISTING_SECONDS = 300.0
LISTING_BYTES = 2**30
_SUBMODULE = "160000"
_IGNORED_BY_FILES = "--exclude-per-directory=.gitignore"


class _Unlogged:
    def write(self, chunk: bytes) -> None:
        """Discard the chunk."""


async def files_matching(
    executor: CommandRunner, directory: str, globs: Sequence[str], environ: Mapping[str, str]
) -> list[str]:
    """The files below `directory` that a glob matches, relative to it and in code point order.

    Ignored files count only when no other file matches. Submodules, and tracked files that are not there, are left
    out. Raises `GitFailed`.
    """

    async def listed(*options: str) -> list[str]:
        command = ("git", "-c", "core.fsmonitor=false", "ls-files", "-z", *options)
        spec = CommandSpec(
            argv=command, cwd=directory, env=environ, timeout_seconds=LISTING_SECONDS, capture_limit=LISTING_BYTES
        )
        completed = await executor.run(spec, _Unlogged())
        if completed.exit_code != 0 or completed.timed_out:
            raise GitFailed("the files cannot be listed", command=command, stderr=completed.tail)
        return [name for name in completed.stdout.decode("utf-8", "surrogateescape").split("\0") if name]

    staged = [entry.partition("\t") for entry in await listed("--stage")]
    tracked = {path for mode, _, path in staged if not mode.startswith(_SUBMODULE)} - set(await listed("--deleted"))
    untracked = [path for path in await listed("--others", _IGNORED_BY_FILES) if not path.endswith("/")]
    found = matching([*tracked, *untracked], globs)
    if found:
        return found
    return matching(await listed("--others", "--ignored", _IGNORED_BY_FILES), globs)
