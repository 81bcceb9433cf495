"""What the kernel says about processes: children, state, session, and the token that says which run they belong to."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable

from prodigy_action.adapters.processes.credentials import Credentials, popen_identity
from prodigy_action.dataclass import dataclass

TOKEN_VARIABLE = "PRODIGY_PROCESS_TOKEN"  # noqa: S105 - a name, not a secret

_PR_SET_CHILD_SUBREAPER = 36
_AT_ONCE = 1 << 16


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """The fields of one line of /proc/PID/stat that are used here."""

    dead: bool
    """It has ended and waits for its parent (a zombie)."""
    group: int
    session: int


def become_subreaper() -> None:
    """Make orphaned descendants children of this process instead of process 1.

    Raises `OSError` when the kernel refuses.
    """
    import ctypes  # only a process that runs commands needs it

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def status_of(pid: int) -> ProcessStatus | None:
    """The status of a process, or None when it is gone."""
    try:
        stat = _read(f"/proc/{pid}/stat")
    except OSError:
        return None
    # The second field is the program's name in parentheses; the name may hold spaces and parentheses itself.
    state, _parent, group, session, *rest = stat[stat.rindex(b")") + 2 :].split(b" ", 18)
    # The state is that of the main thread; a process whose main thread has ended still exists in its other threads.
    threads = int(rest[13])
    return ProcessStatus(dead=state in b"ZX" and threads <= 1, group=int(group), session=int(session))


def name_of(pid: int) -> str | None:
    """The name of a program that runs: that of its file, without the directory; None when it is gone."""
    try:
        program = _read(f"/proc/{pid}/cmdline").split(b"\0", 1)[0] or _read(f"/proc/{pid}/comm").strip()
    except OSError:
        return None
    return program.rpartition(b"/")[2].decode(errors="replace") or None


def user_of(pid: int) -> int | None:
    """The real user id of a process, or None when it is gone."""
    try:
        status = _read(f"/proc/{pid}/status")
    except OSError:
        return None
    return int(status.partition(b"\nUid:")[2].split(None, 1)[0])


def children_of(pid: int) -> set[int]:
    """The process ids of the direct children of all threads of a process."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208 - called for every command, names suffice
    except OSError:
        return set()
    return _read_children(f"/proc/{pid}/task/{thread}/children" for thread in threads)


def children_of_main_thread() -> set[int]:
    """The children of this process's main thread: those that it started, and orphans, which the kernel adopts there."""
    return _read_children([f"/proc/self/task/{os.getpid()}/children"])


def _read_children(files: Iterable[str]) -> set[int]:
    children: set[int] = set()
    for file in files:
        try:
            descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            continue  # the thread has ended
        try:
            # The kernel may skip an entry when another one disappears during a reading; two readings see every process
            # that stays.
            for _ in range(2):
                children.update(map(int, _whole(descriptor).split()))
        except OSError:
            continue  # likewise
        finally:
            os.close(descriptor)
    return children


def _whole(descriptor: int) -> bytes:
    """The content from the start, which the kernel makes anew."""
    content = os.pread(descriptor, _AT_ONCE, 0)
    while len(content) >= _AT_ONCE and (more := os.pread(descriptor, _AT_ONCE, len(content))):
        content += more
    return content


def token_of(pid: int, run_as: Credentials | None = None) -> str | None:
    """The token in the initial environment of a process; None when it has no token or the environment cannot be read.

    `run_as` is the user that the process may belong to. In a container root often may not read the environment of other
    users' processes; then a process of that user reads it.
    """
    prefix = TOKEN_VARIABLE.encode() + b"="
    path = f"/proc/{pid}/environ"
    try:
        environment = _read(path)
    except PermissionError:
        environment = _read_as(run_as, path)
    except OSError:
        return None
    for entry in environment.split(b"\0"):
        if entry.startswith(prefix):
            return os.fsdecode(entry.removeprefix(prefix))
    return None


def _read_as(credentials: Credentials | None, path: str) -> bytes:
    if credentials is None:
        return b""
    reading = subprocess.run(
        ["/bin/cat", path],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
        process_group=0,
        **popen_identity(credentials),
    )
    return reading.stdout


def _read(path: str) -> bytes:
    with open(path, "rb", buffering=0) as file:
        return file.read()
