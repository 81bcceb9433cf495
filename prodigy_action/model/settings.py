"""The inputs of the action, which are also the options of the command line.

`Settings` is the one table of inputs: `action.yml`, the tables of the README and the command line's options are made
from it.
"""

from __future__ import annotations

from dataclasses import MISSING, field, fields
from typing import Annotated, Any, Final, Literal, TypeAlias, get_args, get_type_hints

from prodigy_action.dataclass import dataclass
from prodigy_action.model.shard import ITEMS_PER_SHARD

Kind: TypeAlias = Literal[
    "text", "command", "count", "amount", "shards", "minutes", "boolean", "choice", "lines", "names", "pairs"
]


@dataclass(frozen=True, slots=True)
class ActionInput:
    """The description and form of one input."""

    description: str
    """For `action.yml`, the README and `--help`: one or two sentences, without line ends, and without `each`."""
    kind: Kind = "text"
    """`count` is a whole number from 1, `amount` one from 0, `shards` a number of jobs or `auto`, `minutes` a number
    above 0; `lines`, `names` and `pairs` are one per line.
    """
    metavar: str = "TEXT"
    """The placeholder for the value in `--help`."""
    alias: str | None = None
    """A further, common name of the option on the command line."""
    short: str | None = None
    """Its name of one letter, such as `-j`."""
    each: str = ""
    """What one line of the input is; the option of the command line is repeated instead."""
    default_text: str | None = None
    """What an empty input means, in words, where that depends on the environment."""
    of_action: bool = True
    """False: an option of the command line alone."""

    @property
    def of_input(self) -> str:
        """The description where it is an input of the action."""
        return f"{self.description.removesuffix('.')}, {self.each}." if self.each else self.description


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of a run; `inputs/action_inputs.py` reads and checks them.

    No pydantic model: the options of `--help` come from here, and importing pydantic takes longer than that answer.
    """

    workflow: Annotated[
        str,
        ActionInput(
            "The workflow file, relative to the repository.",
            metavar="FILE",
            default_text="`prodigy.yml` or `.github/prodigy.yml`, when one of them is there",
        ),
    ] = ""
    working_directory: Annotated[
        str,
        ActionInput(
            "The git checkout to work on, or a directory in it where steps start; relative to the workspace.",
            metavar="DIR",
            alias="--repo",
        ),
    ] = "."
    max_parallel: Annotated[
        int | None,
        ActionInput(
            "How many items are worked on at a time.",
            "count",
            "N",
            short="-j",
            default_text="`map.max_parallel` of the workflow",
        ),
    ] = None
    params: Annotated[
        dict[str, str],
        ActionInput("Parameters of the workflow.", "pairs", "KEY=VALUE", "--param", each="one `key=value` per line"),
    ] = field(default_factory=dict)
    args: Annotated[
        tuple[str, ...],
        ActionInput(
            "A positional argument of the workflow, `$ARG`; a standard workflow does its steps once for each.",
            "lines",
            of_action=False,
        ),
    ] = ()
    map_files: Annotated[
        tuple[str, ...],
        ActionInput(
            "A glob; each file of the repository that it matches is a positional argument, before those of `--args`.",
            "lines",
            "GLOB",
            "--map",
            of_action=False,
        ),
    ] = ()
    profile: Annotated[
        str | None, ActionInput("The profile of the workflow whose variables apply.", metavar="NAME")
    ] = None
    results_dir: Annotated[
        str,
        ActionInput("Where results, logs and patches are written, relative to the top of the checkout.", metavar="DIR"),
    ] = "prodigy-results"
    results_keep: Annotated[
        int,
        ActionInput(
            "How many results of earlier, finished runs are kept, as `RESULTS-DIR.1` (the latest), `RESULTS-DIR.2` and"
            " so on; unfinished ones are always kept.",
            "amount",
            "N",
        ),
    ] = 3
    restart: Annotated[
        bool,
        ActionInput(
            "Start anew although the results directory holds an unfinished run, which is moved to `RESULTS-DIR.1`.",
            "boolean",
            default_text="`true` in Actions, else `false`",
        ),
    ] = False
    dry_run: Annotated[bool, ActionInput("Print what would run, and run nothing.", "boolean")] = False
    only: Annotated[
        tuple[str, ...],
        ActionInput("Run only these items: positions, keys or globs of keys.", "lines", "GLOB", each="one per line"),
    ] = ()
    resume_from: Annotated[
        str | None,
        ActionInput(
            "Resume the run whose results directory this is (or the latest run below it): only what is"
            " unfinished is run.",
            metavar="DIR",
        ),
    ] = None
    redrive: Annotated[
        Literal["failed", "unfinished", "none"],
        ActionInput(
            "What a resumed run executes: `failed` (failed items, and what is unfinished), `unfinished`, or `none` (no"
            " item: what was finished is landed and published).",
            "choice",
        ),
    ] = "failed"
    force: Annotated[bool, ActionInput("Resume although the workflow or its parameters have changed.", "boolean")] = (
        False
    )
    phase: Annotated[
        Literal["all", "setup", "map", "reduce"],
        ActionInput(
            "The part of the run that this job does: `all`, `setup` (setup and the plan), `map` (one shard of the items"
            " of a plan), or `reduce` (collects the shards, then reduce, merge and publish).",
            "choice",
        ),
    ] = "all"
    shard_index: Annotated[
        int | None, ActionInput("With `phase: map`: which shard this job executes, from 0.", "amount", "N")
    ] = None
    shard_total: Annotated[
        int | None, ActionInput("With `phase: map`: how many shards share the items.", "count", "N")
    ] = None
    shards: Annotated[
        int | None,
        ActionInput(
            "With `phase: setup`: how many jobs the output `matrix` has, at most 256; `auto`: one for each"
            " `items-per-shard` items. There are never more jobs than items.",
            "shards",
            "N",
            default_text="`auto`",
        ),
    ] = None
    items_per_shard: Annotated[
        int, ActionInput("With `phase: setup` and `shards: auto`: how many items a job gets.", "count", "N")
    ] = ITEMS_PER_SHARD
    timings: Annotated[
        str | None,
        ActionInput(
            "With `phase: setup`: the results directory (or the `results.json`) of an earlier run, whose durations"
            " balance the shards.",
            metavar="PATH",
        ),
    ] = None
    allow_missing_shards: Annotated[
        bool,
        ActionInput(
            "With `phase: reduce`: land the other shards when one is missing or refused. The run fails in both cases.",
            "boolean",
        ),
    ] = True
    fail_on: Annotated[
        Literal["threshold", "any", "never"],
        ActionInput(
            "Which failed items fail the run: `threshold` (beyond what the workflow tolerates), `any`, or `never`.",
            "choice",
        ),
    ] = "threshold"
    merge_strategy: Annotated[
        Literal["merge", "squash"],
        ActionInput(
            "`merge` lands every item with a merge commit, `squash` as one commit on a linear history.", "choice"
        ),
    ] = "merge"
    commits: Annotated[
        Literal["as-made", "deterministic"],
        ActionInput(
            "`as-made` keeps the names and dates of commits, `deterministic` fixes them, so that the same input gives"
            " the same commit ids.",
            "choice",
        ),
    ] = "as-made"
    git_user_name: Annotated[
        str | None,
        ActionInput(
            "The name that commits are made with.",
            metavar="NAME",
            default_text="the checkout's configuration, then `github-actions[bot]`",
        ),
    ] = None
    git_user_email: Annotated[
        str | None,
        ActionInput(
            "The e-mail address that commits are made with.",
            metavar="ADDRESS",
            default_text="the checkout's configuration, then that of `github-actions[bot]`",
        ),
    ] = None
    env_allow: Annotated[
        tuple[str, ...],
        ActionInput(
            "Variables of the runner that steps may see after all, such as `GITHUB_TOKEN`.",
            "names",
            "NAME",
            each="one name per line",
        ),
    ] = ()
    allow_secrets_in_commits: Annotated[
        bool,
        ActionInput(
            "Land commits that hold a secret of the run. Without it, an item with such a commit fails.", "boolean"
        ),
    ] = False
    run_as: Annotated[
        Literal["root", "owner"],
        ActionInput(
            "Whom commands run as when the run is started as root: `root`, or `owner`, an unprivileged user of its own"
            " for each worktree.",
            "choice",
        ),
    ] = "root"
    timeout_minutes: Annotated[
        float | None,
        ActionInput("The limit of the whole run.", "minutes", "MINUTES", default_text="`timeout` of the workflow"),
    ] = None
    agent_command: Annotated[
        str,
        ActionInput(
            "The program, with options if any, that `claude` steps run; the step's text becomes its last argument.",
            "command",
            "COMMAND",
        ),
    ] = "claude"
    agent_permissions: Annotated[
        Literal["auto", "ask", "accept-edits", "bypass"],
        ActionInput(
            "What `claude` may do unasked when `agent-command` does not say it: `auto` (everything, unless commands run"
            " as root), `ask` (nothing), `accept-edits`, or `bypass` (everything, as root too).",
            "choice",
        ),
    ] = "auto"
    max_log_bytes: Annotated[int, ActionInput("The limit of one item's log, in bytes.", "count", "BYTES")] = 10_485_760
    log_format: Annotated[
        Literal["json", "console"],
        ActionInput(
            "Log as JSON lines (`json`) or for people (`console`).",
            "choice",
            default_text="`json` in Actions, else `console`",
        ),
    ] = "json"
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        ActionInput(
            "The least severe events that are logged: `debug`, `info`, `warning` or `error`.",
            "choice",
            default_text="`info`, or `debug` when the job runs with debug logging",
        ),
    ] = "info"
    annotations: Annotated[bool, ActionInput("Annotate failed items and wrong inputs.", "boolean")] = True
    job_summary: Annotated[bool, ActionInput("Write the summary to the job's summary page.", "boolean")] = True


@dataclass(frozen=True, slots=True)
class InputField:
    """One row of the table: a field of `Settings` and its names outside."""

    name: str
    """In kebab-case: the id of the input, and the option without its hyphens."""
    attribute: str
    """The field of `Settings`."""
    declared: ActionInput
    default: str
    """As `action.yml` states it; empty when there is none or when it depends on the surroundings."""
    choices: tuple[str, ...]
    """The words that a `choice` may be."""

    @property
    def flag(self) -> str:
        """The option's usual name."""
        return self.declared.alias or f"--{self.name}"

    @property
    def flags(self) -> tuple[str, ...]:
        """Every name of the option, the usual long one first after the one of a letter."""
        short = (self.declared.short,) if self.declared.short else ()
        return tuple(dict.fromkeys((*short, self.flag, f"--{self.name}")))

    @property
    def repeatable(self) -> bool:
        """Whether the option may be given several times."""
        return self.declared.kind in {"lines", "names", "pairs"}


def _input_fields() -> tuple[InputField, ...]:
    hints = get_type_hints(Settings, include_extras=True)
    rows: list[InputField] = []
    for each in fields(Settings):
        kept, declared = get_args(hints[each.name])
        stated = declared.default_text is None and each.default is not MISSING
        rows.append(
            InputField(
                name=each.name.replace("_", "-"),
                attribute=each.name,
                declared=declared,
                default=_written(each.default) if stated else "",
                choices=get_args(kept) if declared.kind == "choice" else (),
            )
        )
    return tuple(rows)


def _written(default: Any) -> str:
    if isinstance(default, bool):
        return "true" if default else "false"
    return str(default) if default else ""


INPUTS: Final = _input_fields()
"""Every input, in the order of the documentation, with the options that are no inputs of the action."""

ACTION_INPUTS: Final = tuple(field for field in INPUTS if field.declared.of_action)
"""The inputs of the action."""
