"""From a file's text to its located tree, as JSON or as YAML."""

from __future__ import annotations

import re

from prodigy_action.inputs.documents.located_tree import Node
from prodigy_action.inputs.documents.source_text import SourceText


def read_tree(source: SourceText) -> Node:
    """Parse a file as JSON (its name ends in `.json`, or it starts like a JSON object) or else as YAML.

    Raises `InvalidInput` with located diagnostics for a syntax error, a duplicate key, an unknown tag, and for a
    document above the limits of depth and size.
    """
    if source.name.endswith(".json") or re.match(r'\s*\{\s*["}]', source.text):
        from prodigy_action.inputs.documents.json_tree import read_json

        return read_json(source)
    from prodigy_action.inputs.documents.yaml_tree import read_yaml

    return read_yaml(source)
