"""Importing one module of a package without the rest of the package, which takes most of the time."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from contextlib import suppress


def import_part(module: str, *packages: str) -> None:
    """Import `module`, but not what the code of `packages` itself imports. An import that follows finds it.

    Where the module needs more of a package than its other modules, nothing is imported here.
    """
    empty = {}
    for name in packages:
        if name not in sys.modules and (spec := importlib.util.find_spec(name)) is not None:
            empty[name] = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        with suppress(ImportError):
            importlib.import_module(module)
    finally:
        for name, package in empty.items():
            if sys.modules.get(name) is package:
                del sys.modules[name]  # who imports the package gets all of it
