"""The entry point: answers `--version`, and calls `cli.invoke`, which turns exceptions into exit codes."""

from __future__ import annotations

import gc
import os
import sys
from types import ModuleType


def main() -> None:
    """Entry point of the console script and of `python -m prodigy_action`."""
    if sys.argv[1:] == ["--version"]:  # answered before any slow import
        from prodigy_action import __version__

        try:
            print(f"prodigy-action {__version__}", flush=True)
        except OSError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the interpreter would try once more when it ends
            sys.exit(f"prodigy-action: standard output cannot be written: {error}")
        return
    # In its place pydantic would look through all installed packages for plugins, and import email, zipfile and others.
    without_plugins = ModuleType("pydantic.plugin._loader")
    vars(without_plugins)["get_plugins"] = tuple
    sys.modules[without_plugins.__name__] = without_plugins
    gc.disable()  # what is imported stays: looking for garbage in it takes a tenth of the start
    from prodigy_action.cli import invoke

    gc.enable()
    sys.exit(invoke(sys.argv[1:]))


if __name__ == "__main__":
    main()
