"""A small companion process that ends every command when this process dies without a chance to do so."""

from __future__ import annotations

import subprocess

from prodigy_action.adapters.processes.accounts import USERS_OF_A_RUN, Accounts
from prodigy_action.adapters.processes.credentials import Credentials, popen_identity
from prodigy_action.adapters.processes.process_table import TOKEN_VARIABLE

# The standard input ends with the life of its only writer, however that ended. The launcher (see `find_launcher`)
# covers commands themselves; this covers what they started.
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

# With users of a run's own, everything that runs as one of them is its. As root, so that no command can end the watch.
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
    """Kills every process whose token begins with `run_token` and a dot as soon as this process is no more.

    With `accounts`, every process of theirs.

    It stays in this process's session, so that no sweep takes it for an orphan, but in a group of its own, so that
    a signal to this process's group spares it.
    """

    def __init__(self, run_token: str, run_as: Credentials | None = None, accounts: Accounts | None = None) -> None:
        script, arguments, kept = _SCRIPT, [run_token], []
        if accounts is not None:
            users = (accounts.first, accounts.first + USERS_OF_A_RUN)
            script, arguments = _SCRIPT_FOR_USERS, [run_token, *map(str, users)]
            # The users are given to no other run before this watch has done its work.
            kept = [accounts.reservation.fileno()]
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", script, "death-watch", *arguments],
            pass_fds=kept,
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,
            # Without the capability to trace, root itself cannot read the environment of another user's processes.
            **popen_identity(run_as),
        )

    def close(self) -> None:
        """End the watch; commands are on their own from here."""
        self._process.kill()
        self._process.communicate()
