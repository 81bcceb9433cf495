"""The small program that makes a command die with the thread that started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from prodigy_action.adapters.processes.program_lookup import starts_by_itself
from prodigy_action.adapters.processes.starter import Starter, open_starter

ASKS = """
import ctypes, os, sys
number = ctypes.c_int()
ctypes.CDLL(None).prctl(2, ctypes.byref(number))
print(number.value, sys.argv[1:], os.environ.get("GIVEN"), os.getcwd())
"""


@pytest.fixture
def starter() -> Iterator[Starter]:
    opened = open_starter()
    if opened is None:
        pytest.skip("this machine has no such program: another processor, or memory that may not be executed")
    yield opened
    opened.close()


def test_the_command_gets_the_signal_its_arguments_and_its_environment(starter: Starter, tmp_path: Path) -> None:
    argv = starter.argv(sys.executable, ("python", "-c", ASKS, "a b", ""))
    said = subprocess.check_output(argv, cwd=tmp_path, env={**os.environ, "GIVEN": "x=y"}, text=True)
    assert said == f"{int(signal.SIGKILL)} ['a b', ''] x=y {tmp_path}\n"


def test_a_file_that_cannot_be_executed_is_a_failure(starter: Starter, tmp_path: Path) -> None:
    assert subprocess.run(starter.argv(str(tmp_path / "absent"), ("absent",)), check=False).returncode == 126


def test_nobody_can_change_the_program(starter: Starter) -> None:
    path = starter.argv("/bin/sh", ())[0]
    with pytest.raises(OSError, match="not permitted"):
        Path(path).write_bytes(b"#!/bin/sh\n")


def test_only_binaries_and_scripts_that_name_their_interpreter_start_by_themselves(tmp_path: Path) -> None:
    named, unnamed = tmp_path / "named", tmp_path / "unnamed"
    named.write_text("#!/bin/sh\necho\n")
    unnamed.write_text("echo\n")
    found = [starts_by_itself(path) for path in (sys.executable, str(named), str(unnamed), str(tmp_path / "absent"))]
    assert found == [True, True, False, False]
