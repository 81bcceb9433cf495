"""Fakes of the ports: scripted outcomes, recorded calls. `map_worlds` has them checked against the protocols."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import anyio

from prodigy_action.environment import LogSink
from prodigy_action.errors import WorktreeUnusable
from prodigy_action.model.command import CommandSpec, CompletedCommand
from prodigy_action.model.events import Event, KeptRef
from prodigy_action.model.git import CommitDetails, CommitRequest, Conflicted, GitChanges, Landed, Submission, Worktree
from prodigy_action.pure.shell.list_command import PIPEFAIL

BASE = "b" * 40


class FakeClock:
    """Time that stands still but for `sleep`, which it records."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self._monotonic = 0.0

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    def monotonic(self) -> float:
        return self._monotonic

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._monotonic += seconds


class VirtualClock(FakeClock):
    """The time of the event loop, for tests in virtual time."""

    def monotonic(self) -> float:
        return anyio.current_time()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await anyio.sleep(seconds)


class FakeLog:
    """Keeps the events of the structured log."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str, dict[str, object]]] = []

    def debug(self, event: str, **fields: object) -> None:
        self.events.append(("debug", event, fields))

    def info(self, event: str, **fields: object) -> None:
        self.events.append(("info", event, fields))

    def warning(self, event: str, **fields: object) -> None:
        self.events.append(("warning", event, fields))

    def error(self, event: str, **fields: object) -> None:
        self.events.append(("error", event, fields))


class MemoryJournal:
    """Keeps the records."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    async def append(self, event: Event) -> None:
        await anyio.lowlevel.checkpoint()
        self.events.append(event)

    async def append_all(self, events: Sequence[Event]) -> None:
        for event in events:
            await self.append(event)

    def of(self, name: str) -> list[Event]:
        return [event for event in self.events if event.event == name]


class FakeScratch:
    """Files in memory; `text` finds the script behind an argv."""

    def __init__(self) -> None:
        self.directories: dict[str, Mapping[str, bytes]] = {}
        self.scripts: dict[str, str] = {}
        self._count = 0

    def reserve(self) -> str:
        self._count += 1
        return f"/scratch/{self._count}"

    async def save(self, directory: str, files: Mapping[str, bytes], *, worktree: str) -> None:
        self.directories[directory] = files

    async def discard(self, directory: str) -> None:
        self.directories.pop(directory, None)

    def text(self, argv: tuple[str, ...]) -> str:
        directory, _, name = argv[-1].rpartition("/")
        return self.directories[directory][name].decode().removeprefix(PIPEFAIL)

    def values(self, argv: tuple[str, ...]) -> str:
        return self.directories[argv[-1].rpartition("/")[0]].get("values", b"").decode()


Behaviour = Callable[[str, CommandSpec], Awaitable[CompletedCommand]]


def succeeded(stdout: str = "") -> CompletedCommand:
    return CompletedCommand(exit_code=0, stdout=stdout.encode(), tail=stdout)


def failed(exit_code: int = 1, output: str = "it broke") -> CompletedCommand:
    return CompletedCommand(exit_code=exit_code, stderr=output.encode(), tail=output)


class FakeRunner:
    """Runs nothing: `behaviour` decides from the text of the script. Knows how many commands ran at once."""

    def __init__(self, scratch: FakeScratch, behaviour: Behaviour | None = None) -> None:
        self._scratch = scratch
        self.behaviour = behaviour
        self.calls: list[str] = []
        self.specs: list[CommandSpec] = []
        self.active = 0
        self.most_active = 0

    async def run(self, spec: CommandSpec, log: LogSink) -> CompletedCommand:
        text = self._scratch.text(spec.argv) if spec.argv[0] in {"sh", "bash"} else " ".join(spec.argv)
        self.calls.append(text)
        self.specs.append(spec)
        self.active += 1
        self.most_active = max(self.most_active, self.active)
        try:
            await anyio.lowlevel.checkpoint()
            completed = await self.behaviour(text, spec) if self.behaviour else succeeded()
        finally:
            self.active -= 1
        log.write(completed.stdout)
        return completed


class FakeWorktrees:
    """Worktrees that are names; `unusable` ones cannot be made."""

    def __init__(self, *, unusable: Iterable[str] = (), unchanged: Iterable[int] = ()) -> None:
        self.unusable = set(unusable)
        self.unchanged = set(unchanged)
        self.created: list[str] = []
        self.released: list[str] = []

    async def create_worktree(self, name: str) -> Worktree:
        if name in self.unusable:
            raise WorktreeUnusable(f"cannot make {name}")
        self.created.append(name)
        return Worktree(name=name, path=f"/worktrees/{name}", base=BASE)

    async def collect(self, worktree: Worktree, item_id: int) -> Submission:
        if item_id in self.unchanged:
            return Submission(head=BASE)
        return Submission(head=f"head-{item_id}", commits=(f"head-{item_id}",), files_changed=(f"file-{item_id}",))

    async def keep_refs(self, worktree: Worktree, item_id: int) -> tuple[KeptRef, ...]:
        return ()

    async def patch(self, worktree: Worktree) -> bytes:
        return f"patch of {worktree.name}".encode()

    async def release(self, worktree: Worktree) -> None:
        self.released.append(worktree.name)


