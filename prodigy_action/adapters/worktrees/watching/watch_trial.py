"""A trial of the watches, before anything relies on them: every way to change a file has to be reported here.

Kernels, and the file systems that a worktree may be on, differ. What is not tried is not trusted: without the programs
that the trial needs, worktrees are scanned.
"""

from __future__ import annotations

import mmap
import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from prodigy_action.adapters.files.temporary_pool import remove_tree
from prodigy_action.adapters.processes.credentials import PATH_ALONE, Credentials, becoming
from prodigy_action.adapters.worktrees.watching.tree_watch import Report, TreeWatch

_SECONDS = 10.0
_NO_PROGRAM, _NO_OVERLAY, _OVERLAY_FAILED = 21, 22, 23
_NAMES = (b"written", b"truncated", b"linked", b"mapped", b"mode", b"times", b"opened", b"removed", b"moved")
_OPENED = {b"written", b"opened"}
_REPORTED = {
    Report(b"mode", b""),
    Report(b"directory", b""),
    Report(b"", b"removed"),
    Report(b"", b"new"),
    Report(b"", b"moved"),
    Report(b"directory", b"moved"),
}
_ONLY_HERE = {Report(b"truncated", b""), Report(b"times", b""), Report(b"linked", b"")}
_THROUGH_OVERLAY = """
cd merged && : >> opened && echo more >> written && chmod 640 mode && chmod 700 directory && rm removed && : > new &&
mv moved directory/moved"""
# `volatile`, which old kernels do not know: otherwise unmounting writes the whole file system below to the disk.
_OVERLAY = f"""
for program in unshare mount chmod rm mv; do command -v $program >/dev/null || exit {_NO_PROGRAM}; done
unshare $1 true 2>/dev/null || exit {_NO_OVERLAY}
exec unshare $1 sh -c '
options=lowerdir=lower,upperdir=watched,workdir=work
mount -t overlay overlay -o $options,volatile merged 2>/dev/null ||
mount -t overlay overlay -o $options merged 2>/dev/null || exit {_NO_OVERLAY}
{_THROUGH_OVERLAY} || exit {_OVERLAY_FAILED}'
"""


def try_watches(place: str, user: Credentials | None) -> str:
    """Why watches of worktrees below `place`, whose items run as `user`, cannot be trusted; empty when they can.

    An overlay with a worktree as its upper directory is the one file system that a user without rights can put above
    it, so changes through one are tried too, where such a user can make one.
    """
    try:
        with _tree(place, None) as (root, watch):
            _change(root)
            missed = _missed(watch, _OPENED | {b"linked", b"mapped"}, _REPORTED | _ONLY_HERE)
        if missed:
            return f"the kernel does not report these changes: {', '.join(missed)}"
        for options in ("-rm", "-m") if user is None and os.geteuid() == 0 else ("-rm",):
            with _tree(place, user) as (root, watch):
                status = _run(root, user, options)
                if status == _NO_OVERLAY:
                    continue
                if status != 0:
                    return f"an overlay file system cannot be tried (exit code {status})"
                missed = _missed(watch, _OPENED, _REPORTED)
                if missed:
                    return f"the kernel does not report these changes through an overlay: {', '.join(missed)}"
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return f"watches cannot be tried: {error}"
    return ""


@contextmanager
def _tree(place: str, user: Credentials | None) -> Iterator[tuple[Path, TreeWatch]]:
    root = Path(tempfile.mkdtemp(prefix="watches-", dir=place))
    try:
        watched = root / "watched"
        for directory in (root / "lower", root / "work", root / "merged", watched, watched / "directory"):
            directory.mkdir()
        for name in _NAMES:
            (watched / os.fsdecode(name)).write_text("as it was\n")
        if user is not None:
            for path in (root, *root.rglob("*")):
                os.chown(path, user.user, user.group)
        watch = TreeWatch(os.fsencode(watched))
        try:
            for name in (b"", b"directory", *_NAMES):
                watch.add(name, directory=name in {b"", b"directory"})
            yield root, watch
        finally:
            watch.close()
    finally:
        remove_tree(str(root))


def _change(root: Path) -> None:
    watched = root / "watched"
    with (watched / "written").open("a") as file:
        file.write("more\n")
    os.link(watched / "linked", root / "link")
    (root / "link").write_text("else\n")
    with (watched / "mapped").open("r+b") as mapped_file, mmap.mmap(mapped_file.fileno(), 0) as mapped:
        mapped[:1] = b"A"
    with (watched / "opened").open("ab"):
        pass
    os.truncate(watched / "truncated", 1)
    os.utime(watched / "times", (1, 1))
    (watched / "mode").chmod(0o600)
    (watched / "directory").chmod(0o700)
    (watched / "removed").unlink()
    (watched / "new").touch()
    (watched / "moved").rename(watched / "directory/moved")


def _missed(watch: TreeWatch, opened: Iterable[bytes], reported: Iterable[Report]) -> list[str]:
    found = set(watch.reports())
    missed = {*(os.fsdecode(path) for path in opened if path not in watch.opened)}
    missed |= {os.fsdecode(b"/".join(filter(None, report))) for report in reported if report not in found}
    return sorted(missed)


def _run(root: Path, user: Credentials | None, options: str) -> int:
    begin = () if user is None else becoming(user)
    return subprocess.run(
        [*begin, "/bin/sh", "-c", _OVERLAY, "sh", options],
        cwd=root, env=PATH_ALONE, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        check=False, process_group=0, timeout=_SECONDS,
    ).returncode  # fmt: skip
