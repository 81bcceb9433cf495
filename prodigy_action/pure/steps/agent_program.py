"""How an agent program is called without a terminal, and what its results in JSON say."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, TypeAlias

from prodigy_action.dataclass import dataclass
from prodigy_action.model.agent_usage import AgentUsage
from prodigy_action.pure.text.cutting import cut

Permissions: TypeAlias = Literal["auto", "ask", "accept-edits", "bypass"]

_KNOWN: Final = "claude"
"""The program whose options are known here."""
_BYPASS: Final = "--dangerously-skip-permissions"
_PERMISSION_OPTIONS: Final = (
    _BYPASS,
    "--permission-mode",
    "--allowedTools",
    "--allowed-tools",
    "--permission-prompt-tool",
)
_SESSIONS_MOST: Final = 20
_ERROR_LENGTH: Final = 300


@dataclass(frozen=True, slots=True)
class AgentProgram:
    """The words of the command before the prompt, and variables that it needs."""

    argv: tuple[str, ...]
    environ: Mapping[str, str]
    may_change_files: bool = True
    """False: the program would ask before it changes anything, and nobody is there to answer."""


def agent_program(words: Sequence[str], permissions: Permissions, *, as_root: bool) -> AgentProgram:
    """The command with the options that it needs without a terminal, as far as they are known and not written."""
    if not words or words[0].rpartition("/")[2] != _KNOWN:
        return AgentProgram(tuple(words), {})
    added: list[str] = []
    if not _has(words, "-p", "--print"):
        added.append("--print")
    if not _has(words, "--output-format"):
        added += ["--output-format", "json"]
    environ: dict[str, str] = {}
    may_change = True
    if not _has(words, *_PERMISSION_OPTIONS):
        if permissions == "bypass" or (permissions == "auto" and not as_root):
            added.append(_BYPASS)
        elif permissions == "accept-edits":
            added += ["--permission-mode", "acceptEdits"]
        else:
            may_change = False
        if permissions == "bypass" and as_root:
            environ["IS_SANDBOX"] = "1"  # the program refuses the option as root, unless this is set
    return AgentProgram((words[0], *added, *words[1:]), environ, may_change)


def _has(words: Sequence[str], *options: str) -> bool:
    return any(word == option or word.startswith(f"{option}=") for word in words for option in options)


@dataclass(frozen=True, slots=True)
class AgentReport:
    """What an agent program said about one call: its answer, and what the call took."""

    text: str
    error: str | None
    usage: AgentUsage


def read_agent_report(printed: str) -> AgentReport | None:
    """The report in the output of an agent program: a JSON object of type `result`, alone or in a list, which is the
    whole output or its last line. None for other output.
    """
    found = _result_in(printed.strip())
    if found is None:
        return None
    text = found.get("result")
    answer = text if isinstance(text, str) else "" if text is None else json.dumps(text, ensure_ascii=False)
    kind = found.get("subtype")
    error = None
    if found.get("is_error") is True or (isinstance(kind, str) and kind.startswith("error")):
        named = kind if isinstance(kind, str) and kind != "success" else "error"
        error = f"the agent program reports {named}" + (
            f": {cut(answer.strip(), _ERROR_LENGTH)}" if answer.strip() else ""
        )
    session = found.get("session_id")
    usage = AgentUsage(
        calls=1,
        errors=0 if error is None else 1,
        cost_usd=_number(found.get("total_cost_usd", found.get("cost_usd"))),
        turns=int(_number(found.get("num_turns")) or 0),
        sessions=[session] if isinstance(session, str) and session else [],
    )
    return AgentReport(answer, error, usage)


def _result_in(printed: str) -> Mapping[str, object] | None:
    for text in (printed, printed.rpartition("\n")[2]):
        if text[:1] not in {"{", "["} or '"type"' not in text:
            continue
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            continue
        last = value[-1] if isinstance(value, list) and value else value
        if isinstance(last, dict) and last.get("type") == "result":
            return last
    return None


def _number(value: object) -> float | None:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9
    return float(value) if usable and isinstance(value, int | float) else None


def total_usage(usages: Iterable[AgentUsage | None]) -> AgentUsage | None:
    """The sum of several calls; None when there was none."""
    known = [usage for usage in usages if usage is not None]
    if not known:
        return None
    costs = [usage.cost_usd for usage in known if usage.cost_usd is not None]
    return AgentUsage(
        calls=sum(usage.calls for usage in known),
        errors=sum(usage.errors for usage in known),
        cost_usd=round(sum(costs), 6) if costs else None,
        turns=sum(usage.turns for usage in known),
        sessions=[session for usage in known for session in usage.sessions][:_SESSIONS_MOST],
    )
