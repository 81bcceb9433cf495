"""A step as dependency analysis sees it."""

from __future__ import annotations

from prodigy_action.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """A step as dependency analysis sees it.

    `cmd` is the shell text before interpolation, or None for a step that is not a shell command. Declared `reads` and
    `writes` (paths, globs, `$NAME` for variables; None: not declared) replace what the text shows; `needs` names
    other commands' `id`. `captures` are the variables that the step's output defines. `sequential` makes the step
    a barrier whatever its text says (a handler, a commit check, `parallel: false`). `working_dir` is where the text
    runs, relative to the worktree; `output_file` receives its standard output. `texts` are the other texts of the step,
    and of steps inside it, in which `${…}` is replaced; `conditions` are expressions, in which bare names are values
    too.
    `environment` names the variables that its `env` sets. `skippable`: a condition may keep it from running.
    """

    cmd: str | None
    id: str | None = None
    reads: tuple[str, ...] | None = None
    writes: tuple[str, ...] | None = None
    needs: tuple[str, ...] = ()
    captures: tuple[str, ...] = ()
    sequential: bool = False
    working_dir: str = ""
    output_file: str | None = None
    texts: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    skippable: bool = False

    @classmethod
    def shell(cls, cmd: str) -> Command:
        """A plain shell command with nothing declared."""
        return cls(cmd=cmd)
