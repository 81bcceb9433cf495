"""Whether a text says anything that could run a value: a quick look before the long one."""

from __future__ import annotations

import re

_SUSPECTS = re.compile(
    r"\b(?:eval|source|trap|alias|bind|sh|bash|dash|zsh|ksh|su|sudo|doas|env|ssh|script|watch|parallel|xargs|find|git|tar|rsync"
    r"|make|awk|gawk|mawk|sed|jq|yq|perl|ruby|python\d?|node|php|lua|psql|mysql|sqlite3|vi|vim|ex|ed|gdb|expect|tmux|screen|at"
    r"|batch|crontab|chroot|flock|nice|nohup|timeout|time|stdbuf|setsid|unshare|nsenter|busybox|exec|command|builtin|split|sort"
    r"|man|zip|npx|npm|scp|sftp|let|declare|typeset|local|export|readonly|read|mapfile|readarray|getopts|unset|wait|printf"
    r"|complete|compgen|fc|enable|test|for|set|coproc|docker|podman|kubectl|deno|bun|emacs|m4|dc|bc|R|tclsh|gnuplot|xterm|entr"
    r"|systemd-run|strace|ltrace|fakeroot|gmake|runuser|sg|newgrp|ionice|taskset|chrt|gosu|su-exec)\b"
    r"|\(\(|\$\[|\[\[|\[|`|\$\{[^}]*[!:@\[]|^\s*\.\s|[;&|]\s*\.\s|/proc/|<\(|>\(|[A-Z]{3}=|(?:^|[;&|({\n])\s*[\"']?\$"
)


def may_flow(text: str) -> bool:
    """Whether it is worth looking: whether a text says anything that could run a value."""
    return _SUSPECTS.search(text) is not None
