"""Which steps may run side by side: footprints are compared, and steps are grouped into batches.

Conservative: a false dependency costs time, a missed one costs correctness. Two steps are independent only when their
footprints prove it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from prodigy_action.dataclass import dataclass
from prodigy_action.pure.dependency_analysis import rules as dependency_rules
from prodigy_action.pure.dependency_analysis.command import Command
from prodigy_action.pure.dependency_analysis.declared import DependencyError, find_declaration_problems
from prodigy_action.pure.dependency_analysis.footprint import Footprint
from prodigy_action.pure.dependency_analysis.rules import DependencyKind, Reason, analyze_steps
from prodigy_action.pure.dependency_analysis.step_footprint import read_footprints
from prodigy_action.pure.shell.syntax.tree import ParsedShells

__all__ = [
    "CommandGraph",
    "DependencyError",
    "DependencyKind",
    "Reason",
    "analyze_dependencies",
]


@dataclass(frozen=True, slots=True)
class CommandGraph:
    """Commands by position, and for each the earlier ones that it waits for.

    Commands before `start` have run already and are in no batch.
    """

    footprints: tuple[Footprint, ...]
    edges: Mapping[tuple[int, int], tuple[Reason, ...]]
    start: int = 0

    @property
    def node_count(self) -> int:
        """The number of commands, including those before `start`."""
        return len(self.footprints)

    def is_barrier(self, index: int) -> bool:
        """Whether the command runs alone, after all earlier ones and before all later ones."""
        return self.footprints[index].barrier is not None

    def parallel_batches(self) -> list[list[int]]:
        """Positions by level: each batch waits for the batches before it; inside a batch the order is that of the
        workflow.
        """
        levels = [0] * self.node_count
        for before, after in sorted(self.edges, key=lambda edge: edge[1]):
            levels[after] = max(levels[after], levels[before] + 1)
        positions = range(self.start, self.node_count)
        batches: list[list[int]] = [[] for _ in range(max((levels[i] + 1 for i in positions), default=0))]
        for index in positions:
            batches[levels[index]].append(index)
        return batches


def analyze_dependencies(
    commands: Sequence[Command],
    parsed: ParsedShells = MappingProxyType({}),
    *,
    symlinks: Collection[str] = (),
    start: int = 0,
) -> CommandGraph:
    """The graph of `commands`, which are in the order of the workflow.

    `parsed` has the trees of their texts (`footprint_texts`); a command whose text is not among them is a barrier.
    `symlinks` are the links in the worktree (hard ones too), as paths relative to it. The links that a barrier makes
    are not known in advance: after a barrier has run, analyze again with the links that exist then, and with `start`
    after the barrier. Raises `DependencyError` when `needs` and `id` are inconsistent.

    >>> commands = [Command(None, reads=reads, writes=writes)
    ...     for reads, writes in ((("$A",), ()), ((), ("$B",)), ((), ("$C",)))]
    >>> analyze_dependencies(commands).parallel_batches()  # $A comes from outside, so it is read before any is set
    [[0], [1, 2]]
    """
    problems = find_declaration_problems(commands)
    if problems:
        raise DependencyError(problems)
    footprints = read_footprints(commands, parsed, symlinks=symlinks)
    steps = analyze_steps(commands, footprints)
    edges: dict[tuple[int, int], tuple[Reason, ...]] = {}
    for after in steps[start:]:
        for before in steps[start : after.index]:
            reasons = {reason for rule in dependency_rules.RULES for reason in rule(before, after)}
            if reasons:
                edges[before.index, after.index] = tuple(sorted(reasons))
    return CommandGraph(footprints, edges, start)
