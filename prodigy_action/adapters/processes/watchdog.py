"""A small companion process that ends every command when this process is killed."""

from __future__ import annotations

import subprocess

from prodigy_action.adapters.processes.accounts import USERS_OF_A_RUN, Accounts
from prodigy_action.adapters.processes.companions import forget_companion, note_companion
from prodigy_action.adapters.processes.credentials import Credentials, popen_identity
from prodigy_action.adapters.processes.process_table import TOKEN_VARIABLE

# The pipe to standard input closes when its only writer ends, for whatever reason. The kernel (see `starter`)
# ends the commands themselves; the watchdog ends the processes that commands started.
_SCRIPT = f"""
trap '' HUP INT TERM
read -r _
rounds=0
while [ "$rounds" -lt 50 ]; do
  found=$(grep -laF "{TOKEN_VARIABLE}=$1." /proc/[0-9]*/environ 2>/dev/null)
  [ -n "$found" ] || exit 0
  for environ in $found; do
    pid=${{environ#/proc/}}
    kill -KILL "${{pid%/environ}}" 2>/dev/null
  done
  rounds=$((rounds + 1))
done
"""

# With users of its own, all processes of these users belong to the run. As root, so that no command can end it.
_SCRIPT_FOR_USERS = """
trap '' HUP INT TERM
read -r _
user=$2
while [ "$user" -lt "$3" ]; do
  setpriv --reuid="$user" --regid="$user" --clear-groups /bin/sh -c 'kill -KILL -1' 2>/dev/null
  user=$((user + 1))
done
"""


class Watchdog:
    """Kills every process whose token begins with `run_token` and a dot as soon as this process has ended.

    With `accounts`, it kills every process of their users.

    It stays in the session of this process, so that it is not ended as an orphan, but in a process group of its own, so
    that a signal to the group of this process does not reach it.
    """

    def __init__(self, run_token: str, run_as: Credentials | None = None, accounts: Accounts | None = None) -> None:
        script, arguments, kept = _SCRIPT, [run_token], []
        if accounts is not None:
            users = (accounts.first, accounts.first + USERS_OF_A_RUN)
            script, arguments = _SCRIPT_FOR_USERS, [run_token, *map(str, users)]
            # No other run gets these users before the watchdog has done its work.
            kept = [accounts.reservation.fileno()]
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", script, "watchdog", *arguments],
            pass_fds=kept,
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,
            # Without the capability to trace, even root cannot read the environment of another user's processes.
            **popen_identity(run_as),
        )
        note_companion(self._process.pid)

    def close(self) -> None:
        """End the watchdog; after that, commands are no longer ended when this process is killed."""
        forget_companion(self._process.pid)
        self._process.kill()
        self._process.communicate()
