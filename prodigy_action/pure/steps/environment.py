"""Which environment variables a command may see."""

from __future__ import annotations

from collections.abc import Collection, Mapping

_RUNNER_PREFIXES = ("INPUT_", "ACTIONS_", "STATE_", "GIT_")
_RUNNER_NAMES = frozenset(
    {
        "GITHUB_ENV",
        "GITHUB_OUTPUT",
        "GITHUB_PATH",
        "GITHUB_STATE",
        "GITHUB_STEP_SUMMARY",
        "GITHUB_ARTIFACTS",
        "GITHUB_ARTIFACTS_LIST",
    }
)
TOKENS = ("GITHUB_TOKEN", "GH_TOKEN")


def belongs_to_runner(name: str) -> bool:
    """Whether a variable is the runner's, a token, or steers the caller's git."""
    return name.startswith(_RUNNER_PREFIXES) or name in _RUNNER_NAMES or name in TOKENS


def visible_environment(environ: Mapping[str, str], allowed: Collection[str] = ()) -> dict[str, str]:
    """The process environment less what belongs to the runner, unless `allowed` names it.

    `GIT_*` never passes: it would point the command's git at the caller's repository.
    """
    return {
        name: value
        for name, value in environ.items()
        if not belongs_to_runner(name) or (name in allowed and not name.startswith("GIT_"))
    }


def hidden_tokens(environ: Mapping[str, str], allowed: Collection[str] = ()) -> tuple[str, ...]:
    """The tokens that are set and kept from commands, so that the log can say so once."""
    return tuple(name for name in TOKENS if environ.get(name) and name not in allowed)
