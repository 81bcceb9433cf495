"""Unprivileged users for the commands of a run: one for the phases' own steps, one for each worktree of the pool."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from prodigy_action.adapters.files.temporary_pool import remove_tree, temporary_pool
from prodigy_action.adapters.processes.capabilities import missing_capabilities
from prodigy_action.adapters.processes.credentials import PATH_ALONE, Credentials, becoming
from prodigy_action.adapters.processes.process_table import children_of, status_of, user_of
from prodigy_action.dataclass import dataclass
from prodigy_action.errors import Diagnostic, InvalidInput

FIRST_USER = 61_184
"""The first of the ids that systemd reserves for users that exist only while a service runs."""
USERS_OF_A_RUN = 256
WORKTREES_MOST = USERS_OF_A_RUN - 1
"""The most worktrees of a pool that can each have a user."""
_RUNS = 16
_KILL_SECONDS = 2.0
"""A process that is still alive after that long cannot be ended: it hangs in the kernel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """The users of one run. They are numeric ids without names or groups; their only files are those that they get
    here.

    A worktree, and an empty home directory, belong to the user that runs the commands of the worktree.
    """

    first: int
    homes: str
    usual_home: str | None
    """HOME of this process. A command with the same HOME gets the home directory of its user instead."""
    reservation: socket.socket
    """Reserves the ids: while a process holds this socket, no other run takes them."""

    @property
    def parent(self) -> Credentials:
        """The user of the parent worktree."""
        return Credentials(self.first, self.first)

    def slot(self, name: str) -> Credentials:
        """The user of the pool's worktree `slot-NUMBER`, where NUMBER is below `WORKTREES_MOST`."""
        user = self.first + 1 + int(name.rpartition("-")[2])
        return Credentials(user, user)

    def owner_of(self, directory: str) -> Credentials:
        """The user that runs the commands of a worktree. Raises `PermissionError` when the owner is not a user of this
        run.
        """
        user = Path(directory).stat().st_uid
        if not self.first <= user < self.first + USERS_OF_A_RUN:
            raise PermissionError(f"{directory!r} belongs to user {user}, who is none of this run's")
        return Credentials(user, user)

    def environment_of(self, user: Credentials, env: Mapping[str, str]) -> dict[str, str]:
        """The environment of a command that runs as `user`."""
        return {**env, "HOME": self.home(user)} if env.get("HOME") == self.usual_home else dict(env)

    def home(self, user: Credentials) -> str:
        """The path of the user's home directory."""
        return f"{self.homes}/{user.user}"

    def renew(self, user: Credentials) -> None:
        """Give `user` an empty home directory. No process may run as that user meanwhile."""
        home = self.home(user)
        if _is_empty_of(home, user):
            return
        remove_tree(home)
        Path(home).mkdir(mode=0o700)
        os.chown(home, user.user, user.group)


def _is_empty_of(home: str, user: Credentials) -> bool:
    try:
        found = os.lstat(home)
        as_made = found.st_uid == user.user and found.st_mode == stat.S_IFDIR | stat.S_IRWXU
        return as_made and not os.listdir(home)  # noqa: PTH208 - names suffice
    except OSError:
        return False


def give(path: str | bytes, user: Credentials) -> None:
    """Make `user` the owner of `path`, and of everything below it that root owns. Symbolic links are not followed."""
    give_one(path, user)
    if not stat.S_ISDIR(os.lstat(path).st_mode):
        return
    for directory, directories, files in os.walk(os.fsencode(path)):
        for name in (*directories, *files):
            give_one(directory + b"/" + name, user)


def give_one(path: str | bytes, user: Credentials) -> None:
    """Make `user` the owner of `path` alone, if root owns it."""
    found = os.lstat(path)
    # A file with several hard links may also be a file of somebody else.
    if found.st_uid == 0 and (found.st_nlink == 1 or stat.S_ISDIR(found.st_mode)):
        os.lchown(path, user.user, user.group)


def end_processes_of(user: Credentials) -> None:
    """Kill all processes of a user at once, as that user: no other process can be hit, and no process can escape by
    forking.

    The check for such processes is cheap: orphans become children of this process, so that every process of the user is
    a descendant of this one.
    """
    deadline = time.monotonic() + _KILL_SECONDS
    while _has_processes(user) and time.monotonic() < deadline:
        _kill_all_of(user)
        time.sleep(0.001)


def _has_processes(user: Credentials) -> bool:
    for pid in children_of(os.getpid()):
        status = status_of(pid)
        if status is not None and not status.dead and user_of(pid) == user.user:
            return True
    return False


def _kill_all_of(user: Credentials) -> None:
    subprocess.run(
        [*becoming(user), "/bin/sh", "-c", "kill -KILL -1"],
        cwd="/",
        env=PATH_ALONE,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
        process_group=0,
    )


@contextmanager
def open_accounts(environ: Mapping[str, str]) -> Iterator[Accounts]:
    """Users that no other run on this machine has. Raises `InvalidInput` when all are taken, or root's rights are
    missing.
    """
    if shutil.which("setpriv") is None:
        raise _refused("setpriv is not on PATH", "install util-linux")
    missing = missing_capabilities()
    if missing:
        raise _refused(f"this process lacks {', '.join(missing)}", f"add --cap-add {' --cap-add '.join(missing)}")
    os.umask(0o022)  # files that these users must not read are in directories that they cannot enter
    with _reserve() as (first, reservation), temporary_pool() as homes:
        Path(homes).chmod(0o711)
        accounts = Accounts(first=first, homes=homes, usual_home=environ.get("HOME"), reservation=reservation)
        accounts.renew(accounts.parent)
        try:
            yield accounts
        finally:
            for home in Path(homes).glob("[0-9]*"):
                end_processes_of(Credentials(int(home.name), int(home.name)))


@contextmanager
def _reserve() -> Iterator[tuple[int, socket.socket]]:
    for number in range(_RUNS):
        reservation = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with reservation:
            try:
                # The kernel frees such a name when the last process that holds the socket ends.
                reservation.bind(f"\0prodigy-action-accounts-{number}")
            except OSError:
                continue
            yield FIRST_USER + number * USERS_OF_A_RUN, reservation
            return
    raise _refused(f"{_RUNS} other runs have all the users", "wait for one of them, or use run-as: root")


def _refused(why: str, hint: str) -> InvalidInput:
    message = f"commands cannot be run as unprivileged users: {why}"
    return InvalidInput([Diagnostic(message, source="input run-as", hint=hint)])
