"""The map's input, from what the workflow file says to what is read."""

from __future__ import annotations

from collections.abc import Mapping

from prodigy_action.dataclass import dataclass
from prodigy_action.errors import ExpressionError
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.map_phase import InputForm
from prodigy_action.model.workflow import Interpreter, MapPhase
from prodigy_action.pure.items.globs import begins_with_glob, filled_globs, globs_of
from prodigy_action.pure.json_values.json_path import JsonPath
from prodigy_action.pure.shell.safety.render import inline_script, inline_variables, text_to_parse
from prodigy_action.pure.shell.syntax.tree import ParsedShells
from prodigy_action.pure.steps.run_variables import RunVariables
from prodigy_action.pure.templates.interpolation import render_text
from prodigy_action.pure.templates.lists import WholeValue, whole_value
from prodigy_action.pure.templates.placeholders import Placeholder

_CHAINED = 8
"""How many variables may name each other before the last one is taken as a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapInput:
    """The text that names files or is a shell command, with the variables that are put into it."""

    written: str
    """As it is in the workflow file; for a variable that the file defines, the text of that variable."""
    text: str
    """With the values of its placeholders."""
    globs: tuple[str, ...]
    """What the text means when it is a list of files. Values in it stand for themselves; a value that is the whole
    input may be a glob."""
    meant: InputForm | None
    """What the workflow says that it is."""
    json_path: JsonPath | None
    variables: RunVariables
    captured: Mapping[str, JsonValue]
    """What setup captured."""
    value: WholeValue | None = None
    """The value that is the whole input: a list or a path, never a command."""

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment of the command."""
        return self.variables.exported

    @property
    def listed(self) -> list[JsonValue] | None:
        """The items, when a value is the whole input and a list."""
        return None if self.value is None else self.value.elements

    @property
    def _known(self) -> dict[str, JsonValue]:
        return {**self.variables.all, **self.captured}

    @property
    def runs_a_match(self) -> bool:
        """Whether a shell would run the first file that the first word matches."""
        return begins_with_glob(self.written, self._known)

    @property
    def shell_texts(self) -> list[str]:
        """What `script` needs the trees of."""
        exported = self.variables.exported
        return text_to_parse(self.written, inline_variables(self.written, self._known, exported), exported=exported)

    def script(self, parsed: ParsedShells, interpreter: Interpreter = "sh") -> str:
        """The command for `-c` of the interpreter; `parsed` has the trees of `shell_texts`.

        Raises `ExpressionError` for a value that the shell would read as code, and when a value is the whole input.
        """
        if self.value is not None:
            hint = "write the command itself, or give a list or the path of a file"
            raise ExpressionError(f"{self.value.described}, and names no file", hint=hint)
        exported = self.variables.exported
        return inline_script(self.written, self._known, parsed=parsed, exported=exported, interpreter=interpreter)


def json_path_of(phase: MapPhase) -> JsonPath | None:
    """The `json_path` of the map, compiled."""
    return None if phase.json_path is None else JsonPath.of_workflow(phase.json_path)


def resolve_input(phase: MapPhase, variables: RunVariables, captured: Mapping[str, JsonValue]) -> MapInput:
    """The map's `input`, ready to be read. Raises `UndefinedVariable`."""
    written = phase.input or " ".join(phase.globs)
    known = {**variables.all, **captured}
    authored = {
        name: text for name, text in variables.authored.items() if name not in {*variables.parameters, *captured}
    }
    visible = {**variables.exported, **known}
    value = whole_value(written, visible)
    for _ in range(_CHAINED):
        name = None if value is None else _variable(value.placeholder)
        if name not in authored:
            break
        written = authored.pop(name)
        value = whole_value(written, visible)
    text = render_text(written, known if value is None else visible)
    globs = globs_of(text)
    if phase.globs or value is None:
        globs = filled_globs(phase.globs or globs_of(written, known), known)
    return MapInput(
        written=written,
        text=text,
        globs=globs,
        meant="glob" if phase.globs else phase.input_form,
        json_path=json_path_of(phase),
        variables=variables,
        captured=captured,
        value=value,
    )


@dataclass(frozen=True, slots=True)
class ReadItems:
    """The items of an input, and what its text was taken for."""

    items: list[JsonValue]
    source: str
    """In words, such as `the file items.json`."""
    by_command: bool = False


def _variable(placeholder: Placeholder) -> str:
    """The variable that `${NAME}` or `${env.NAME}` names."""
    path = placeholder.path[1:] if placeholder.root == "env" else placeholder.path
    return str(path[0]) if len(path) == 1 else ""
