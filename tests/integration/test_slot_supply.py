"""How far a pool grows: as far as waiting costs more, and no further when worktrees are released in time."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import anyio
import pytest

from prodigy_action.adapters.files.placement import Placement
from prodigy_action.adapters.worktrees import slot_allocator as slot_supply
from prodigy_action.adapters.worktrees.slot_allocator import SlotAllocator
from prodigy_action.adapters.worktrees.slot_template import SlotTemplate
from prodigy_action.adapters.worktrees.watching.watch_budget import WatchBudget
from prodigy_action.errors import WorktreeUnusable

TEMPLATE = cast("SlotTemplate", object())
NOWHERE = cast("Placement", object())
SECONDS = 0.2


class SlowSlot:
    made: list[str]
    failing: bool
    is_watched = False

    def __init__(self, template: SlotTemplate, name: str, budget: WatchBudget, placement: Placement) -> None:
        self.path = f"/worktrees/{name}"

    def create(self) -> None:
        threading.Event().wait(SECONDS)
        if type(self).failing:
            raise OSError("the disk is full")
        type(self).made.append(Path(self.path).name)

    def fits(self, template: SlotTemplate) -> bool:
        return True


@pytest.fixture(autouse=True)
def _slow_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    SlowSlot.made, SlowSlot.failing = [], False
    monkeypatch.setattr(slot_supply, "WorktreeSlot", SlowSlot)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


def run(work: Callable[[SlotAllocator], Awaitable[None]], size: int = 4) -> None:
    async def supplied() -> None:
        with anyio.fail_after(20):
            await work(SlotAllocator(size, WatchBudget("", 0), NOWHERE))

    anyio.run(supplied)


async def take(supply: SlotAllocator, into: list[Any]) -> None:
    into.append(await supply.take(TEMPLATE))


async def give_up(supply: SlotAllocator, scope: anyio.CancelScope) -> None:
    with scope:
        await supply.take(TEMPLATE)


def test_whoever_waits_takes_what_is_released_before_another_is_made() -> None:
    async def work(supply: SlotAllocator) -> None:
        first, second = await supply.take(TEMPLATE), await supply.take(TEMPLATE)
        taken: list[Any] = []
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(take, supply, taken)
            await anyio.wait_all_tasks_blocked()
            supply.put_back(second)
        assert taken == [second]
        assert len(SlowSlot.made) == 2
        assert first is not second

    run(work)


@pytest.mark.timing
def test_waiting_as_long_as_making_takes_makes_another() -> None:
    async def work(supply: SlotAllocator) -> None:
        held = [await supply.take(TEMPLATE) for _ in range(2)]
        started = time.monotonic()
        held.append(await supply.take(TEMPLATE))
        assert time.monotonic() - started >= SECONDS
        assert len({slot.path for slot in held}) == len(SlowSlot.made) == 3

    run(work)


def test_all_who_ask_at_once_are_served_one_slot_each() -> None:
    async def work(supply: SlotAllocator) -> None:
        taken: list[Any] = []
        async with anyio.create_task_group() as tasks:
            for _ in range(6):
                tasks.start_soon(take, supply, taken)
        assert len({slot.path for slot in taken}) == 6

    run(work, size=6)


def test_a_cancelled_wait_takes_no_turn_from_the_others() -> None:
    async def work(supply: SlotAllocator) -> None:
        held = [await supply.take(TEMPLATE) for _ in range(2)]
        taken: list[Any] = []
        given_up = anyio.CancelScope()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(give_up, supply, given_up)
            await anyio.wait_all_tasks_blocked()
            given_up.cancel()
            tasks.start_soon(take, supply, taken)
            await anyio.wait_all_tasks_blocked()
            supply.put_back(held[0])
        assert taken == [held[0]]

    run(work, size=2)


def test_a_slot_that_cannot_be_made_is_reported_and_may_be_made_later() -> None:
    async def work(supply: SlotAllocator) -> None:
        SlowSlot.failing = True
        with pytest.raises(WorktreeUnusable, match="the disk is full"):
            await supply.take(TEMPLATE)
        SlowSlot.failing = False
        assert (await supply.take(TEMPLATE)).path == f"/worktrees/{SlowSlot.made[0]}"

    run(work, size=1)


@pytest.mark.parametrize("size", (0, -1))
def test_a_supply_for_nobody_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="serves nobody"):
        SlotAllocator(size, WatchBudget("", 0), NOWHERE)
