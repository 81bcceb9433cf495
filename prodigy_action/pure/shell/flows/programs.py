"""Programs that run, or read as code, something that they are given: by option, by operand, by standard input."""

from __future__ import annotations

import re
from collections.abc import Mapping

SILENT = frozenset(
    ["cd", "test", "[", "[[", "mkdir", "touch", "rm", "rmdir", "chmod", "chown", "true", "false", ":", "exit", "return"]
) | frozenset(["export", "local", "declare", "typeset", "readonly", "unset", "set", "shift", "cp", "mv", "ln", "sleep"])
"""Commands that print none of their arguments."""
CONTENT = frozenset(["cat", "tac", "sort", "cut", "tr", "uniq", "zcat", "base64", "head", "tail", "tee"])
"""Programs that print the contents of the files that they are given, and not their names."""
FILTERS = CONTENT | frozenset(
    ["sed", "awk", "gawk", "mawk", "grep", "jq", "yq", "rev", "nl", "fold", "fmt", "column", "paste", "od", "xxd", "dd"]
)
"""Programs that print what they read."""
COUNTERS = frozenset(["wc", "cksum", "md5sum", "sha1sum", "sha256sum", "nproc"])
"""Programs that print numbers about what they read."""
QUIET_READERS = frozenset(["git", "curl", "gh", "docker", "less", "diff", "patch", "logger"]) | COUNTERS
"""Programs that read their standard input as data and print no line of it that a shell reads."""

LANGUAGES: Mapping[str, re.Pattern[str]] = {
    **dict.fromkeys(("perl", "ruby", "lua"), re.compile(r"-[A-Za-z0-9]*[eE]")),
    **dict.fromkeys(("python", "python2", "python3"), re.compile(r"-[A-Za-z]*c")),
    **dict.fromkeys(("node", "deno", "bun"), re.compile(r"-e|-p|-pe|--eval|--print")),
    "php": re.compile(r"-r|-B|-R|-E"),
    "psql": re.compile(r"-c|--command"),
    "mysql": re.compile(r"-e|--execute"),
    **dict.fromkeys(("vi", "vim", "nvim", "ex"), re.compile(r"-c|-S|--cmd")),
    "emacs": re.compile(r"--eval|--execute|-eval|-f"),
    "gdb": re.compile(r"-ex|-iex|--eval-command|-x"),
    "expect": re.compile(r"-c"),
    "gnuplot": re.compile(r"-e"),
}
"""Programs that read code of their own language from an option, and from their input when they have no operand."""
RUN_FILES = frozenset(["python", "python2", "python3", "perl", "ruby", "lua", "node", "php"])
"""Languages that run the file of their first operand, and give it what follows."""
PROGRAMS_FIRST = frozenset(["awk", "gawk", "mawk", "sed", "jq", "yq"])
"""Programs whose first operand is code of their own language."""
VALUE_OPTIONS: Mapping[str, int] = {"-v": 1, "-F": 1, "--arg": 2, "--argjson": 2, "--slurpfile": 2, "--rawfile": 2}
READS_CODE = (
    frozenset(
        ["su", "chroot", "nsenter", "unshare", "script", "newgrp", "sg", "at", "batch", "crontab", "parallel", "ed"]
    )
    | frozenset(["dc", "m4", "sqlite3", "tclsh", "bc", "R", "ssh"])
    | LANGUAGES.keys()
)
"""Programs that read their standard input as code when they are given nothing else to run."""
MAKES = frozenset(["make", "gmake"])

CODE_OPTIONS: Mapping[str, re.Pattern[str]] = {
    **dict.fromkeys(("su", "runuser", "sg", "script", "flock"), re.compile(r"-[A-Za-z]*c|--command|--session-command")),
    "env": re.compile(r"-[A-Za-z0]*S|--split-string"),
    "git": re.compile(
        r"-c|--config-env|--exec|-x|-O|--open-files-in-pager|--extcmd|--upload-pack|--receive-pack|--config|--exec-path"
        r"|--template|-[a-z]*-filter"
    ),
    "tar": re.compile(
        r"--to-command|--checkpoint-action|-I|--use-compress-program|--rsh-command|--info-script|-F|--new-volume-script"
    ),
    "rsync": re.compile(r"-[A-Za-z]*e|--rsh|--rsync-path"),
    **dict.fromkeys(("scp", "sftp"), re.compile(r"-o|-S|-F")),
    "split": re.compile(r"--filter"),
    "sort": re.compile(r"--compress-program"),
    "man": re.compile(r"-P|--pager"),
    "zip": re.compile(r"-TT|--unzip-command"),
    **dict.fromkeys(("npx", "npm"), re.compile(r"-c|--call|--script-shell")),
    **dict.fromkeys(MAKES, re.compile(r"--eval|-E")),
    **dict.fromkeys(("xterm", "screen"), re.compile(r"-e|-X")),
}
"""Options whose value a program runs, or hands to a shell."""
CODE_PROGRAMS = frozenset(["watch", "ssh", "tmux", "at", "entr", "systemd-run", "expect"])
"""Programs that make a command of any of their operands."""
GIT_RUNS = (("submodule", "foreach"), ("bisect", "run"), ("filter-branch",), ("difftool",), ("mergetool",))
GIT_KEYS = re.compile(
    r"alias\.|include|core\.(?:editor|pager|sshcommand|fsmonitor|hookspath|askpass|gitproxy|alternaterefscommand)"
    r"|.*\.(?:cmd|driver|clean|smudge|process|textconv|command|program|helper|path|editor|external|pager)|pager\.",
    re.IGNORECASE,
)
"""Keys of git's configuration whose value is run."""
DATA_OPTIONS_OF_MAKE = frozenset(["-C", "--directory", "-f", "--file", "-j", "--jobs", "-I", "-o", "-W", "-l"])

EXECUTES = re.compile(
    r"\bsystem\b|\bexec\w*|\bpopen\b|\bspawn\w*|\bsubprocess\b|\beval\b|\bqx\b|child_process|__import__|\bcompile\b"
    r"|\|\s*getline|print[^\n]*\|\s*[\"\w]|`|\bshell_exec\b|\bpassthru\b|\bproc_open\b|\bFunction\b|\bpickle\b"
)
"""What a literal program says when it runs or evaluates something."""
ALWAYS = frozenset(
    ["_", "BASH_REMATCH", "REPLY", "OPTARG", "MAPFILE", "DIRSTACK", "BASH_COMMAND", "BASH_ARGV", "BASH_ARGV0", "PWD"]
) | frozenset(["OLDPWD", "BASH_EXECUTION_STRING", "COPROC"])
"""Variables that a shell itself sets from what commands are given."""
