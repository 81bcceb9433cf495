"""The classes of failures that pass by themselves: what programs print, and exit codes of those that print little."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final, Literal, TypeAlias

TransientClass: TypeAlias = Literal["network", "timeout", "server_error", "rate_limit"]

_TRY_AGAIN = r"try(?:ing)? again (?:later|in\b|after)|(?:please|then|and) (?:try again|retry)\b|retry later"
# A number of three digits counts beside a word that makes it a status, not as a count or a line number.
_STATUS = r"(?:http(?:/[\d.]+)?|status(?:[ _-]?code)?|error|code|response)[\"']?[:=\s(\[]{{0,4}}{0}\b"
_COUNTED = r"(?! ?(?:passed|failed|skipped|tests?|files?|lines?|items?|errors|warnings|packages|modules|bytes|ms|s)\b)"
_NUMBER = rf"(?<![\w.]:)(?<!line )\b{{0}}\b{_COUNTED}"
_OVERLOADED = rf"over ?loaded|{_NUMBER.format(529)}|at capacity|(?:server|service|model|system) is (?:too )?busy"
_LIMITED = (
    r"usage|rate|request|token|session|hour|hourly|daily|weekly|monthly|minute|spend|spending|message|api|account"
)

_PRINTED: Final[Mapping[TransientClass, tuple[str, ...]]] = {
    "network": (
        r"connection ?(?:was |is |has been )?(?:error|refused|reset|closed|aborted|lost|dropped|terminated|timed out)",
        r"connect(?:ion)? ?time-?out|api ?connection|operation timed out|i/o time-?out|proxy ?error",
        r"(?:failed|unable|could not|couldn't|cannot|can't) (?:to )?connect\b",
        r"(?:network|host|server) (?:is )?unreachable",
        r"\be(?:conn(?:reset|refused|aborted)|timedout|hostunreach|hostdown|net(?:unreach|down|reset)|pipe|ai_again)\b",
        r"\b(?:enotfound|esockettimedout|err_network|err_socket\w*|err_internet_disconnected|und_err\w*)\b",
        r"fetch failed|failed to fetch|socket hang up|network (?:error|changed|is down|socket|time-?out|failure)",
        r"npm (?:err!|error) network|broken pipe|no route to host|remote end closed|server disconnected",
        r"(?:could not|couldn't|cannot|unable to|failed to) resolve (?:the )?(?:host|proxy|address|name)",
        r"no such host|getaddrinfo|nodename nor servname|name or service not known|name ?resolution|server misbehaving",
        r"temporary failure in name resolution|\bdns\b.{0,30}(?:error|fail|lookup|time|resol|not)",
        r"\b(?:ssl|tls)\b.{0,40}(?:error|fail|handshake|time|clos|eof|reset|unexpected|terminat)|handshake.{0,20}fail",
        r"ssl_(?:error|connect|read|write)\w*|sslerror|gnutls_handshake|gnutls recv|eof occurred|unexpected eof",
        r"early eof|rpc failed|hung up unexpectedly|unexpected disconnect|bytes of body are still expected",
        r"incomplete ?read|chunked ?encoding ?error|stream (?:was )?(?:closed|reset)|premature (?:close|end)",
        r"kex_exchange_identification",
    ),
    "timeout": (
        r"timed[ -]?out|\be(?:socket)?timedout\b|deadline.?exceeded|time-?out (?:exceeded|expired|reached|error|while)",
        r"(?:request|read|write|connect|connection|response|gateway|socket|network|operation|i/o|idle) time-?out",
        r"timeout ?error|client\.timeout",
    ),
    "server_error": (
        r"\b5\d\d\b[ :-]{1,3}(?:\w+ ){0,2}(?:error\b|unavailable|gateway|time-?out)",
        _STATUS.format(r"5\d\d"),
        r"internal (?:server )?error|server[ _]error|api_error|bad gateway|gateway time-?out|upstream connect error",
        r"(?:service|server|temporarily|currently) (?:is )?(?:temporarily |currently )?unavailable",
        _OVERLOADED,
        _TRY_AGAIN,
    ),
    "rate_limit": (
        _NUMBER.format(429),
        r"rate.?limit|too many (?:\w+ )?requests|throttl|slow down|retry[- ]after|quota|resource.?exhausted",
        rf"limits? reached|(?:{_LIMITED}) limits? (?:was |has been )?(?:exceeded|hit)",
        r"(?:reached|exceeded|hit) (?:your|the|its) (?:[\w-]+ ){0,4}limit",
        _OVERLOADED,
        _TRY_AGAIN,
    ),
}

_EXITED: Final[Mapping[str, Mapping[TransientClass, frozenset[int]]]] = {
    "curl": {"network": frozenset({5, 6, 7, 16, 18, 28, 35, 52, 55, 56, 92, 95, 96}), "timeout": frozenset({28})},
    "wget": {"network": frozenset({4})},
    "ssh": {"network": frozenset({255})},
    "scp": {"network": frozenset({255})},
    "sftp": {"network": frozenset({255})},
    "rsync": {"network": frozenset({10, 12, 30, 35, 255}), "timeout": frozenset({30, 35})},
    "timeout": {"timeout": frozenset({124})},
    "git": {"network": frozenset({128})},
}
"""Exit codes of programs that may print nothing, by the program that the command names."""
_PERMANENT = re.compile(
    r"not found|does not exist|not a git repository|does not appear to be a git repository|permission denied"
    r"|authentication failed|could not read username|invalid credentials|access denied|couldn't find remote ref"
    r"|already exists|not allowed|forbidden|error: 40[0134]|unrelated histories|no such remote|bad revision",
    re.IGNORECASE,
)
"""What git prints when another execution would fail in the same way."""
_GIT_OVER_A_NETWORK = re.compile(
    r"(?<![\w/.-])git\b[^|;&\n]*?\b(?:clone|fetch|pull|push|ls-remote|submodule|remote update|lfs)\b"
)


@cache
def _search(kind: TransientClass) -> Callable[[str], object]:
    return re.compile("|".join(_PRINTED[kind]), re.IGNORECASE).search


def is_transient(kind: TransientClass, *, output: str, command: str, exit_code: int | None) -> bool:
    """Whether a failure belongs to a class, by what was printed or by the exit code of a program that `command` names.

    Linear in the length of the output: no pattern repeats without a bound.
    """
    return _search(kind)(output) is not None or _exited(kind, output, command, exit_code)


def _exited(kind: TransientClass, output: str, command: str, exit_code: int | None) -> bool:
    named = [name for name, codes in _EXITED.items() if exit_code in codes.get(kind, ()) and _names(command, name)]
    if named == ["git"]:
        return _GIT_OVER_A_NETWORK.search(command) is not None and _PERMANENT.search(output) is None
    return bool(named)


def _names(command: str, program: str) -> bool:
    return re.search(rf"(?<![\w.-]){program}(?![\w.-])", command) is not None
