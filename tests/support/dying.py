"""Starts the program so that it dies (-9) by itself at a given call, however slow the machine is.

Usage: python -m tests.support.dying MODULE NAME NUMBER WHEN ARGUMENTS…: at the call number NUMBER of a function or a
method, `before` it or `after` it.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from functools import wraps
from itertools import count
from typing import Any

from prodigy_action.__main__ import main


def _die_at(module: str, name: str, number: int, when: str) -> None:
    owner: Any = importlib.import_module(module)
    *path, last = name.split(".")
    for part in path:
        owner = getattr(owner, part)
    real, calls = getattr(owner, last), count(1)

    @wraps(real)
    def dying(*arguments: Any, **named: Any) -> Any:
        dies = next(calls) == number
        if dies and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = real(*arguments, **named)
        if dies:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, last, dying)


if __name__ == "__main__":
    _die_at(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
    sys.argv = ["prodigy-action", *sys.argv[5:]]
    main()
