"""Which language a repository is written in, from the names of its files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import PurePosixPath

from prodigy_action.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """A language: its name, the endings of its files, and steps that its users know, with `"${item}"` for the file."""

    name: str
    endings: tuple[str, ...]
    steps: tuple[str, ...]


LANGUAGES = (
    Language("Python", ("py", "pyi"), ('ruff check --fix -- "${item}"', 'ruff format -- "${item}"')),
    Language(
        "TypeScript", ("ts", "tsx", "mts", "cts"), ('npx eslint --fix -- "${item}"', 'npx tsc --noEmit "${item}"')
    ),
    Language(
        "JavaScript",
        ("js", "jsx", "mjs", "cjs"),
        ('npx eslint --fix -- "${item}"', 'npx prettier --write -- "${item}"'),
    ),
    Language("Go", ("go",), ('gofmt -w "${item}"', 'golangci-lint run --fix "${item}"')),
    Language("Rust", ("rs",), ('rustfmt -- "${item}"',)),
    Language("Java", ("java",), ('google-java-format --replace "${item}"',)),
    Language("Kotlin", ("kt", "kts"), ('ktlint --format "${item}"',)),
    Language("Ruby", ("rb",), ('bundle exec rubocop --autocorrect -- "${item}"',)),
    Language("PHP", ("php",), ('vendor/bin/php-cs-fixer fix "${item}"',)),
    Language("C#", ("cs",), ('dotnet format --include "${item}"',)),
    Language("C++", ("cpp", "cc", "cxx", "hpp", "hh"), ('clang-format -i "${item}"', 'clang-tidy --fix "${item}"')),
    Language("C", ("c", "h"), ('clang-format -i "${item}"',)),
    Language("Swift", ("swift",), ('swiftformat "${item}"',)),
    Language("Terraform", ("tf",), ('terraform fmt "${item}"',)),
    Language("shell", ("sh", "bash"), ('shellcheck -- "${item}"', 'shfmt -w "${item}"')),
    Language("Markdown", ("md",), ('npx markdownlint-cli2 --fix "${item}"',)),
)
"""Where two languages have as many files, the first of them is taken; documents come last."""

_LANGUAGE_OF = {ending: language for language in LANGUAGES for ending in language.endings}
_DOCUMENTS = frozenset({"Markdown"})


def main_language(files: Iterable[str]) -> Language | None:
    """The language with the most files; None when no file has a known ending. Markdown counts only without code."""
    endings = (PurePosixPath(name).suffix.removeprefix(".").lower() for name in files)
    counted = Counter(_LANGUAGE_OF[ending].name for ending in endings if ending in _LANGUAGE_OF)
    if len(counted) > 1:
        counted = Counter({name: count for name, count in counted.items() if name not in _DOCUMENTS})
    if not counted:
        return None
    most = max(counted.values())
    return next(language for language in LANGUAGES if counted[language.name] == most)
