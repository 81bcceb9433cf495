"""Special files."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

_MAKE = "import os, socket, sys; os.chdir(sys.argv[1]); socket.socket(socket.AF_UNIX).bind(sys.argv[2])"


def make_socket(path: Path) -> None:
    """A socket that nobody listens at. Another process makes it: its path has room for about a hundred characters."""
    assert hasattr(socket, "AF_UNIX")
    subprocess.run([sys.executable, "-c", _MAKE, str(path.parent), path.name], check=True)
