"""The command line: options become settings, commands become calls of `app`, errors become exit codes."""

from __future__ import annotations

from prodigy_action.cli.entry import invoke

__all__ = ["invoke"]
