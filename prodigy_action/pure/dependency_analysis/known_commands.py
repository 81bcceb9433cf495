"""The commands whose reads and writes follow from their arguments; every other program is a barrier.

Each row lists the known options, grouped by what their value is. An option that is not listed makes its step a
barrier, and so do abbreviations of long options. Facts are those of the POSIX utilities and of GNU coreutils, grep and
jq.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from prodigy_action.dataclass import dataclass
from prodigy_action.pure.dependency_analysis.footprint import Access

TEXT, READ, WRITE = Access.TEXT, Access.READ, Access.WRITE


@dataclass(frozen=True, slots=True)
class KnownCommand:
    """How to read the arguments of one command.

    `flags` are the short options without a value, `long_flags` the long ones (with dashes); `values` are the options
    with one and what it is, `pairs` those with a name and a value. Operands are `operands`, but the `first` and the
    `last` of several may differ; options in `first_given_by` take the first operand's place. `reads_current_directory`
    holds the flags that make the command search the current directory when it has no operand (`*`: always).
    `operand_prefix` is what every operand must start with.
    """

    flags: str = ""
    long_flags: frozenset[str] = frozenset()
    values: Mapping[str, Access] = field(default_factory=dict)
    pairs: Mapping[str, Access] = field(default_factory=dict)
    operands: Access = READ
    first: Access | None = None
    last: Access | None = None
    first_given_by: frozenset[str] = frozenset()
    last_given_by: frozenset[str] = frozenset()
    reads_current_directory: frozenset[str] = frozenset()
    operand_prefix: str = ""
    numeric_flag: bool = False


TOUCH_NO_FILE = frozenset(
    {"echo", "true", "false", ":", "sleep", "seq", "tr", "basename", "dirname", "pwd", "exit", "break", "continue"}
)
"""Commands that touch no file whatever their arguments are."""

KNOWN_COMMANDS: Mapping[str, KnownCommand] = {
    "cat": KnownCommand("AbeEnstTuv"),
    "chmod": KnownCommand("Rvcf", first=TEXT, operands=WRITE),
    "cksum": KnownCommand(),
    "cmp": KnownCommand("bls"),
    "comm": KnownCommand("123"),
    "cp": KnownCommand(
        "afnpRrTuv",
        long_flags=frozenset({"--recursive", "--archive", "--force"}),
        values={"-t": WRITE, "--target-directory": WRITE},
        last=WRITE,
        last_given_by=frozenset({"-t", "--target-directory"}),
    ),
    "cut": KnownCommand(
        "nsz", values={"-b": TEXT, "-c": TEXT, "-d": TEXT, "-f": TEXT, "--output-delimiter": TEXT, "--delimiter": TEXT}
    ),
    "date": KnownCommand(
        "uR",
        long_flags=frozenset({"--utc", "--universal"}),
        values={"-d": TEXT, "--date": TEXT, "-r": READ, "--reference": READ, "-f": READ, "--file": READ},
        operands=TEXT,
        operand_prefix="+",
    ),
    "grep": KnownCommand(
        "abcEFGhHiLlnoPqrsvwxzZ",
        long_flags=frozenset({"--quiet", "--recursive", "--count", "--ignore-case"}),
        values={
            **dict.fromkeys(("-e", "--regexp", "-m", "-A", "-B", "-C", "--include", "--exclude"), TEXT),
            **dict.fromkeys(("-f", "--file"), READ),
        },
        first=TEXT,
        first_given_by=frozenset({"-e", "--regexp", "-f", "--file"}),
        reads_current_directory=frozenset({"-r", "--recursive"}),
    ),
    "head": KnownCommand("qvz", values={"-n": TEXT, "-c": TEXT, "--lines": TEXT, "--bytes": TEXT}, numeric_flag=True),
    "jq": KnownCommand(
        "aceCjMnrRsS",
        long_flags=frozenset({"--raw-output", "--compact-output", "--null-input", "--slurp", "--exit-status", "--tab"}),
        values={"--indent": TEXT},
        pairs={"--arg": TEXT, "--argjson": TEXT, "--slurpfile": READ, "--rawfile": READ},
        first=Access.PROGRAM,
    ),
    "ls": KnownCommand("1AdFhlprRSt", reads_current_directory=frozenset({"*"})),
    "md5sum": KnownCommand("bt"),
    "mkdir": KnownCommand(
        "pv", long_flags=frozenset({"--parents"}), values={"-m": TEXT, "--mode": TEXT}, operands=Access.CREATE
    ),
    "mv": KnownCommand("fnTuv", values={"-t": WRITE, "--target-directory": WRITE}, operands=WRITE),
    "paste": KnownCommand("sz", values={"-d": TEXT}),
    "rev": KnownCommand(),
    "rm": KnownCommand("dfRrv", long_flags=frozenset({"--force", "--recursive"}), operands=WRITE),
    "rmdir": KnownCommand("v", operands=WRITE),
    "sha256sum": KnownCommand("bt"),
    "sort": KnownCommand(
        "bcCdfghiMmnRrsuVz",
        long_flags=frozenset({"--reverse", "--unique", "--numeric-sort"}),
        values={
            **dict.fromkeys(("-k", "--key", "-t", "--field-separator", "-S", "--buffer-size"), TEXT),
            **dict.fromkeys(("-o", "--output"), WRITE),
        },
    ),
    "tac": KnownCommand(),
    "tail": KnownCommand("qvz", values={"-n": TEXT, "-c": TEXT, "--lines": TEXT, "--bytes": TEXT}, numeric_flag=True),
    "tee": KnownCommand("ai", long_flags=frozenset({"--append"}), operands=WRITE),
    "touch": KnownCommand(
        "acfm",
        long_flags=frozenset({"--no-create"}),
        values={"-d": TEXT, "--date": TEXT, "-t": TEXT, "-r": READ, "--reference": READ},
        operands=WRITE,
    ),
    "uniq": KnownCommand("cDdiuz", values={"-f": TEXT, "-s": TEXT, "-w": TEXT}, last=WRITE),
    "wc": KnownCommand("clLmw", long_flags=frozenset({"--lines", "--words", "--bytes"})),
}
"""Commands by name, with the paths that their arguments name."""
