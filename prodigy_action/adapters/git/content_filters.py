"""Content filters and merge drivers of the checkout's configuration: used as in the checkout, or the run is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from prodigy_action.adapters.git.calls import GitCalls, decode, encode, failure, inside
from prodigy_action.adapters.git.checkout import refused_checkout, refused_filter
from prodigy_action.dataclass import dataclass
from prodigy_action.errors import GitFailed
from prodigy_action.model.git import Checkout

LFS = "lfs"
POINTERS_ONLY = (
    "t=$(head -c 1024 | tr -d '\\0'; echo x); case $t in "
    "'version https://git-lfs.github.com/spec/v1'*) printf %s \"${t%x}\";; "
    "*) echo 'git-lfs is not installed: only pointers can be committed' >&2; exit 1;; esac"
)
"""A filter for files of git-lfs where there is none: pointers stay as they are, and nothing else is committed."""

_FILTER = re.compile(r"filter\.(.+)\.(clean|smudge|process|required)", re.DOTALL)
_DRIVER = re.compile(r"merge\..+\.(driver|name|recursive)", re.DOTALL)
_TRUE = ("true", "yes", "on", "1", "")


@dataclass(frozen=True, slots=True)
class ContentFilter:
    """A filter that tracked files of the checkout have, with one of these files."""

    name: str
    path: bytes
    required: bool


def programs_of(settings: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those of the settings that name filters, but for git-lfs, and merge drivers."""
    named = [(key, value) for key, value in settings if _DRIVER.fullmatch(key) or _filter_of(key) not in ("", LFS)]
    # A key alone means yes, an empty value no.
    return [(key, value or "true") if key.endswith(".required") else (key, value) for key, value in named]


def filters_in_use(git: GitCalls, settings: Sequence[tuple[str, str]]) -> list[ContentFilter]:
    """The configured filters, but for git-lfs, that attributes of tracked files ask for. Raises `GitFailed`."""
    programs, required = _configured(settings)
    if not programs:
        return []
    answer = git.run("check-attr", "-z", "--stdin", "filter", stdin=git.run("ls-files", "-z")).split(b"\0")
    first: dict[str, bytes] = {}
    for path, value in zip(answer[0::3], answer[2::3], strict=False):
        first.setdefault(decode(value), path)
    return [ContentFilter(name, path, name in required) for name, path in first.items() if name in programs]


def refuse_filters(checkout: Checkout, filters: Sequence[ContentFilter]) -> None:
    """With users of their own for steps: raise `InvalidInput` when there is any filter, which root would run."""
    if filters:
        hint = "use run-as: root, or a checkout without this filter"
        raise refused_checkout(
            checkout.path,
            f"has files with the content filter {_named(filters)}, which run-as: owner does not run",
            hint,
        )


def check_out_filtered(git: GitCalls, checkout: Checkout, base: str, filters: Sequence[ContentFilter]) -> None:
    """Check the base out, and try each required filter on one file.

    Raises `InvalidInput` when a filter does not work here, `GitFailed` for anything else.
    """
    try:
        git.run("read-tree", "-m", "-u", base)
    except GitFailed as error:
        refused = refused_filter(checkout.path, error.stderr)
        if refused is None:
            raise
        raise refused from error
    inside_it = replace(git, cwd=git.work_tree or git.cwd)  # elsewhere git sees no attributes of its files
    for each in filters:
        if not each.required:
            continue
        try:
            with open(inside(encode(inside_it.cwd), each.path), "rb") as file:
                content = file.read()
        except OSError:
            continue  # a link, or a file that only the index has
        tried = inside_it.attempt("hash-object", "--stdin", f"--path={decode(each.path)}", stdin=content)
        if tried.status != 0:
            raise refused_filter(checkout.path, tried.stderr) or failure(("hash-object",), tried)


def _configured(settings: Sequence[tuple[str, str]]) -> tuple[set[str], set[str]]:
    values: Mapping[str, str] = dict(settings)
    programs = {
        name for key, value in values.items() if (name := _filter_of(key)) and value and not key.endswith(".required")
    }
    required = {name for name in programs if values.get(f"filter.{name}.required", "no").lower() in _TRUE}
    return programs - {LFS}, required


def _filter_of(key: str) -> str:
    found = _FILTER.fullmatch(key)
    return found[1] if found else ""


def _named(filters: Sequence[ContentFilter]) -> str:
    return ", ".join(repr(each.name) for each in filters)
