from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import anyio
import pytest

from prodigy_action.adapters.processes import process_tree
from prodigy_action.adapters.processes.command_runner import SubprocessRunner
from prodigy_action.adapters.processes.credentials import Credentials
from prodigy_action.adapters.processes.process_table import become_subreaper, children_of_main_thread
from prodigy_action.model.command import TAIL_BYTES, CommandSpec, CompletedCommand
from tests.support.backends import BACKENDS, run_on
from tests.support.commands import CollectingLog, CountingLog, processes_with, shell, unique_seconds

pytestmark = pytest.mark.parametrize("backend", BACKENDS)

MISSING_MAIN_THREAD = "commands are started from the main thread alone"


@pytest.fixture
def runner() -> Iterator[SubprocessRunner]:
    with SubprocessRunner() as runner:
        yield runner


def completed(backend: str, runner: SubprocessRunner, spec: CommandSpec) -> CompletedCommand:
    return run_on(backend, runner.run, spec, CountingLog())


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_both_streams_and_the_exit_code_are_kept(backend: str, runner: SubprocessRunner, tmp_path: Path) -> None:
    log = CollectingLog()
    spec = shell("printf 'a\\377'; echo b >&2; exit 3", tmp_path)

    result = run_on(backend, runner.run, spec, log)

    assert (result.exit_code, result.signal, result.stdout, result.stderr) == (3, None, b"a\xff", b"b\n")
    assert sorted(log.content) == sorted(b"a\xffb\n")
    assert "�" in result.tail
    assert not result.timed_out


def test_a_death_by_signal_has_the_exit_code_of_shells(backend: str, runner: SubprocessRunner, tmp_path: Path) -> None:
    result = completed(backend, runner, shell("kill -SEGV $$", tmp_path))

    assert (result.exit_code, result.signal) == (128 + signal.SIGSEGV, signal.SIGSEGV)


def test_arguments_that_are_no_utf_8_arrive_unchanged(backend: str, runner: SubprocessRunner, tmp_path: Path) -> None:
    raw = b"\xff\xfe name"
    spec = CommandSpec(argv=("printf", "%s", os.fsdecode(raw)), cwd=str(tmp_path), env={"PATH": os.environ["PATH"]})

    assert completed(backend, runner, spec).stdout == raw


def test_standard_input_is_empty(backend: str, runner: SubprocessRunner, tmp_path: Path) -> None:
    assert completed(backend, runner, shell("cat; echo end", tmp_path)).stdout == b"end\n"


def test_the_environment_is_the_given_one_and_a_token(backend: str, runner: SubprocessRunner, tmp_path: Path) -> None:
    spec = CommandSpec(argv=("/usr/bin/env",), cwd=str(tmp_path), env={"A": "1"})

    lines = completed(backend, runner, spec).stdout.decode().splitlines()

    assert sorted(line.partition("=")[0] for line in lines) == ["A", "PRODIGY_PROCESS_TOKEN"]


def test_each_command_leads_a_session_of_its_own(backend: str, runner: SubprocessRunner, tmp_path: Path) -> None:
    result = completed(backend, runner, shell("echo $$; cut -d' ' -f6 /proc/$$/stat", tmp_path))

    pid, session = result.stdout.split()
    assert pid == session
    assert int(session) != os.getsid(0)


@pytest.mark.parametrize(
    ("argv", "cwd", "exit_code", "text"),
    (
        (("no-such-program", "x"), ".", 127, "no-such-program: command not found"),
        (("./absent",), ".", 127, "./absent: no such file"),
        (("./plain",), ".", 126, "permission denied"),
        (("./",), ".", 126, "is a directory"),
        (("true",), "gone", 126, "the working directory does not exist"),
        (("true", "a\0b"), ".", 126, "true: cannot be started: embedded null byte"),
        (("true", "\ud800"), ".", 126, "true: cannot be started"),
        (("true", "x" * 2**20), ".", 126, "true: cannot be started: argument list too long"),
    ),
)
def test_a_program_that_cannot_be_started_is_reported_not_raised(
    backend: str,
    runner: SubprocessRunner,
    tmp_path: Path,
    argv: tuple[str, ...],
    cwd: str,
    exit_code: int,
    text: str,
) -> None:
    (tmp_path / "plain").write_text("#!/bin/sh\n")
    log = CollectingLog()
    spec = CommandSpec(argv=argv, cwd=str(tmp_path / cwd), env={"PATH": os.environ["PATH"]})

    result = run_on(backend, runner.run, spec, log)

    assert result.exit_code == exit_code
    assert text in result.tail
    assert text in log.content.decode()


