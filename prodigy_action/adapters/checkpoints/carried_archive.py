"""An archive of the untracked files that setup left, with modes, times and links, as agents must see them."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from prodigy_action.adapters.files.below import open_below
from prodigy_action.adapters.git.calls import decode, inside
from prodigy_action.adapters.processes.credentials import Credentials, popen_identity
from prodigy_action.pure.text.cutting import cut_start


def not_in_checkout(checkout: bytes, parent: bytes, paths: Iterable[bytes]) -> list[bytes]:
    """The carried files that are missing in the checkout, or differ there; a resume copies the other ones from the
    checkout.
    """
    return [path for path in paths if _facts(inside(checkout, path)) != _facts(inside(parent, path))]


def write_archive(target: Path, root: bytes, paths: Sequence[bytes], user: Credentials | None) -> None:
    """Archive files of `root`, as the user that owns it: files that this user cannot read are not archived.

    Raises `OSError`.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    with open(open_below(target.parent, target.name, flags), "wb") as archive:
        options = ("--create", "--format=pax", "--no-recursion", "--null", "--verbatim-files-from", "--files-from=-")
        _tar(options, decode(root), user, stdout=archive, input=b"".join(path + b"\0" for path in paths))


def unpack_archive(results: Path, name: str, root: str, user: Credentials | None) -> None:
    """Unpack an archive of the results directory, as the user that owns `root`. Raises `OSError` when that fails."""
    with open(open_below(results, name, os.O_RDONLY), "rb") as archive:
        _tar(("--extract", "--preserve-permissions"), root, user, stdin=archive)


def _tar(options: Sequence[str], directory: str, user: Credentials | None, **streams: Any) -> None:
    done = subprocess.run(
        ["tar", *options, "--file=-"],
        cwd=directory,
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
        stderr=subprocess.PIPE,
        check=False,
        **streams,
        **popen_identity(user),
    )
    if done.returncode != 0:
        raise OSError(
            f"tar exited with {done.returncode}: {cut_start(done.stderr.decode(errors='replace').strip(), 300)}"
        )


def digest_files(root: bytes, paths: Iterable[bytes]) -> str:
    """One digest of the names, modes and contents of files."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(paths):
        full = inside(root, path)
        mode = os.lstat(full).st_mode
        content = os.readlink(full) if stat.S_ISLNK(mode) else _file_digest(full)  # noqa: PTH115 - bytes
        digest.update(b"%d %o %b%d " % (len(path), mode, path, len(content)) + content)
    return digest.hexdigest()


def _file_digest(path: bytes) -> bytes:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "blake2b").digest()


def _facts(path: bytes) -> tuple[int, int, int] | None:
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_mode, found.st_size, found.st_mtime_ns
