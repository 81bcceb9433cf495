"""The rights of root that a container may lack."""

from __future__ import annotations

from pathlib import Path

_NUMBERS = {"CHOWN": 0, "DAC_OVERRIDE": 1, "FOWNER": 3, "KILL": 5, "SETGID": 6, "SETUID": 7}
"""The capabilities that `run-as: owner` needs, with their numbers (capabilities(7))."""


def missing_capabilities(status: Path = Path("/proc/self/status")) -> list[str]:
    """Those that this process lacks, by name; none when the system does not say."""
    try:
        lines = status.read_text().splitlines()
    except OSError:
        return []
    held = next((int(line.split()[1], 16) for line in lines if line.startswith("CapEff:")), -1)
    return [name for name, number in _NUMBERS.items() if not held >> number & 1]
