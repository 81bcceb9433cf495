"""The merged commit is a function of the items alone: whatever the width, the delays and the order of finishing.

Commits and merges are real; time is virtual. `SCHEDULES=1000` runs as many schedules as that.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

import anyio
import pytest

from prodigy_action.adapters.git.checkout import open_checkout
from prodigy_action.adapters.landing.merging import MergingBranch, Shape
from prodigy_action.adapters.repository.private_repository import PrivateRepository, private_repository
from prodigy_action.effects.landing.queue import OrderedMergeQueue
from prodigy_action.model.command import CommandSpec, CompletedCommand
from prodigy_action.model.events import ItemConflicted, ItemLanded
from prodigy_action.model.git import Submission, Worktree
from prodigy_action.model.workflow import Step
from prodigy_action.phases.map import distribute_work, land_all
from tests.support.backends import run_in_virtual_time, run_on
from tests.support.engines import IDENTITY
from tests.support.fakes import FakeWorktrees, succeeded
from tests.support.git import commit_all, git, make_repository
from tests.support.map_worlds import assignments, map_world

SCHEDULES = int(os.environ.get("SCHEDULES", "45"))
ITEMS = 9
LINES = "".join(f"line {number}\n" for number in range(12))


class MadeBefore(FakeWorktrees):
    """Worktrees in which the commits of each item are there already."""

    def __init__(self, heads: Sequence[str]) -> None:
        super().__init__()
        self.heads = heads

    async def collect(self, worktree: Worktree, item_id: int) -> Submission:
        head = self.heads[item_id]
        return Submission(head=head, commits=(head,))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PrivateRepository, str, list[str]]]:
    """A repository and one commit per item: some meet in a line, some in a file, some nowhere."""
    root = make_repository(tmp_path_factory.mktemp("schedules") / "r", {"shared": LINES, "other": LINES})
    base = git(root, "rev-parse", "HEAD")
    heads = []
    for number in range(ITEMS):
        place, line = (("shared", 3), ("shared", 9), ("other", 5))[number % 3]
        lines = LINES.splitlines()
        lines[line - 3 * (number == 4)] = f"by {number}"
        (root / place).write_text("\n".join(lines) + "\n")
        (root / f"own-{number}").write_text("x\n")
        heads.append(commit_all(root, f"item {number}"))
        git(root, "update-ref", f"refs/made/{number}", "HEAD")
        git(root, "reset", "--quiet", "--hard", base)
    checkout = run_on("asyncio", open_checkout, str(root), dict(os.environ))
    with private_repository(checkout, "run", IDENTITY) as repository:
        yield repository, base, heads


async def carry_out(
    made: tuple[PrivateRepository, str, list[str]], shape: Shape, wide: int, delays: Sequence[float]
) -> tuple[str, list[tuple[int, str]]]:
    repository, base, heads = made

    async def behaviour(text: str, spec: CommandSpec) -> CompletedCommand:
        await anyio.sleep(delays[int(spec.env["PRODIGY_ITEM_ID"].removeprefix("item_"))])
        return succeeded()

    world = map_world(
        [Step(shell="true")], total=ITEMS, max_parallel=wide, behaviour=behaviour, worktrees=MadeBefore(heads)
    )
    parent = MergingBranch(
        repository, base, shape=shape, commits="deterministic", now=lambda: 1, limiter=anyio.CapacityLimiter(4)
    )
    merge_queue = OrderedMergeQueue(
        range(ITEMS),
        parent=parent,
        storage=world.journal,
        results=world.results,
        log=world.log,
        total=ITEMS,
        gate=world.env.gate,
        failures=world.env.failures,
    )
    env = replace(world.env, merge_queue=merge_queue)
    await distribute_work(assignments(ITEMS)).run(env)
    await land_all().run(env)
    reported: list[tuple[int, str]] = [
        (event.item_id, event.event) for event in world.journal.events if isinstance(event, ItemLanded | ItemConflicted)
    ]
    return parent.head, reported


@pytest.mark.stress
@pytest.mark.parametrize("shape", ("merge", "squash"))
def test_every_schedule_comes_to_the_same_commit(made: tuple[PrivateRepository, str, list[str]], shape: Shape) -> None:
    expected = run_on("asyncio", carry_out, made, shape, 1, [0.0] * ITEMS)
    landed = [item_id for item_id, event in expected[1] if event == "item_landed"]
    assert landed == [0, 1, 2, 4]
    for number in range(SCHEDULES):
        seeded = random.Random(number)  # noqa: S311
        delays = [seeded.choice((0.0, 0.1, seeded.random(), 5.0)) for _ in range(ITEMS)]
        wide = seeded.choice((1, 2, 8))
        assert run_in_virtual_time("asyncio", carry_out, made, shape, wide, delays) == expected, (number, wide, delays)
