"""Processes of ended commands that go on until the end of the run, such as a service that setup started."""

from __future__ import annotations

import os
import select
import threading

import anyio

from prodigy_action.adapters.processes.process_tree import ProcessTree

_CHUNK_BYTES = 64 * 1024


class KeptProcesses:
    """The trees to end later. What their processes print from now on is read, so that they can write, and dropped."""

    def __init__(self) -> None:
        self._trees: list[tuple[ProcessTree, float]] = []

    def keep(self, tree: ProcessTree, grace_seconds: float, pipes: list[int]) -> None:
        """Keep a tree whose command has ended; `pipes` are read and closed."""
        self._trees.append((tree, grace_seconds))
        if pipes:
            threading.Thread(target=_drop_output, args=(pipes,), daemon=True).start()

    async def end(self) -> None:
        """End all of them, and wait for that."""
        async with anyio.create_task_group() as tasks:
            while self._trees:
                tasks.start_soon(_end, *self._trees.pop())

    def kill(self) -> None:
        """Kill those that are left, without waiting."""
        while self._trees:
            tree, _ = self._trees.pop()
            tree.kill()
            tree.close()


async def _end(tree: ProcessTree, grace_seconds: float) -> None:
    try:
        await tree.end(grace_seconds)
    finally:
        tree.close()


def _drop_output(pipes: list[int]) -> None:
    open_pipes = set(pipes)
    while open_pipes:
        for pipe in select.select(open_pipes, (), ())[0]:
            try:
                ended = not os.read(pipe, _CHUNK_BYTES)
            except BlockingIOError:
                continue
            if ended:
                open_pipes.discard(pipe)
                os.close(pipe)
