"""A program of some 200 bytes that makes a command die with the thread that started it, then becomes that command.

`setpriv --pdeathsig` does the same, but loading it costs more than starting a shell. Python cannot ask the kernel for
the signal itself without a fork of the whole process. The program is written here in machine code, checked once by a
run of it, and exists in memory alone: nobody can change it, and a killed run leaves nothing.
"""

from __future__ import annotations

import fcntl
import os
import platform
import struct
import subprocess
from contextlib import suppress

_F_ADD_SEALS = 1033
_SEAL_ALL = 0xF
_LOADED_AT = 0x400000
_X86_64 = bytes.fromhex(
    "b8 9d 00 00 00"  # mov eax, 157            prctl(
    "bf 01 00 00 00"  # mov edi, 1                PR_SET_PDEATHSIG,
    "be 09 00 00 00"  # mov esi, 9                SIGKILL,
    "31 d2"  #          xor edx, edx              0,
    "45 31 d2"  #       xor r10d, r10d            0,
    "45 31 c0"  #       xor r8d, r8d              0)
    "0f 05"  #          syscall
    "48 8b 04 24"  #    mov rax, [rsp]          the number of arguments
    "48 8b 7c 24 10"  # mov rdi, [rsp+16]       execve(the first argument,
    "48 8d 74 24 18"  # lea rsi, [rsp+24]         the arguments from the second on,
    "48 8d 54 c4 10"  # lea rdx, [rsp+rax*8+16]   the environment)
    "b8 3b 00 00 00"  # mov eax, 59
    "0f 05"  #          syscall
    "bf 7e 00 00 00"  # mov edi, 126            exit(126)
    "b8 3c 00 00 00"  # mov eax, 60
    "0f 05"  #          syscall
)


class Starter:
    """The program. `argv` is for the main thread of this process alone, while the starter is open."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._path = f"/proc/{os.getpid()}/fd/{descriptor}"

    def argv(self, program: str, arguments: tuple[str, ...]) -> list[str]:
        """The command line that becomes `program`, an absolute path of a binary or a script with `#!`; `arguments`
        begin with its name.
        """
        return [self._path, program, *arguments]

    def close(self) -> None:
        """Free the memory of the program."""
        os.close(self._descriptor)


def open_starter() -> Starter | None:
    """The program, when it works on this machine; None for another processor, or where memory may not be executed."""
    if platform.machine() != "x86_64":
        return None
    try:
        starter = Starter(_in_memory(_elf(_X86_64)))
    except OSError:
        return None
    with suppress(OSError):
        probe = starter.argv("/bin/sh", ("sh", "-c", 'test "$1" = "a b"', "probe", "a b"))
        if subprocess.run(probe, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0:
            return starter
    starter.close()
    return None


def _in_memory(content: bytes) -> int:
    writable = os.memfd_create("start", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.write(writable, content)
        fcntl.fcntl(writable, _F_ADD_SEALS, _SEAL_ALL)
        # The kernel executes nothing that is open for writing.
        return os.open(f"/proc/self/fd/{writable}", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(writable)


def _elf(code: bytes) -> bytes:
    """The smallest executable of the kernel's format: its header, one segment, the code."""
    head, segment = 64, 56
    size = head + segment + len(code)
    header = struct.pack(
        "<16sHHIQQQIHHHHHH",
        b"\x7fELF\x02\x01\x01", 2, 62, 1, _LOADED_AT + head + segment, head, 0, 0, head, segment, 1, 0, 0, 0,
    )  # fmt: skip
    loaded = struct.pack("<IIQQQQQQ", 1, 5, 0, _LOADED_AT, _LOADED_AT, size, size, 0x1000)
    return header + loaded + code