class FakeParent:
    """Lands everything but `conflicting` items, and remembers the order."""

    def __init__(self, conflicting: Iterable[int] = ()) -> None:
        self.head = BASE
        self.conflicting = set(conflicting)
        self.rebasing: set[int] = set()
        self.landed: list[int] = []
        self.asked: list[list[int]] = []
        """The items of each call."""
        self.landing_waits_for: anyio.Event | None = None
        self.seconds = 0.0
        """How long the landing of an item takes."""
        self.faulty: set[int] = set()
        """Items at which an error ends the landing that nobody expects."""

    async def land(self, item_id: int, submission: Submission, message: str) -> Landed | Conflicted:
        await anyio.lowlevel.checkpoint()
        if item_id in self.conflicting:
            return Conflicted(files=("shared",), with_items=(0,))
        self.landed.append(item_id)
        return Landed(commit=f"merge-{item_id}")

    async def land_all(
        self, submissions: Sequence[tuple[int, Submission, str]]
    ) -> Sequence[Landed | Conflicted | Exception]:
        self.asked.append([item_id for item_id, _, _ in submissions])
        if self.landing_waits_for is not None:
            await self.landing_waits_for.wait()
        outcomes: list[Landed | Conflicted | Exception] = []
        try:
            for item_id, submission, message in submissions:
                await anyio.sleep(self.seconds)
                if item_id in self.faulty:
                    return [*outcomes, RuntimeError(f"a fault at {item_id}")]
                outcomes.append(await self.land(item_id, submission, message))
                if isinstance(outcomes[-1], Conflicted):
                    break
        except anyio.get_cancelled_exc_class():
            if not outcomes:
                raise
        return outcomes

    async def rebase(self, item_id: int, submission: Submission, message: str) -> Landed | None:
        if item_id not in self.rebasing:
            return None
        self.landed.append(item_id)
        return Landed(commit=f"rebased-{item_id}")

    async def patch_of(self, submission: Submission) -> bytes:
        return b"patch"


class FakeGit:
    """A head that moves by one with every call that commits."""

    def __init__(self) -> None:
        self.moves: list[CommitRequest] = []
        self.heads = 0

    async def head(self, path: str) -> str:
        return f"head-{self.heads}"

    async def changes(self, path: str, since: str) -> GitChanges:
        return GitChanges(files_modified=("a.py",), commits=("c1",))

    async def commits(self, path: str, since: str) -> tuple[CommitDetails, ...]:
        return ()

    async def check_parent(self, since: str) -> tuple[str, ...]:
        return ()

    async def messages(self, path: str, since: str) -> tuple[str, ...]:
        return tuple(request.message for request in self.moves)

    async def patch(self, path: str, since: str) -> bytes:
        return b"patch"

    async def commit(self, path: str, request: CommitRequest) -> str | None:
        self.moves.append(request)
        self.heads += 1
        return f"head-{self.heads}"


class FakeFiles:
    """Files in memory."""

    def __init__(self) -> None:
        self.written: dict[str, bytes] = {}

    async def write(self, root: str, path: str, content: bytes, *, mode: int | None, create_dirs: bool) -> None:
        if path.startswith(("/", "..")):
            raise ValueError(f"{path!r} leaves the worktree")
        self.written[path] = content

    async def read(self, root: str, path: str) -> bytes:
        return self.written[path]

    async def links(self, root: str) -> frozenset[str]:
        return frozenset()

    async def directory(self, root: str, path: str) -> str:
        return root if path == "." else f"{root}/{path}"

    def check_yaml(self, content: bytes) -> None:
        return None


@dataclass
class FakeRunLog:
    path: str
    chunks: list[bytes] = field(default_factory=list)
    closed: bool = False

    @property
    def tail(self) -> str:
        return b"".join(self.chunks)[-4096:].decode(errors="replace")

    def write(self, chunk: bytes) -> None:
        self.chunks.append(chunk)

    announce = write

    def keep(self) -> None:
        return None

    def close(self) -> None:
        self.closed = True


class FakeResults:
    """Logs and patches in memory."""

    def __init__(self) -> None:
        self.logs: dict[str, FakeRunLog] = {}
        self.patches: dict[str, bytes] = {}

    def open_log(self, name: str, *, late: bool = False) -> FakeRunLog:
        self.logs[name] = FakeRunLog(f"logs/{name}.log")
        return self.logs[name]

    async def write_patch(self, name: str, patch: bytes) -> str:
        self.patches[name] = patch
        return f"patches/{name}.patch"

    async def remove_patch(self, name: str) -> None:
        self.patches.pop(name, None)
