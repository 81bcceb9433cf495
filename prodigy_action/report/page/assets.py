"""The script and the style of the page: files of their own, put into the page when it is written."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

from prodigy_action.dataclass import dataclass

MODULES = ("texts", "state", "theme", "filters", "table", "diff", "detail", "timeline", "main")
"""In an order in which each comes after those that it imports."""
FOLDER = Path(__file__).with_name("assets")
"""The folder of these files, and of the template."""
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./[a-z]+\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:const|let|function|class) )", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Assets:
    """What stands in the page's script and style elements, and the policy that lets nothing else run."""

    script: str
    style: str
    policy: str


@cache
def read_assets() -> Assets:
    """The assets of this version.

    The modules become one script: their imports of each other are taken out, so that a name is used once among them.
    """
    modules = [(FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in MODULES]
    script = "\n".join(_EXPORT.sub("", _IMPORT.sub("", text)).strip() for text in modules)
    style = (FOLDER / "page.css").read_text(encoding="utf-8").strip()
    # An element is hashed with the line ends around its text.
    script, style = f"\n{script}\n", f"\n{style}\n"
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    )
    return Assets(script, style, policy)


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
