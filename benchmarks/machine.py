"""The facts of a machine that figures depend on."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from pathlib import Path

from benchmarks.figures import busy_note


def machine_facts() -> dict[str, str]:
    """Processors, memory, kernel, versions of the programs, and how busy the machine is now."""
    facts = {
        "processors": f"{os.cpu_count()}, {_processor()}",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "git": _version("git"),
        "GNU parallel": _version("parallel"),
        "Snakemake": _version("snakemake"),
        "watches": _watches(),
    }
    return {name: fact for name, fact in facts.items() if fact} | {"load at the start": busy_note()}


def machine_lines(facts: dict[str, str]) -> list[str]:
    """The facts as a list in Markdown."""
    return [f"* {name}: {fact}" for name, fact in facts.items()]


def _version(program: str) -> str:
    if shutil.which(program) is None:
        return ""
    printed = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    return next((word for word in printed.split() if word[:1].isdigit()), "")


def _processor() -> str:
    lines = _lines("/proc/cpuinfo")
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _watches() -> str:
    limit = _lines("/proc/sys/fs/inotify/max_user_watches")
    return f"fs.inotify.max_user_watches = {limit[0]}" if limit else ""


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