def test_the_time_limit_ends_a_command(backend: str, runner: SubprocessRunner, tmp_path: Path) -> None:
    seconds = unique_seconds()

    result = completed(backend, runner, shell(f"echo before; sleep {seconds}", tmp_path, timeout_seconds=0.2))

    assert result.timed_out
    assert (result.exit_code, result.stdout) == (128 + signal.SIGTERM, b"before\n")
    assert processes_with(seconds) == []


def test_a_command_may_use_the_grace_after_its_time_limit(
    backend: str, runner: SubprocessRunner, tmp_path: Path
) -> None:
    script = "trap 'head -c 300000 /dev/zero; echo tidied; exit 9' TERM; echo ready; while :; do sleep 0.01; done"

    result = completed(backend, runner, shell(script, tmp_path, timeout_seconds=0.3, grace_seconds=20))

    assert (result.exit_code, result.timed_out) == (9, True)
    assert result.stdout.endswith(b"tidied\n")


HIDING = {
    "background": "sleep {0} &",
    "nohup": "nohup sleep {0} >/dev/null 2>&1 &",
    "setsid": "setsid sleep {0} &",
    "a double fork": "(setsid sh -c 'sleep {0} & exec sleep {0}' >/dev/null 2>&1 &)",
    "ignoring TERM": "bash -c 'trap \"\" TERM; sleep {0}; sleep {0}' & disown",
    "setsid ignoring TERM": "(setsid bash -c 'trap \"\" TERM; sleep {0}; sleep {0}' &)",
    "an empty environment": "env -i nohup sleep {0} &",
    "an empty environment and setsid": "(env -i setsid sleep {0} &)",
    "being stopped": "setsid bash -c 'kill -STOP $$; sleep {0}; : {0}' &",
}


@pytest.mark.parametrize("hiding", HIDING)
def test_nothing_a_command_started_survives_its_end(
    backend: str, runner: SubprocessRunner, tmp_path: Path, hiding: str
) -> None:
    seconds = unique_seconds()
    # The time it takes a child to hide is spent by the shell.
    script = f"{HIDING[hiding].format(seconds)}\nsleep 0.1"

    completed(backend, runner, shell(script, tmp_path, grace_seconds=0.05))

    assert processes_with(seconds) == []


@pytest.mark.parametrize("ending", ("the time limit", "cancellation", "a failing log"))
def test_nothing_a_command_started_survives_being_ended(
    backend: str, runner: SubprocessRunner, tmp_path: Path, ending: str
) -> None:
    seconds = unique_seconds()
    started = "\n".join(HIDING.values()).format(seconds)
    limits = {"timeout_seconds": 0.5} if ending == "the time limit" else {}
    spec = shell(f"{started}\nsleep 0.2; echo up; sleep {seconds}", tmp_path, grace_seconds=0.05, **limits)

    async def run() -> bool:
        class Log:
            def write(self, chunk: bytes) -> None:
                assert len(processes_with(seconds)) > len(HIDING)
                if ending == "cancellation":
                    cancelling.cancel()
                if ending == "a failing log":
                    raise OSError(errno.ENOSPC, "no space left")

        with anyio.CancelScope() as cancelling:
            await runner.run(spec, Log())
        return cancelling.cancelled_caught

    with pytest.raises(OSError, match="no space left") if ending == "a failing log" else nullcontext():
        assert run_on(backend, run) == (ending == "cancellation")

    assert processes_with(seconds) == []


