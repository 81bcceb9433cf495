"""The command that reproduces an item in the image that its run was in."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

WORKSPACE = "/github/workspace"


def docker_line(image: str, arguments: Sequence[str], variables: Iterable[str], *, terminal: bool) -> str:
    """A command for the top of the checkout, safe to paste; `variables` get their values from the environment."""
    words = ["docker", "run", "--rm", *(["--interactive", "--tty"] if terminal else [])]
    words += [word for name in dict.fromkeys(variables) for word in ("--env", name)]
    return f'{shlex.join(words)} --volume "$PWD:{WORKSPACE}" {shlex.join([image, "reproduce", *arguments])}'
