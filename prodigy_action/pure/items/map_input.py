"""The map's input, from what the workflow file says to what is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.map_phase import InputForm
from prodigy_action.model.workflow import Interpreter, MapPhase
from prodigy_action.pure.items.globs import globs_of
from prodigy_action.pure.json_values.json_path import JsonPath
from prodigy_action.pure.shell.safety.input_command import input_command, input_texts
from prodigy_action.pure.shell.syntax.tree import ParsedShells
from prodigy_action.pure.steps.run_variables import RunVariables
from prodigy_action.pure.templates.interpolation import render_glob, render_text


@dataclass(frozen=True, slots=True, kw_only=True)
class MapInput:
    """The text that names files or is a shell command, with the variables that are put into it."""

    written: str
    """As it is in the workflow file."""
    text: str
    """With the values of its placeholders."""
    globs: tuple[str, ...]
    """What the text means when it is a list of files: values in it stand for themselves."""
    meant: InputForm | None
    """What the workflow says that it is."""
    json_path: JsonPath | None
    variables: RunVariables
    captured: Mapping[str, JsonValue]
    """What setup captured."""

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment of the command."""
        return self.variables.exported

    @property
    def _given(self) -> Mapping[str, JsonValue]:
        return {**self.variables.parameters, **self.captured}

    @property
    def shell_texts(self) -> list[str]:
        """What `script` needs the trees of."""
        return input_texts(self.written, self.variables.trusted, self._given, exported=self.variables.exported)

    def script(self, parsed: ParsedShells, interpreter: Interpreter = "sh") -> str:
        """The command for `-c` of the interpreter; `parsed` has the trees of `shell_texts`.

        Raises `ExpressionError` for a value that the shell would read as code.
        """
        exported = self.variables.exported
        return input_command(
            self.written,
            self.variables.trusted,
            self._given,
            parsed=parsed,
            exported=exported,
            interpreter=interpreter,
        )


def json_path_of(phase: MapPhase) -> JsonPath | None:
    """The `json_path` of the map, compiled."""
    return None if phase.json_path is None else JsonPath.parse(phase.json_path)


def resolve_input(phase: MapPhase, variables: RunVariables, captured: Mapping[str, JsonValue]) -> MapInput:
    """The map's `input`, ready to be read. Raises `UndefinedVariable`."""
    known = {**variables.all, **captured}
    written = phase.input or " ".join(phase.globs)
    text = render_text(written, known)
    globs = phase.globs or globs_of(written) or globs_of(text)
    return MapInput(
        written=written,
        text=text,
        globs=tuple(render_glob(glob, known) for glob in globs) if globs_of(written) or phase.globs else globs,
        meant="glob" if phase.globs else phase.input_form,
        json_path=json_path_of(phase),
        variables=variables,
        captured=captured,
    )


@dataclass(frozen=True, slots=True)
class ReadItems:
    """The items of an input, and what its text was taken for."""

    items: list[JsonValue]
    source: str
    """In words, such as `the file items.json`."""
