"""The user's checkout: found, checked and described, without changing anything in it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from prodigy_action.adapters.git.calls import Completed, GitCalls, decode, failure, in_thread, lines_said
from prodigy_action.adapters.git.missing_repository import missing_repository
from prodigy_action.dataclass import dataclass
from prodigy_action.errors import Diagnostic, GitFailed, InvalidInput
from prodigy_action.model.git import Checkout, Identity

OLDEST_GIT = (2, 38)
"""The first version whose `merge-tree` merges without a working tree."""
_FILTER_FAILED = re.compile(r"(?:smudge|clean) filter '?([^\s']+)'? failed")


async def open_checkout(path: str, environ: Mapping[str, str]) -> Checkout:
    """Describe the checkout that contains `path`.

    Raises `InvalidInput` when no run can start from it, also when git itself fails.
    """
    return await in_thread(describe_checkout, path, environ)


def describe_checkout(path: str, environ: Mapping[str, str]) -> Checkout:
    """As `open_checkout`. Blocks."""
    try:
        return _open(path, environ)
    except GitFailed as error:
        reason = next((line for line in lines_said(error.stderr) if line.startswith("fatal: ")), error.message)
        reason = reason.removeprefix("fatal: ")
        raise refused_checkout(path, f"cannot be read: {reason}", _hint_for(reason)) from error


async def commits_in_checkout(checkout: Checkout, commits: Sequence[str]) -> frozenset[str]:
    """Those of the commits that the available history of HEAD contains."""

    def blocking() -> frozenset[str]:
        theirs = calls_on(checkout)
        asked = ("merge-base", "--is-ancestor")
        return frozenset(each for each in commits if theirs.attempt(*asked, each, checkout.head).status == 0)

    return await in_thread(blocking)


def calls_on(checkout: Checkout) -> GitCalls:
    """Calls on the user's repository, with the user's own configuration."""
    return GitCalls(
        cwd=checkout.path,
        git_dir=checkout.git_dir,
        work_tree=checkout.path,
        own_settings_only=False,
        environ=checkout.settings_environ,
        endable=False,
    )


def _open(path: str, environ: Mapping[str, str]) -> Checkout:
    if not Path(path).is_dir():
        raise refused_checkout(path, "is not a directory", "name the directory of a git checkout")
    if shutil.which("git", path=environ.get("PATH")) is None:
        raise refused_checkout(path, "cannot be read: git is not on PATH", "install git")
    found = GitCalls(cwd=path, own_settings_only=False)
    _check_version(path, found)
    facts = _facts(found) or _facts_one_by_one(path, found)
    git = GitCalls(cwd=facts.top, git_dir=facts.git_dir, work_tree=facts.top, own_settings_only=False)
    if facts.object_format != "sha1":
        raise refused_checkout(
            path, f"uses the object format {facts.object_format!r}", "only sha1 repositories are supported"
        )
    head = facts.head or _head(path, git)
    modified, untracked = _local_changes(path, git)
    settings = _settings(replace(git, keeps_pointers=False))
    stat = Path(facts.top).lstat()
    return Checkout(
        path=facts.top,
        git_dir=facts.git_dir,
        common_dir=facts.common_dir,
        head=head,
        branch=_branch(facts.full_name, git),
        shallow=facts.shallow == "true",
        identity=_identity(settings),
        modified=modified,
        untracked=untracked,
        owner=(stat.st_uid, stat.st_gid),
        directory=_directory(path, facts.prefix, git),
        settings=settings,
    )


@dataclass(frozen=True, slots=True)
class _Facts:
    """What `git rev-parse` prints of a checkout, in this order. `head` and `full_name` are empty where they were not
    asked for.
    """

    top: str
    git_dir: str
    common_dir: str
    prefix: str
    shallow: str
    object_format: str
    head: str = ""
    full_name: str = ""


def _facts(found: GitCalls) -> _Facts | None:
    """All facts from one process; None for a checkout that is unusual, such as one in a directory with a line feed."""
    places = ("--path-format=absolute", "--show-toplevel", "--absolute-git-dir", "--git-common-dir", "--show-prefix")
    kinds = ("--is-shallow-repository", "--show-object-format")
    answer = found.attempt("rev-parse", *places, *kinds, "HEAD^{commit}", "--symbolic-full-name", "HEAD")
    lines = lines_said(decode(answer.stdout))
    if answer.status != 0 or len(lines) != 8:
        return None
    return _Facts(*lines)


def _facts_one_by_one(path: str, found: GitCalls) -> _Facts:
    answer = found.attempt("rev-parse", "--path-format=absolute", "--show-toplevel")
    if answer.status != 0:
        raise _not_a_checkout(path, found, answer)
    top = decode(answer.stdout).removesuffix("\n")
    git_dir, common_dir = (
        found.text("rev-parse", "--path-format=absolute", asked) for asked in ("--absolute-git-dir", "--git-common-dir")
    )
    prefix = decode(found.run("rev-parse", "--show-prefix")).removesuffix("\n")
    git = GitCalls(cwd=top, git_dir=git_dir, work_tree=top, own_settings_only=False)
    shallow, object_format = lines_said(git.text("rev-parse", "--is-shallow-repository", "--show-object-format"))
    return _Facts(top, git_dir, common_dir, prefix, shallow, object_format)


def _directory(path: str, prefix: str, git: GitCalls) -> str:
    """Where `path` is in the checkout. Raises `InvalidInput` for a directory that no commit has."""
    directory = prefix.rstrip("/")
    if not directory:
        return "."
    if git.attempt("cat-file", "-t", f"HEAD:{directory}").stdout.strip() != b"tree":
        hint = "commit a file in it, or name a directory that the commit has"
        raise refused_checkout(path, "is no directory of the commit that HEAD names: no worktree would have it", hint)
    return directory


def _check_version(path: str, git: GitCalls) -> None:
    written = git.text("version")
    version = re.search(r"(\d+)\.(\d+)", written)
    if version is not None and (int(version[1]), int(version[2])) < OLDEST_GIT:
        needed = ".".join(map(str, OLDEST_GIT))
        raise refused_checkout(path, f"cannot be used with {written}", f"install git {needed} or a later version")


def _hint_for(reason: str) -> str:
    if "config" in reason:
        return "repair that file of git's configuration"
    return "see whether `git status` works there"


def _not_a_checkout(path: str, git: GitCalls, answer: Completed) -> Exception:
    if "not a git repository" in answer.stderr:
        return refused_checkout(path, *missing_repository(Path(path)))
    if git.attempt("rev-parse", "--is-bare-repository").stdout.strip() == b"true":
        return refused_checkout(path, "is a bare repository", "name a checkout with a working tree")
    if "must be run in a work tree" in answer.stderr:
        return refused_checkout(path, "lies inside a git directory", "name the checkout itself")
    return failure(("rev-parse",), answer)


def _head(path: str, git: GitCalls) -> str:
    answer = git.attempt("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if answer.status == 0:
        return decode(answer.stdout).strip()
    if git.attempt("rev-parse", "--verify", "--quiet", "HEAD").status != 0:
        raise refused_checkout(path, "has no commit yet", "commit something first: agents start from a commit")
    raise refused_checkout(path, "has a HEAD that names no commit", "repair the checkout, for instance with git fsck")


def _branch(full_name: str, git: GitCalls) -> str | None:
    if full_name.startswith("refs/heads/"):
        return full_name.removeprefix("refs/heads/")
    answer = git.attempt("symbolic-ref", "--quiet", "HEAD")
    return decode(answer.stdout).strip().removeprefix("refs/heads/") if answer.status == 0 else None


def _settings(git: GitCalls) -> tuple[tuple[str, str, str | None], ...]:
    words = decode(git.run("config", "--list", "--show-scope", "-z")).split("\0")
    entries = ((scope, *entry.partition("\n")) for scope, entry in zip(words[0::2], words[1::2], strict=False))
    return tuple((scope, key, value if given else None) for scope, key, given, value in entries)


def _identity(settings: Sequence[tuple[str, str, str | None]]) -> Identity | None:
    # When a setting has several values, the last one is valid.
    configured = {key: (value or "").strip() for _, key, value in settings if key in ("user.name", "user.email")}
    name, email = configured.get("user.name", ""), configured.get("user.email", "")
    return Identity(name, email) if name and email else None


def _local_changes(path: str, git: GitCalls) -> tuple[int, int]:
    options = ("--porcelain", "-z", "--no-renames", "--untracked-files=all", "--ignore-submodules=all")
    try:
        listed = git.run("status", *options)
    except GitFailed as error:
        refused = refused_filter(path, error.stderr)
        if refused is None:
            raise
        raise refused from error
    entries = [entry for entry in listed.split(b"\0") if entry]
    untracked = sum(entry.startswith(b"??") for entry in entries)
    return len(entries) - untracked, untracked


def refused_checkout(path: str, what: str, hint: str) -> InvalidInput:
    """The error for a checkout from which no run can start."""
    return InvalidInput([Diagnostic(f"{os.fspath(path)!r} {what}", source=path, hint=hint, code="checkout")])


def refused_filter(path: str, stderr: str) -> InvalidInput | None:
    """The error of a checkout that requires a content filter which fails here, when that is what git said."""
    failed = _FILTER_FAILED.search(stderr)
    if failed is None:
        return None
    said = next((line for line in lines_said(stderr.strip()) if line.startswith("error:")), "")
    message = f"requires the content filter {failed[1]!r}, which fails here"
    if said:
        message += f": {said.removeprefix('error: ')}"
    return refused_checkout(path, message, "install its program, unlock the repository, or turn the filter off")
