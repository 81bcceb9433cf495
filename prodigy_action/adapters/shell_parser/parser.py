"""The port to the shell parser: each text is parsed once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prodigy_action.pure.shell.syntax.tree import ParsedShell, ParsedShells


class ShfmtParser:
    """Parses shell texts with `shfmt` and keeps their trees; it is started for new texts only."""

    def __init__(self) -> None:
        self._parsed: dict[str, ParsedShell] = {}

    def parse_now(self, texts: Iterable[str]) -> ParsedShells:
        """The trees of `texts` (see `standing_text`). Blocks. Raises `InvalidInput` when the parser cannot be used."""
        wanted = list(dict.fromkeys(texts))
        waiting = [text for text in wanted if text not in self._parsed]
        if waiting:
            from prodigy_action.adapters.shell_parser.texts import parse_with_nested

            self._parsed.update(parse_with_nested(waiting, self._parsed))
        return {text: self._parsed[text] for text in wanted}

    async def parse(self, texts: Iterable[str]) -> ParsedShells:
        """As `parse_now`, in a thread of its own when there is something new to parse."""
        wanted = list(texts)
        if all(text in self._parsed for text in wanted):
            return {text: self._parsed[text] for text in wanted}
        import anyio.to_thread

        return await anyio.to_thread.run_sync(self.parse_now, wanted)
