"""What programs print when they fail for a while, by class, and what only looks like it."""

from __future__ import annotations

import re
import time
from typing import get_args

import pytest

from prodigy_action.pure.policies.transient_failures import TransientClass, is_transient
from tests.support.documented import REFERENCE, ROOT

CLASSES: tuple[TransientClass, ...] = get_args(TransientClass)
ROW = re.compile(r"^\| `(network|timeout|server_error|rate_limit)` \| (.+) \|(.*)\|$", re.MULTILINE)
TABLE = {row[0]: (row[1], row[2]) for row in ROW.findall((ROOT / REFERENCE / "step-failures.md").read_text())}


def classes_of(output: str, command: str = "", exit_code: int = 1) -> set[TransientClass]:
    return {kind for kind in CLASSES if is_transient(kind, output=output, command=command, exit_code=exit_code)}


@pytest.mark.parametrize("kind", CLASSES)
def test_each_documented_text_and_exit_code_is_of_its_class(kind: TransientClass) -> None:
    printed, exits = TABLE[kind]
    texts = re.findall(r"`([^`]+)`", printed)
    assert texts
    assert [text for text in texts if kind not in classes_of(f"first\n{text.upper()}\nlast")] == []
    assert [text for text in texts if kind not in classes_of(text)] == []
    for programs, codes in re.findall(r"((?:`\w+`(?:, )?)+) ([\d, ]+)", exits):
        for program in re.findall(r"\w+", programs):
            command = f"cd x && {program} fetch" if program == "git" else f"/usr/bin/{program} --quiet x"
            for code in map(int, re.findall(r"\d+", codes)):
                assert kind in classes_of("", command, code), (program, code)
                assert classes_of("", f"./my{program}.sh", code) == set()


@pytest.mark.parametrize(
    ("text", "kinds"),
    (
        ("fatal: unable to access 'https://x/': The requested URL returned error: 503", {"server_error"}),
        ('API Error: 529 {"type":"error"}', {"server_error", "rate_limit"}),
        ('{"status":429}', {"rate_limit"}),
        ("ConnectionResetError: [Errno 104]", {"network"}),
        ("OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to x:443", {"network"}),
        ("kex_exchange_identification: read: Connection reset by peer", {"network"}),
        ("dial tcp: lookup x on 127.0.0.53:53: no such host", {"network"}),
        ("npm error network This is a problem related to network connectivity.", {"network"}),
        ("anthropic.APITimeoutError: Request timed out.", {"timeout"}),
        ("exceeded your current quota, please check your plan", {"rate_limit"}),
    ),
)
def test_what_agent_programs_and_tools_print_is_recognized(text: str, kinds: set[TransientClass]) -> None:
    assert classes_of(text) == kinds


@pytest.mark.parametrize(
    "text",
    (
        "429 passed, 1 failed",
        "529 tests",
        "a.py:429: error: wrong type",
        "line 529 is wrong",
        "500 passed, 1 error",
        "found 512 errors",
        "unreachable code",
        "dnsmasq has no tests",
        "SSL certificate problem: unable to get local issuer certificate",
        "Memory limit exceeded",
        "assertion failed",
        "",
    ),
)
def test_lasting_failures_are_not_transient(text: str) -> None:
    assert classes_of(text) == set()


@pytest.mark.parametrize(
    ("command", "output", "transient"),
    (
        ("git fetch origin", "fatal: irgendetwas", True),
        ("git -C sub push", "", True),
        ("git fetch", "remote: Repository not found.", False),
        ("git push", "fatal: Authentication failed for 'https://x/'", False),
        ("git commit -m x", "fatal: unable to write", False),
    ),
)
def test_git_is_tried_again_where_it_uses_a_network(command: str, output: str, transient: bool) -> None:
    assert ("network" in classes_of(output, command, 128)) is transient


@pytest.mark.parametrize("text", ("a", "5 ", "ssl ", "connection ", "exceeded your a a a ", "500 a b ", "try ", "-"))
def test_the_search_takes_time_that_grows_with_the_length_alone(text: str) -> None:
    started = time.process_time()
    classes_of(text * (140_000 // len(text)))
    assert time.process_time() - started < 4