WITHOUT_MAIN_THREAD = """
import ctypes, os, pathlib, threading, time
pathlib.Path("pid.new").write_text(str(os.getpid()))
os.replace("pid.new", "pid")
threading.Thread(target=time.sleep, args=(1000,)).start()
ctypes.CDLL(None).syscall({"x86_64": 60, "aarch64": 93}[os.uname().machine], 0)  # ends the calling thread alone
"""


MAIN_THREAD_ENDED = "[ -s pid ] && grep -q '^State:.Z' /proc/$(cat pid)/status"


def main_thread_ended(pid: Path) -> bool:
    """Whether the process in that file has no main thread any more, or is gone."""
    try:
        return "\nState:\tZ" in Path("/proc", pid.read_text(), "status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return pid.exists()


@pytest.mark.parametrize("start", ("exec {}", f"setsid {{}} & until {MAIN_THREAD_ENDED}; do sleep 0.01; done"))
def test_a_process_whose_main_thread_ended_is_seen_and_ended(
    backend: str, runner: SubprocessRunner, tmp_path: Path, start: str
) -> None:
    """One is the command itself and is cancelled, the other is left behind by a command that ends."""
    program, pid = tmp_path / "program.py", tmp_path / "pid"
    program.write_text(WITHOUT_MAIN_THREAD)
    spec = shell(start.format(f"{sys.executable} program.py"), tmp_path, timeout_seconds=60.0, grace_seconds=0.1)

    async def run() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(runner.run, spec, CountingLog())
            while not main_thread_ended(pid):  # noqa: ASYNC110 - another process sets nothing of ours
                await anyio.sleep(0.01)
            if start.startswith("exec"):
                tasks.cancel_scope.cancel()

    run_on(backend, run)

    assert not Path("/proc", (tmp_path / "pid").read_text()).exists()


def test_what_is_orphaned_during_a_look_at_the_tree_is_seen_by_the_next(
    backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = unique_seconds()
    become_subreaper()
    argv = ("bash", "-c", f"sleep {seconds} & echo; wait")
    with subprocess.Popen(argv, cwd=tmp_path, start_new_session=True, stdout=subprocess.PIPE) as leader:
        assert leader.stdout is not None
        leader.stdout.readline()

        def children_just_before_the_leader_ends() -> set[int]:
            children = children_of_main_thread()
            os.kill(leader.pid, signal.SIGKILL)
            os.waitid(os.P_PID, leader.pid, os.WEXITED | os.WNOWAIT)
            return children

        monkeypatch.setattr(process_tree, "children_of_main_thread", children_just_before_the_leader_ends)
        tree = process_tree.ProcessTree(leader, "no token")
        run_on(backend, tree.end, 1.0)
        assert tree.close() == -signal.SIGKILL

    assert processes_with(seconds) == []


def test_an_open_pipe_does_not_keep_the_run_waiting(backend: str, runner: SubprocessRunner, tmp_path: Path) -> None:
    seconds = unique_seconds()

    result = completed(backend, runner, shell(f"setsid sleep {seconds} & echo over", tmp_path))

    assert (result.exit_code, result.stdout) == (0, b"over\n")
    assert result.seconds < 100


def test_what_ends_by_itself_right_after_the_command_may_finish_writing(
    backend: str, runner: SubprocessRunner, tmp_path: Path
) -> None:
    script = "exec > >(sleep 0.02; cat; echo flushed); echo text"

    assert completed(backend, runner, shell(script, tmp_path)).stdout == b"text\nflushed\n"


def test_the_end_of_one_command_spares_what_another_started(
    backend: str, runner: SubprocessRunner, tmp_path: Path
) -> None:
    first = """
        (setsid sh -c 'echo up > up; while [ ! -e go ]; do sleep 0.01; done; echo kept > out' &)
        while [ ! -s up ]; do sleep 0.01; done
        echo up
        while [ ! -s out ]; do sleep 0.01; done
        cat out
    """
    results: list[CompletedCommand] = []

    async def run() -> None:
        up = anyio.Event()

        class Log:
            def write(self, chunk: bytes) -> None:
                up.set()

        async def first_command() -> None:
            results.append(await runner.run(shell(first, tmp_path, timeout_seconds=20), Log()))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(first_command)
            await up.wait()
            await runner.run(shell("setsid sleep 1000 &", tmp_path), CountingLog())
            (tmp_path / "go").touch()

    run_on(backend, run)

    assert results[0].stdout == b"up\nkept\n"


def test_children_that_others_started_are_left_to_them(backend: str, runner: SubprocessRunner, tmp_path: Path) -> None:
    with subprocess.Popen(["/bin/sh", "-c", "exit 7"]) as ended, subprocess.Popen(["/bin/cat"], stdin=-1) as running:
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)

        completed(backend, runner, shell("setsid sleep 1000 &", tmp_path))

        assert running.poll() is None
        assert ended.wait() == 7


def test_neither_zombies_nor_descriptors_are_left(backend: str, runner: SubprocessRunner, tmp_path: Path) -> None:
    completed(backend, runner, shell("true", tmp_path))
    children, descriptors = children_of_main_thread(), open_descriptors()
    spec = shell("for i in 1 2 3; do (setsid sh -c 'sleep 0.01; true' &); done", tmp_path)

    async def run() -> None:
        async with anyio.create_task_group() as tasks:
            for _ in range(8):
                tasks.start_soon(runner.run, spec, CountingLog())
        await runner.run(CommandSpec(argv=("true", "\0"), cwd="/", env={}), CountingLog())

    run_on(backend, run)

    assert children_of_main_thread() <= children
    assert open_descriptors() <= descriptors


def test_what_is_kept_in_memory_is_the_beginning_and_the_tail(
    backend: str, runner: SubprocessRunner, tmp_path: Path
) -> None:
    log = CountingLog()
    spec = shell("printf head; head -c 1000000 /dev/zero | tr '\\0' 'é'; printf the-end", tmp_path, capture_limit=1000)

    result = run_on(backend, runner.run, spec, log)

    assert result.stdout.startswith(b"head")
    assert (len(result.stdout), result.stdout_truncated, result.stderr_truncated) == (1000, True, False)
    assert result.tail.endswith("the-end")
    assert TAIL_BYTES - 3 <= len(result.tail.removeprefix("…")) <= TAIL_BYTES
    assert log.size == 4 + 1_000_000 + 7


FLOOD = """
import os, resource, sys, anyio
from tests.support.commands import CountingLog
from prodigy_action.adapters.processes.command_runner import SubprocessRunner
from prodigy_action.model.command import CommandSpec

log = CountingLog()
argv = ("sh", "-c", "head -c 200000000 /dev/zero; head -c 100000000 /dev/zero >&2")
spec = CommandSpec(argv=argv, cwd="/", env=dict(os.environ), capture_limit=2**20)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with SubprocessRunner() as runner:
    result = anyio.run(runner.run, spec, log, backend=sys.argv[1])
print(log.size, len(result.stdout), len(result.stderr), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_flood_of_output_reaches_the_log_and_not_the_memory(
    backend: str, runner: SubprocessRunner, tmp_path: Path
) -> None:
    output = subprocess.check_output([sys.executable, "-W", "error", "-c", FLOOD, backend])

    logged, stdout, stderr, kibibytes = map(int, output.split())
    assert (logged, stdout, stderr) == (300_000_000, 2**20, 2**20)
    assert kibibytes < 20 * 1024


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can run commands as somebody else")
def test_commands_run_as_the_user_that_is_set(backend: str, tmp_path: Path) -> None:
    with SubprocessRunner(run_as=Credentials(1001, 121)) as runner:
        result = completed(backend, runner, shell("id -u; id -g; id -G", Path("/")))

    assert result.stdout == b"1001\n121\n121\n"


CONTAINED = """
import os, sys, anyio
from prodigy_action.adapters.processes.credentials import Credentials
from prodigy_action.adapters.processes.command_runner import SubprocessRunner
from prodigy_action.model.command import CommandSpec
from tests.support.commands import CountingLog, processes_with

async def run():
    async def command(script):
        return await runner.run(CommandSpec(argv=("sh", "-c", script), cwd="/", env=dict(os.environ)), CountingLog())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(command, "setsid sleep 1000 & wait")
        await command(f"(setsid sleep {sys.argv[2]} >/dev/null 2>&1 &); sleep 0.1")
        print(processes_with("sleep" + chr(0) + sys.argv[2]))
        tasks.cancel_scope.cancel()

with SubprocessRunner(run_as=Credentials(1001, 121)) as runner:
    anyio.run(run, backend=sys.argv[1])
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can run commands as somebody else")
def test_root_that_may_not_trace_ends_what_detached_itself_as_somebody_else(backend: str) -> None:
    seconds = unique_seconds()
    may = "-all,+kill,+setuid,+setgid,+dac_override,+chown"
    confined = ("setpriv", f"--bounding-set={may}", "--inh-caps=-all", "--")

    output = subprocess.check_output([*confined, sys.executable, "-c", CONTAINED, backend, seconds])

    assert output == b"[]\n"


KILLED = """
import os, sys, anyio
from prodigy_action.adapters.processes.command_runner import SubprocessRunner
from prodigy_action.model.command import CommandSpec

class Log:
    def write(self, chunk):
        os.write(1, chunk)

spec = CommandSpec(argv=("bash", "-c", sys.argv[2]), cwd="/", env=dict(os.environ))
with SubprocessRunner() as runner:
    anyio.run(runner.run, spec, Log(), backend=sys.argv[1])
"""


def test_nothing_outlives_a_runner_that_is_killed(backend: str, runner: SubprocessRunner, tmp_path: Path) -> None:
    seconds = unique_seconds()
    hiding = "\n".join(script for name, script in HIDING.items() if "environment" not in name).format(seconds)
    script = f"{hiding}\nsleep 0.1; echo up; sleep {seconds}"
    with subprocess.Popen([sys.executable, "-c", KILLED, backend, script], stdout=subprocess.PIPE) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == b"up\n"
        killed.kill()

    for _ in range(200):
        if not processes_with(seconds):
            break
        anyio.run(anyio.sleep, 0.02)
    assert processes_with(seconds) == []


def test_commands_start_in_the_main_thread_alone(backend: str, runner: SubprocessRunner, tmp_path: Path) -> None:
    errors: list[BaseException] = []

    def elsewhere() -> None:
        try:
            completed(backend, runner, shell("true", tmp_path))
        except RuntimeError as error:
            errors.append(error)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()

    assert [str(error).partition(":")[0] for error in errors] == [MISSING_MAIN_THREAD]


def test_a_kernel_without_process_descriptors_serves_as_well(
    backend: str, runner: SubprocessRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(pid: int) -> int:
        raise OSError(errno.ENOSYS, "not implemented")

    monkeypatch.setattr(os, "pidfd_open", refuse)
    seconds = unique_seconds()

    assert completed(backend, runner, shell("exit 4", tmp_path)).exit_code == 4
    assert completed(backend, runner, shell(f"sleep {seconds}", tmp_path, timeout_seconds=0.1)).timed_out
    assert processes_with(seconds) == []


def test_a_system_without_a_launcher_serves_as_well(
    backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)

    with SubprocessRunner() as runner:
        assert completed(backend, runner, shell("exit 4", tmp_path)).exit_code == 4


def test_a_runner_that_runs_nothing_starts_nothing(backend: str, tmp_path: Path) -> None:
    children = children_of_main_thread()

    with SubprocessRunner() as runner:
        assert completed(backend, runner, CommandSpec(argv=("absent",), cwd="/", env={})).exit_code == 127
        assert children_of_main_thread() == children


def test_a_cancelled_caller_starts_nothing(backend: str, runner: SubprocessRunner, tmp_path: Path) -> None:
    async def run() -> None:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await runner.run(shell("touch started", tmp_path), CountingLog())

    run_on(backend, run)

    assert not (tmp_path / "started").exists()
