"""The variables that are known before the first step of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from prodigy_action.dataclass import dataclass
from prodigy_action.model.json_value import JsonValue
from prodigy_action.pure.templates.interpolation import render_value


def run_names(workflow: str, run_id: str) -> dict[str, JsonValue]:
    """`${workflow.name}`, `${workflow.id}` and `${workflow.iteration}`: a workflow runs once."""
    return {"workflow.name": workflow, "workflow.id": run_id, "workflow.iteration": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunVariables:
    """The process environment that commands see, the workflow's own variables, and the parameters of the run."""

    visible: Mapping[str, str]
    own: Mapping[str, str]
    """Of `env`, `env_files`, the profile and `secrets`."""
    parameters: Mapping[str, JsonValue]
    authored: Mapping[str, str] = field(default_factory=dict)
    """Texts of `own` variables as the workflow file says them, before their values are put in."""

    @property
    def exported(self) -> dict[str, str]:
        """The environment of commands; a parameter changes the variable of its name."""
        given = {name: render_value(value) for name, value in self.parameters.items() if name in self.own}
        return {**self.visible, **self.own, **given}

    @property
    def all(self) -> dict[str, JsonValue]:
        """Every variable by its name; `env` holds those that are exported."""
        return {"env": dict(self.exported), **self.own, **self.parameters}
