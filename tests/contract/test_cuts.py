"""A text is cut with the functions of `pure.text.cutting`: a cut without a mark leaves a piece of a secret unmasked."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.contract.generated_parts import ROOT

PACKAGE = ROOT / "prodigy_action"
LISTS = "an element of a list is whole"
MASKED = "the text is masked before it is cut"
NO_SECRET = "the text holds no value"
WITHIN = "the piece is compared or searched, and not shown"
REASONS: dict[str, tuple[str, ...]] = {
    "adapters/git/commit_secrets.py": (WITHIN, "content[start:start + _BLOCK]"),
    "adapters/git/heads.py": (NO_SECRET, "line[:40]"),
    "adapters/git/made_refs.py": (NO_SECRET, "line[41:81]", "line[41:]", "line[:40]"),
    "adapters/git/nested_repositories.py": (LISTS, "unknown[:_NAMED]"),
    "adapters/git/objects.py": (WITHIN, "block[:_HEADER_BYTES]", "content[end + 1:end + 21]"),
    "adapters/landing/picking.py": (WITHIN, "text[:_SNIFFED]"),
    "adapters/processes/bounded_output.py": (
        "the text of what is kept gets the mark later",
        "(self._kept + chunk[-self._limit:])[-self._limit:]",
        "chunk[-self._limit:]",
    ),
    "adapters/repository/fast_forward.py": (LISTS, "files[:_NAMED]"),
    "adapters/results/run_logs.py": (
        "the pieces go one after the other through one masking stream",
        "content[start:start + _CHUNK_BYTES]",
    ),
    "effects/items/failure_reporting.py": (LISTS, "failures[:SHOWN_AT_ONCE]"),
    "effects/landing/unlanded.py": (LISTS, "files[:PATHS_SHOWN]", "with_items[:PATHS_SHOWN]"),
    "effects/merge.py": (LISTS, "inside[:PATHS_SHOWN]", "left[:PATHS_SHOWN]", "links[:PATHS_SHOWN]"),
    "effects/run/parent_branch.py": (LISTS, "changed[:PATHS_SHOWN]", "files[:PATHS_SHOWN]"),
    "effects/run/phase_steps.py": (LISTS, "links[:PATHS_SHOWN]"),
    "effects/run/publishing.py": (LISTS, "left[:PATHS_SHOWN]"),
    "effects/steps/execution.py": (WITHIN, "execution.stderr[-SEARCHED:]", "execution.stdout[-SEARCHED:]"),
    "inputs/checks/environment_names.py": (LISTS, "found[:PROBLEM_LIMIT]"),
    "inputs/checks/expressions.py": (
        WITHIN,
        "check_text(text[:_CHECKED_LENGTH], shapes)[:PROBLEM_LIMIT]",
        "text[:_CHECKED_LENGTH]",
    ),
    "inputs/checks/item_fields.py": (LISTS, "missing.known[:_NAMES_SHOWN]"),
    "inputs/checks/model_errors.py": (LISTS, "error.errors(include_url=False)[:PROBLEM_LIMIT]"),
    "inputs/documents/source_text.py": (WITHIN, "source.text[:4096]"),
    "pure/item_keys.py": (NO_SECRET, "hashlib.sha256(canonical_json(item).encode()).hexdigest()[:DIGEST_LENGTH]"),
    "pure/items/errors.py": (WITHIN, "text[offset - 100:offset]"),
    "pure/items/source.py": (WITHIN, "text[start:start + _BLOCK]"),
    "pure/journal/recorded_items.py": (LISTS, "end.uncommitted[:UNCOMMITTED_MOST]"),
    "pure/journal/recorded_content.py": (LISTS, "record.get('uncommitted', [])[:UNCOMMITTED_MOST]"),
    "pure/journal/fingerprints.py": (
        NO_SECRET,
        "hashlib.sha256(canonical_json(value).encode('utf-8', 'surrogatepass')).hexdigest()[:DIGEST_LENGTH]",
    ),
    "pure/journal/running_work.py": (LISTS, "longest[:ITEMS_SHOWN]"),
    "pure/json_values/field_path.py": ("a number with more than 18 digits", "digits[:18]"),
    "pure/shell/safety/render.py": (
        "the pieces are written one after the other, and the whole is masked",
        "value[start:start + _PIECE_LENGTH]",
    ),
    "pure/steps/agent_program.py": (
        LISTS,
        "[session for usage in known for session in usage.sessions][:_SESSIONS_MOST]",
    ),
    "pure/steps/tolerated_failures.py": (LISTS, "failures[:_MOST]"),
    "pure/steps/verdict_text.py": (WITHIN, "text[-_SEARCHED:]"),
    "pure/text/binary_patches.py": (WITHIN, "packed[start:start + _PACKED_BLOCK]"),
    "pure/log_messages/lines.py": (MASKED, "line[:LONGEST_LINE]", "message[:LONGEST_MESSAGE]"),
    "pure/log_messages/sentences.py": (LISTS, "parts[:FAILURES_SHOWN]"),
    "pure/log_messages/words.py": (LISTS, "self.value[:NAMES_SHOWN]"),
    "pure/text/log_values.py": (MASKED, "text[:limit]"),
    "pure/text/masking.py": (
        WITHIN,
        "secret[-SHORTEST_PIECE:]",
        "secret[:SHORTEST_PIECE]",
        "text[start:found + SHORTEST_PIECE]",
    ),
}
"""For each module: why its limits leave no piece of a secret, then the limits. What `report` gets is masked."""


def is_limit(bound: ast.expr) -> bool:
    """Whether the bound of a slice has a constant in it: a number of two digits, or a name in capitals."""
    names = [node.id for node in ast.walk(bound) if isinstance(node, ast.Name)]
    names += [node.attr for node in ast.walk(bound) if isinstance(node, ast.Attribute)]
    numbers = [node.value for node in ast.walk(bound) if isinstance(node, ast.Constant)]
    return any(name.strip("_").isupper() or name.endswith("limit") for name in names) or any(
        isinstance(number, int) and number >= 16 for number in numbers
    )


def limits() -> Iterator[tuple[str, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Slice):
                continue
            if any(bound is not None and is_limit(bound) for bound in (node.slice.lower, node.slice.upper)):
                yield path.relative_to(PACKAGE).as_posix(), ast.unparse(node)


def test_every_limit_in_a_slice_is_one_that_needs_no_mark() -> None:
    found = {limit for limit in limits() if not limit[0].startswith("report/")}

    assert found == {(module, limit) for module, (_, *known) in REASONS.items() for limit in known}
