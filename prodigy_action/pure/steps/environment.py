"""The environment variables that a command may see."""

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
SECRET_NAMES = (*TOKENS, "ACTIONS_RUNTIME_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")
"""Variables of the runner whose values are secrets of every run."""


def belongs_to_runner(name: str) -> bool:
    """Whether a variable belongs to the runner, holds a token, or configures git."""
    return name.startswith(_RUNNER_PREFIXES) or name in _RUNNER_NAMES or name in TOKENS


def visible_environment(environ: Mapping[str, str], allowed: Collection[str] = ()) -> dict[str, str]:
    """The process environment without the variables of the runner, unless `allowed` names them.

    `GIT_*` is always removed: it would point the command's git at the repository of the calling process. So is
    `OLDPWD`, which leads there too.
    """
    return {
        name: value
        for name, value in environ.items()
        if name != "OLDPWD" and (not belongs_to_runner(name) or (name in allowed and not name.startswith("GIT_")))
    }


def hidden_tokens(environ: Mapping[str, str], allowed: Collection[str] = ()) -> tuple[str, ...]:
    """The tokens in the environment that commands do not see; the log names them once."""
    return tuple(name for name in TOKENS if environ.get(name) and name not in allowed)
