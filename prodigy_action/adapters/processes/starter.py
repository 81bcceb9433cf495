"""Starting commands: some 300 bytes of machine code in this process start a child that becomes the command.

The code makes the command die with the thread that started it, and enters the directory of the command, which
`posix_spawn` cannot do. Its child shares the memory of this process, as that of `vfork` does, but this process does not
wait until the command is executed: that takes a millisecond on a busy machine, in which nothing else would happen here.

The code is written here, checked once by a run of it, and exists in memory alone: nobody can change it, and a killed
run leaves nothing.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import platform
import signal
import struct
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import accumulate
from typing import TYPE_CHECKING

from prodigy_action.dataclass import dataclass

if TYPE_CHECKING:
    import ctypes

_F_ADD_SEALS = 1033
_SEAL_ALL = 0xF
_X86_64 = bytes.fromhex(
    # Called with the address of a block, whose fields are those of `_HEAD`.
    "53"  #                   push rbx
    "48 89 fb"  #             mov rbx, rdi
    "bf 02 00 00 00"  #       mov edi, 2              rt_sigprocmask(SIG_SETMASK,
    "48 8d 73 58"  #          lea rsi, [rbx+88]         all signals: no handler runs in the child,
    "48 8d 53 60"  #          lea rdx, [rbx+96]         the mask before,
    "41 ba 08 00 00 00"  #    mov r10d, 8               8)
    "b8 0e 00 00 00"  #       mov eax, 14
    "0f 05"  #                syscall
    "bf 11 01 20 00"  #       mov edi, 0x200111       clone(CLONE_CHILD_CLEARTID | CLONE_VM | SIGCHLD,
    "48 8b 33"  #             mov rsi, [rbx]            a stack that is not used,
    "31 d2"  #                xor edx, edx              0,
    "4c 8d 53 48"  #          lea r10, [rbx+72]         what becomes 0 when the command is executed, or has ended,
    "45 31 c0"  #             xor r8d, r8d              0)
    "b8 38 00 00 00"  #       mov eax, 56
    "0f 05"  #                syscall
    "85 c0"  #                test eax, eax
    "74 1c"  #                jz child
    "50"  #                   push rax
    "bf 02 00 00 00"  #       mov edi, 2              rt_sigprocmask(SIG_SETMASK,
    "48 8d 73 60"  #          lea rsi, [rbx+96]         the mask before,
    "31 d2"  #                xor edx, edx              0,
    "41 ba 08 00 00 00"  #    mov r10d, 8               8)
    "b8 0e 00 00 00"  #       mov eax, 14
    "0f 05"  #                syscall
    "58"  #                   pop rax
    "5b"  #                   pop rbx
    "c3"  #                   ret                     the process id, or a negative error number
    "41 bc 40 00 00 00"  #  child: mov r12d, 64       for each signal:
    "44 89 e7"  #           look: mov edi, r12d       rt_sigaction(the signal,
    "31 f6"  #                xor esi, esi              0,
    "48 8d 53 68"  #          lea rdx, [rbx+104]        what it does,
    "41 ba 08 00 00 00"  #    mov r10d, 8               8)
    "b8 0d 00 00 00"  #       mov eax, 13
    "0f 05"  #                syscall
    "48 83 7b 68 01"  #       cmp qword [rbx+104], 1  is it handled,
    "77 0c"  #                ja reset
    "41 83 fc 0d"  #          cmp r12d, 13            or SIGPIPE, or SIGXFSZ? Python ignores these two,
    "74 06"  #                je reset                and programs expect them.
    "41 83 fc 19"  #          cmp r12d, 25
    "75 13"  #                jne next
    "44 89 e7"  #          reset: mov edi, r12d       rt_sigaction(the signal,
    "48 8d b3 88 00 00 00"  # lea rsi, [rbx+136]        its default,
    "31 d2"  #                xor edx, edx              0, 8)
    "b8 0d 00 00 00"  #       mov eax, 13
    "0f 05"  #                syscall
    "41 ff cc"  #           next: dec r12d
    "75 bf"  #                jnz look
    "b8 70 00 00 00"  #       mov eax, 112            setsid()
    "0f 05"  #                syscall
    "bf 01 00 00 00"  #       mov edi, 1              prctl(PR_SET_PDEATHSIG,
    "be 09 00 00 00"  #       mov esi, 9                SIGKILL,
    "31 d2"  #                xor edx, edx              0,
    "45 31 d2"  #             xor r10d, r10d            0,
    "45 31 c0"  #             xor r8d, r8d              0)
    "b8 9d 00 00 00"  #       mov eax, 157
    "0f 05"  #                syscall
    "b8 6e 00 00 00"  #       mov eax, 110            getppid():
    "0f 05"  #                syscall
    "3b 43 40"  #             cmp eax, [rbx+64]       has the parent ended meanwhile?
    "75 67"  #                jne end
    "8b 7b 28"  #             mov edi, [rbx+40]       dup2(the standard input, 0)
    "31 f6"  #                xor esi, esi
    "b8 21 00 00 00"  #       mov eax, 33
    "0f 05"  #                syscall
    "8b 7b 30"  #             mov edi, [rbx+48]       dup2(the standard output, 1)
    "be 01 00 00 00"  #       mov esi, 1
    "b8 21 00 00 00"  #       mov eax, 33
    "0f 05"  #                syscall
    "8b 7b 38"  #             mov edi, [rbx+56]       dup2(the standard error, 2)
    "be 02 00 00 00"  #       mov esi, 2
    "b8 21 00 00 00"  #       mov eax, 33
    "0f 05"  #                syscall
    "48 8b 7b 08"  #          mov rdi, [rbx+8]        chdir(the directory)
    "b8 50 00 00 00"  #       mov eax, 80
    "0f 05"  #                syscall
    "85 c0"  #                test eax, eax
    "75 2b"  #                jnz failed
    "bf 02 00 00 00"  #       mov edi, 2              rt_sigprocmask(SIG_SETMASK,
    "48 8d 73 60"  #          lea rsi, [rbx+96]         the mask before,
    "31 d2"  #                xor edx, edx              0,
    "41 ba 08 00 00 00"  #    mov r10d, 8               8)
    "b8 0e 00 00 00"  #       mov eax, 14
    "0f 05"  #                syscall
    "48 8b 7b 10"  #          mov rdi, [rbx+16]       execve(the program,
    "48 8b 73 18"  #          mov rsi, [rbx+24]         its arguments,
    "48 8b 53 20"  #          mov rdx, [rbx+32]         its environment)
    "b8 3b 00 00 00"  #       mov eax, 59
    "0f 05"  #                syscall
    "89 43 50"  #          failed: mov [rbx+80], eax
    "bf 7e 00 00 00"  #    end: mov edi, 126          exit(126)
    "b8 3c 00 00 00"  #       mov eax, 60
    "0f 05"  #                syscall
)
_HEAD = struct.Struct("<12Q72x")
"""A stack; the addresses of directory, program, arguments, environment; three descriptors; the parent; the mark that is
1 until the command is executed; the error; all signals. Then room for a mask and an action, and a default action.
"""
_MARK, _ERROR = 72, 80
_SECONDS_OF_PROBE = 10
_CERTAINLY_ACCEPTED = 100_000
"""The kernel executes a program with so many bytes of arguments and environment, whatever its limits are."""
_left: list[ctypes.Array[ctypes.c_char]] = []
"""Blocks that were still in use when their starter was closed."""


@dataclass(slots=True)
class SpawnedProcess:
    """A started process, as far as `subprocess.Popen` is the same."""

    pid: int
    returncode: int | None = None

    def wait(self) -> int:
        """Wait for its end and reap it; the exit code, or the number of a signal as a negative number."""
        if self.returncode is None:
            self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.returncode


class Starter:
    """The code, in memory. Call `start` on the main thread of this process alone, while the starter is open."""

    def __init__(self, descriptor: int) -> None:
        """`descriptor` is that of the code; it belongs to the starter. Raises `OSError`."""
        import ctypes  # only a process that runs commands needs it

        self._descriptor = descriptor
        libc = ctypes.CDLL(None, use_errno=True)
        libc.mmap.restype = ctypes.c_void_p
        libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, *(ctypes.c_int,) * 3, ctypes.c_long)
        libc.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
        executed = mmap.PROT_READ | mmap.PROT_EXEC
        self._address = libc.mmap(None, len(_X86_64), executed, mmap.MAP_SHARED, descriptor, 0)
        if self._address in {None, ctypes.c_void_p(-1).value}:
            raise OSError(ctypes.get_errno(), "memory cannot be executed")
        self._unmap = libc.munmap
        self._memory = ctypes.create_string_buffer
        self._address_of = ctypes.addressof
        self._copy = ctypes.memmove
        # It keeps Python's lock: the call takes less time than to give the lock away.
        self._call: Callable[[int], int] = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_void_p)(self._address)
        self._blocks: list[ctypes.Array[ctypes.c_char]] = []
        self._nothing = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)

    def start(
        self, program: str, arguments: Sequence[str], *, cwd: str, env: Mapping[str, str], stdout: int, stderr: int
    ) -> SpawnedProcess:
        """Start `program`, an absolute path of a binary or a script with `#!`, in a session of its own, with nothing to
        read; `arguments` begin with its name.

        It inherits every descriptor that is inheritable (see `close_to_commands`). It ends with exit code 126 when the
        directory cannot be entered or the program not executed. Raises `OSError`, `ValueError`.
        """
        if "=" in "".join(env):
            raise ValueError("illegal environment variable name")
        texts = [cwd, program, *arguments, *[f"{name}={value}" for name, value in env.items()]]
        content = os.fsencode("\0".join(texts)) + b"\0"
        sizes = [len(text) + 1 for text in content.split(b"\0")]
        count, first = len(texts), 2 + len(arguments)
        if len(sizes) != count + 1:
            raise ValueError("embedded null byte")
        # Two texts are in no list, and each list has a 0 at its end.
        block = self._memory(_HEAD.size + 8 * count + len(content))
        base = self._address_of(block)
        lists = base + _HEAD.size
        places = list(accumulate(sizes, initial=lists + 8 * count))
        streams = (self._nothing, stdout, stderr)
        head = _HEAD.pack(
            lists, places[0], places[1], lists, lists + 8 * (first - 1), *streams, os.getpid(), 1, 0, 2**64 - 1
        )
        pointers = struct.pack(f"<{count}Q", *places[2:first], 0, *places[first:count], 0)
        self._copy(base, head + pointers + content, len(block))
        self._blocks = [each for each in self._blocks if _in_use(each)]
        pid = self._call(base)
        if pid < 0:
            raise OSError(-pid, os.strerror(-pid))
        self._blocks.append(block)
        process = SpawnedProcess(pid)
        if len(block) > _CERTAINLY_ACCEPTED:
            _check_executed(process, block)
        return process

    def fileno(self) -> int:
        """The descriptor of the code."""
        return self._descriptor

    def close(self) -> None:
        """Free the memory of the code, unless a command is just being started."""
        in_use = [each for each in self._blocks if _in_use(each)]
        _left.extend(in_use)
        if not in_use:
            self._unmap(self._address, len(_X86_64))
        os.close(self._nothing)
        os.close(self._descriptor)


def close_to_commands() -> None:
    """Let no command inherit what this process inherited; descriptors that Python opens are not inheritable."""
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - names suffice
        with suppress(OSError):  # the descriptor of the listing itself
            if int(name) > 2:
                os.set_inheritable(int(name), False)


def open_starter() -> Starter | None:
    """The code, when it works on this machine; None for another processor, where memory may not be executed, or when a
    standard stream of this process is closed: a descriptor of a command could have its number.
    """
    if platform.machine() != "x86_64":
        return None
    try:
        for stream in range(3):
            os.fstat(stream)
        descriptor = _in_memory(_X86_64)
    except OSError:
        return None
    try:
        starter = Starter(descriptor)
    except OSError:
        os.close(descriptor)
        return None
    if _works(starter):
        return starter
    starter.close()
    return None


def _works(starter: Starter) -> bool:
    """Whether the code starts a command. A copy of this process tries it: an emulated processor may end it instead."""
    # A signal for the process group is for this process alone: the copy would report it a second time.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals() - {signal.SIGALRM})
    try:
        copy = os.fork()
        if copy == 0:
            code = 1
            try:
                signal.alarm(_SECONDS_OF_PROBE)
                code = _exit_code_of_probe(starter)
            finally:
                os._exit(code)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return os.waitpid(copy, 0)[1] == 0


def _exit_code_of_probe(starter: Starter) -> int:
    """0, or another number; raises `OSError` when the kernel refuses the start."""
    nothing = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
    arguments = ("sh", "-c", 'test "$1" = "a b" -a "$PWD" = /', "probe", "a b")
    return starter.start("/bin/sh", arguments, cwd="/", env={}, stdout=nothing, stderr=nothing).wait()


def _in_use(block: ctypes.Array[ctypes.c_char]) -> bool:
    return block[_MARK] != b"\0"


def _check_executed(process: SpawnedProcess, block: ctypes.Array[ctypes.c_char]) -> None:
    """Wait until the command is executed; raises `OSError` when it cannot be."""
    while _in_use(block):
        time.sleep(0.0005)
    error: int = struct.unpack_from("<i", block, _ERROR)[0]
    if error:
        process.wait()
        raise OSError(-error, os.strerror(-error))


def _in_memory(content: bytes) -> int:
    writable = os.memfd_create("start", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.write(writable, content)
        fcntl.fcntl(writable, _F_ADD_SEALS, _SEAL_ALL)
        return os.open(f"/proc/self/fd/{writable}", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(writable)
