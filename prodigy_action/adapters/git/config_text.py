"""The configuration of the program's own repositories, in git's format."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import PurePosixPath
from urllib.parse import urlsplit, urlunsplit

from prodigy_action.adapters.git.calls import GitCalls
from prodigy_action.adapters.git.content_filters import POINTERS_ONLY, programs_of
from prodigy_action.model.git import Checkout, Identity

_COPIED = frozenset(
    {
        "core.autocrlf", "core.eol", "core.safecrlf", "core.symlinks", "core.filemode", "core.ignorecase",
        "core.precomposeunicode", "core.attributesfile", "core.excludesfile",
        "core.bigfilethreshold", "i18n.commitencoding", "init.defaultbranch", "merge.default", "merge.renormalize",
    }
)  # fmt: skip


def private_settings(
    checkout: Checkout, git: GitCalls, identity: Identity, theirs: list[tuple[str, str]], *, programs: bool
) -> list[tuple[str, str]]:
    """The settings of the program's repositories: those of the checkout for reading and writing files, otherwise fixed
    ones. `theirs` are the checkout's; with `programs`, its filters and merge drivers count.
    """
    filemode = next((value for key, value in reversed(theirs) if key == "core.filemode"), "true")
    if filemode not in ("true", "false"):  # another way to write a boolean
        filemode = git.text("config", "--type=bool", "--default=true", "--get", "core.filemode")
    settings = [
        ("core.filemode", filemode),
        ("core.bare", "false"),
        ("core.logallrefupdates", "true"),
        ("core.quotePath", "false"),
        ("user.name", identity.name),
        ("user.email", identity.email),
        ("commit.gpgsign", "false"),
        ("tag.gpgsign", "false"),
        ("gc.auto", "0"),
        ("maintenance.auto", "false"),
        ("merge.directoryRenames", "false"),
        ("merge.renameLimit", "32767"),
        ("diff.renameLimit", "32767"),
        ("rerere.enabled", "false"),
        ("advice.detachedHead", "false"),
        ("submodule.recurse", "false"),
    ]
    settings += [(key, value) for key, value in theirs if key in _COPIED and key != "core.filemode"]
    settings += [
        (key, without_credentials(value) if key.endswith(".url") else value)
        for key, value in theirs
        if re.fullmatch(r"remote\.origin\.(url|fetch)", key)
    ]
    promisors = [key.split(".")[1] for key, value in theirs if re.fullmatch(r"remote\.origin\.promisor", key)]
    if promisors:
        settings += [("core.repositoryformatversion", "1"), ("extensions.partialclone", "origin")]
        settings += [("remote.origin.promisor", "true")]
        settings += [(key, value) for key, value in theirs if key == "remote.origin.partialclonefilter"]
    else:
        settings.insert(0, ("core.repositoryformatversion", "0"))
    if shutil.which("git-lfs") is not None:
        settings += [(key, value) for key, value in theirs if key.startswith("filter.lfs.")]
        settings += [("lfs.storage", str(PurePosixPath(checkout.common_dir, "lfs")))]
    elif any(key.startswith("filter.lfs.") for key, _ in theirs):
        settings += [("filter.lfs.clean", POINTERS_ONLY), ("filter.lfs.required", "true"), ("filter.lfs.smudge", "cat")]
    if programs:
        settings += programs_of(theirs)
    return settings


def config_text(settings: Iterable[tuple[str, str]]) -> str:
    """A configuration file with these settings in this order."""
    lines = []
    for key, value in settings:
        section, _, name = key.rpartition(".")
        section, dot, subsection = section.partition(".")
        heading = f'{section} "{_escape(subsection)}"' if dot else section
        lines += [f"[{heading}]", f'\t{name} = "{_escape(value)}"']
    return "\n".join(lines) + "\n"


def without_credentials(url: str) -> str:
    """The address without the user and password of an http(s) one."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or "@" not in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
