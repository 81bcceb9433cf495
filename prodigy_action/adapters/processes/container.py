"""Whether this process is in a container, and of which image."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

IMAGE_VARIABLE = "PRODIGY_ACTION_IMAGE"
"""Names the image of the container: set in the image, by a release of the action, or by whoever starts the container.

No process can find out from inside which image it is in.
"""
_PODMAN_IMAGE = re.compile(r'^image="([^"]+)"$', re.MULTILINE)


def container_image(environ: Mapping[str, str], root: Path = Path("/")) -> str | None:
    """The image of the container that this process is in, empty when it is not known; None outside of a container."""
    named = environ.get(IMAGE_VARIABLE, "").removeprefix("docker://")
    podman = root / "run/.containerenv"
    if not podman.exists() and not (root / ".dockerenv").exists():
        return named or None
    if named:
        return named
    try:
        found = _PODMAN_IMAGE.search(podman.read_text(errors="replace"))
    except OSError:
        return ""
    return found[1] if found else ""
