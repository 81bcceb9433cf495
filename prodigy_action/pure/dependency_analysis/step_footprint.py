"""The footprint of a whole step: its command, its declarations, its captures, the values inserted into its texts."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from types import MappingProxyType

from prodigy_action.pure.dependency_analysis.command import Command
from prodigy_action.pure.dependency_analysis.declared import declared_variables, touch_declared
from prodigy_action.pure.dependency_analysis.footprint import Access, Footprint, FootprintBuilder, replaces_programs
from prodigy_action.pure.dependency_analysis.value_mentions import (
    Mentions,
    find_expression_mentions,
    find_mentions,
    mark_values,
)
from prodigy_action.pure.dependency_analysis.worktree_paths import NO_PATHS, WORKTREE, PathSet
from prodigy_action.pure.shell.syntax.tree import ParsedShells

_GIT = re.compile(r"\bgit\b")


def read_footprints(
    commands: Sequence[Command], parsed: ParsedShells, *, symlinks: Collection[str] = ()
) -> tuple[Footprint, ...]:
    """The footprint of each command; a captured name counts as read wherever a text mentions it."""
    captured = frozenset(name for command in commands for name in command.captures)
    links = PathSet(symlinks)
    return tuple(_with_values(footprint_of(command, parsed, symlinks=links), command, captured) for command in commands)


def footprint_of(command: Command, parsed: ParsedShells, *, symlinks: PathSet = NO_PATHS) -> Footprint:
    """What `command` by itself reads and writes; declarations replace what the text shows."""
    found = _of_text(command, parsed, symlinks)
    declared = FootprintBuilder(symlinks=symlinks)
    touch_declared(command.reads or (), Access.READ, declared)
    touch_declared(command.writes or (), Access.WRITE, declared)
    if command.output_file is not None:
        _touch_text_path(command.output_file, command.working_dir, declared)
    if "$" in command.working_dir:
        declared.stop_at(f"the directory {command.working_dir!r} is not known before running")
    elif command.working_dir:
        declared.touch_path(command.working_dir, Access.READ)
    for name in filter(replaces_programs, command.captures):
        declared.stop_at(f"setting {name!r} may change what programs do")
    if command.sequential:
        declared.stop_at("the step runs alone: a handler, a commit, a check or parallel: false")
    if command.reads is None or command.writes is None:
        for name in filter(replaces_programs, command.environment):
            declared.stop_at(f"setting {name!r} may change what programs do")
        if found.barrier is not None:
            declared.stop_at(found.barrier)
    stated = declared.build()
    uses_git = bool(command.cmd and _GIT.search(command.cmd))
    return Footprint(
        variable_reads=extract_variable_reads(command, found=found),
        variable_writes=extract_variable_writes(command, found=found),
        path_reads=stated.path_reads | (found.path_reads if command.reads is None else frozenset()),
        path_writes=stated.path_writes | (found.path_writes if command.writes is None else frozenset()),
        git_reads=stated.git_reads or uses_git,
        git_writes=stated.git_writes or uses_git,
        barrier=stated.barrier,
    )


def extract_variable_reads(
    cmd: Command, parsed: ParsedShells = MappingProxyType({}), *, found: Footprint | None = None
) -> frozenset[str]:
    """The variables whose value `cmd` uses, as its declarations, else its text show.

    `parsed` has the tree of its text; `found` is the footprint of its text, for whoever has read it already.
    """
    if cmd.reads is not None:
        return declared_variables(cmd.reads)
    return (found or _of_text(cmd, parsed, NO_PATHS)).variable_reads


def extract_variable_writes(
    cmd: Command, parsed: ParsedShells = MappingProxyType({}), *, found: Footprint | None = None
) -> frozenset[str]:
    """The variables that `cmd` sets, its captures included, as its declarations, else its text show."""
    if cmd.writes is not None:
        return declared_variables(cmd.writes) | frozenset(cmd.captures)
    return (found or _of_text(cmd, parsed, NO_PATHS)).variable_writes | frozenset(cmd.captures)


def _of_text(command: Command, parsed: ParsedShells, symlinks: PathSet) -> Footprint:
    if command.cmd is None:
        return Footprint(barrier="what the step reads and writes is not known")
    from prodigy_action.pure.dependency_analysis.shell_footprint import read_footprint  # only a command needs it

    directory = "" if "$" in command.working_dir else command.working_dir
    return read_footprint(command.cmd, parsed, working_dir=directory, symlinks=symlinks)


def footprint_texts(commands: Sequence[Command]) -> list[str]:
    """What `read_footprints` needs the trees of."""
    return [mark_values(command.cmd).text for command in commands if command.cmd is not None]


def _touch_text_path(path: str, working_dir: str, builder: FootprintBuilder) -> None:
    """Record a written path that the program itself resolves, from the worktree or from the working directory."""
    if "$" in path:
        builder.stop_at(f"the path {path!r} is not known before running")
    else:
        builder.touch_path(path, Access.CREATE)
        if working_dir:
            builder.touch_path(f"{working_dir}/{path}", Access.CREATE)


def _with_values(footprint: Footprint, command: Command, captured: frozenset[str]) -> Footprint:
    texts = (command.cmd or "", *command.texts)
    mentions = [*map(find_mentions, texts), *map(find_expression_mentions, command.conditions)]
    context = any(mention.git_context for mention in mentions)
    return replace(
        footprint,
        variable_reads=footprint.variable_reads | (captured & _names(mentions)),
        path_reads=footprint.path_reads | ({WORKTREE} if context else frozenset()),
        git_reads=footprint.git_reads or context,
        previous_output=any(mention.previous_output for mention in mentions),
    )


def _names(mentions: Sequence[Mentions]) -> frozenset[str]:
    return frozenset(name for mention in mentions for name in mention.names)
