from __future__ import annotations

import pytest

from prodigy_action.pure.dependency_analysis.known_commands import KNOWN_COMMANDS, TOUCH_NO_FILE
from tests.support.shell_parsing import read_footprint

SAMPLES = {
    "cat": ["cat -AbeEnstTuv f"],
    "chmod": ["chmod -Rvcf 644 f"],
    "cksum": ["cksum f"],
    "cmp": ["cmp -bls f g"],
    "comm": ["comm -123 f g"],
    "cp": ["cp -afnpRrTuv f g", "cp --recursive --archive --force -t d f", "cp --target-directory=d f"],
    "cut": ["cut -nsz -b1 -c1 -d, -f1 f", "cut --output-delimiter=x --delimiter , f"],
    "date": ["date -uR --utc --universal -d now -r f -f f +%s", "date --date=now --reference f --file f +%s"],
    "grep": [
        "grep -abcEFGhHiLlnoPqrsvwxzZ x f",
        "grep --quiet --recursive --count --ignore-case -m1 -A1 -B1 -C1 --include=x --exclude=x -e x --regexp=x f",
        "grep -f f --file=f f",
    ],
    "head": ["head -qvz -n1 -c1 --lines=1 --bytes 1 -3 f"],
    "jq": [
        "jq -aceCjMnrRsS --raw-output --compact-output --null-input --slurp --exit-status --tab --indent 2 . f",
        "jq --arg a b --argjson a 1 --slurpfile a f --rawfile a f . f",
    ],
    "ls": ["ls -1AdFhlprRSt d"],
    "md5sum": ["md5sum -bt f"],
    "mkdir": ["mkdir -pvm755 --parents --mode=755 d"],
    "mv": ["mv -fnTuv f g", "mv -t d f", "mv --target-directory d f"],
    "paste": ["paste -szd, f"],
    "rev": ["rev f"],
    "rm": ["rm -dfRrv --force --recursive f"],
    "rmdir": ["rmdir -v d"],
    "sha256sum": ["sha256sum -bt f"],
    "sort": [
        "sort -bcCdfghiMmnRrsuVz --reverse --unique --numeric-sort -k1 -t, -S1 f",
        "sort -of --output=f --key=1 --field-separator , --buffer-size=1 f",
    ],
    "tac": ["tac f"],
    "tail": ["tail -qvz -n1 -c1 --lines=1 --bytes 1 -3 f"],
    "tee": ["tee -ai --append f"],
    "touch": ["touch -acfm --no-create -d now --date=now -t 01010000 -r f --reference=f g"],
    "uniq": ["uniq -cDdiuz -f1 -s1 -w1 f g"],
    "wc": ["wc -clLmw --lines --words --bytes f"],
}
"""Every option of every row, used once: a row or an option that is lost makes its sample a barrier."""

NO_FILE = [
    "echo -n x", "true x", "false", ": x", "sleep 1", "seq -w 1 3", "tr -d a", "basename -s .c x.c", "dirname x",
    "pwd -P", "exit 1", "while true; do break; continue; done",
]  # fmt: skip


@pytest.mark.parametrize("sample", [sample for samples in SAMPLES.values() for sample in samples] + NO_FILE)
def test_the_command_is_understood(sample: str) -> None:
    assert read_footprint(sample).barrier is None


def test_every_row_and_every_option_has_a_sample() -> None:
    assert SAMPLES.keys() == KNOWN_COMMANDS.keys()
    for name, row in KNOWN_COMMANDS.items():
        words = " ".join(SAMPLES[name])
        short = set("".join(word for word in words.split() if word.startswith("-") and not word.startswith("--")))
        assert set(row.flags) <= short, name
        for option in (*row.long_flags, *row.values, *row.pairs):
            assert option in words or option[1:] in short, (name, option)


@pytest.mark.parametrize("name", sorted(TOUCH_NO_FILE))
def test_a_command_that_touches_no_file_takes_any_argument(name: str) -> None:
    footprint = read_footprint(f'{name} /etc/passwd "$A" ../x --option')
    assert footprint.barrier is None
    assert not footprint.path_reads | footprint.path_writes


@pytest.mark.parametrize("name", sorted(KNOWN_COMMANDS))
def test_an_option_that_is_not_listed_is_a_barrier(name: str) -> None:
    assert read_footprint(f"{name} --unheard-of x").barrier is not None
    assert read_footprint(f"{name} -@ x").barrier is not None
