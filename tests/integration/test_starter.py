"""The code that makes a command die with the thread that started it."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from prodigy_action.adapters.processes import starter as starter_module
from prodigy_action.adapters.processes.program_lookup import starts_by_itself
from prodigy_action.adapters.processes.starter import Starter, close_to_commands, open_starter

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


def run(
    starter: Starter, program: str, *arguments: str, cwd: str, env: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """The exit code and what was printed; the descriptors above 2 are closed to the program."""
    with tempfile.TemporaryFile() as output:
        number = output.fileno()
        started = starter.start(
            program, arguments, cwd=cwd, env=os.environ if env is None else env, stdout=number, stderr=number
        )
        code = started.wait()
        output.seek(0)
        return code, output.read().decode()


def test_the_command_gets_the_signal_its_arguments_its_environment_and_its_directory(
    starter: Starter, tmp_path: Path
) -> None:
    given = {**os.environ, "GIVEN": "x=y"}
    said = run(starter, sys.executable, "python", "-c", ASKS, "a b", "", cwd=str(tmp_path), env=given)
    assert said == (0, f"{int(signal.SIGKILL)} ['a b', ''] x=y {tmp_path}\n")


def test_the_command_leads_a_session_reads_nothing_and_dies_of_a_closed_pipe(starter: Starter) -> None:
    shows = (
        "import os, signal, sys; print(os.getsid(0) == os.getpid(), sys.stdin.read(), signal.getsignal(signal.SIGPIPE))"
    )
    said = run(starter, "/bin/sh", "sh", "-c", 'exec "$0" -c "$1"', sys.executable, shows, cwd="/")
    assert said[1].startswith("True  ")
    assert run(starter, "/bin/sh", "sh", "-c", "kill -PIPE $$", cwd="/")[0] == -signal.SIGPIPE


def test_the_command_inherits_no_descriptor(starter: Starter, tmp_path: Path) -> None:
    inherited = os.open(tmp_path, os.O_RDONLY)
    os.set_inheritable(inherited, True)
    try:
        close_to_commands()
        code, printed = run(starter, "/bin/sh", "sh", "-c", f"test ! -e /proc/self/fd/{inherited}", cwd="/")
    finally:
        os.close(inherited)
    assert (code, printed) == (0, "")


def test_a_file_that_cannot_be_executed_is_a_failure(starter: Starter, tmp_path: Path) -> None:
    assert run(starter, str(tmp_path / "absent"), "absent", cwd="/") == (126, "")


def test_a_directory_that_cannot_be_entered_is_a_failure(starter: Starter, tmp_path: Path) -> None:
    assert run(starter, "/bin/sh", "sh", "-c", "true", cwd=str(tmp_path / "absent")) == (126, "")


def test_nobody_can_change_the_program(starter: Starter) -> None:
    code, printed = run(starter, "/bin/sh", "sh", "-c", f"echo x > /proc/{os.getpid()}/fd/{starter.fileno()}", cwd="/")
    assert code != 0
    assert "not permitted" in printed.lower()


def test_only_binaries_and_scripts_that_name_their_interpreter_start_by_themselves(tmp_path: Path) -> None:
    named, unnamed = tmp_path / "named", tmp_path / "unnamed"
    named.write_text("#!/bin/sh\necho\n")
    unnamed.write_text("echo\n")
    found = [starts_by_itself(path) for path in (sys.executable, str(named), str(unnamed), str(tmp_path / "absent"))]
    assert found == [True, True, False, False]


@pytest.mark.parametrize(
    "beginning", ("0f 0b", "eb fe", "31 c0 c3"), ids=["ends the process", "loops", "starts nothing"]
)
def test_code_that_does_not_work_on_this_machine_is_not_used(beginning: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = bytes.fromhex(beginning)
    monkeypatch.setattr(starter_module, "_X86_64", wrong + starter_module._X86_64[len(wrong) :])
    monkeypatch.setattr(starter_module, "_SECONDS_OF_PROBE", 1)
    assert open_starter() is None
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == set()
