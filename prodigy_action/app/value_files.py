"""Files of values that a workflow names: `env_files`, and the files of secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from prodigy_action.adapters.files.named_file import first_existing, leads_out
from prodigy_action.adapters.processes.credentials import Credentials
from prodigy_action.app.input_bytes import read_values_file
from prodigy_action.app.process_context import ProcessContext
from prodigy_action.dataclass import dataclass
from prodigy_action.effects.run.workflow_environment import missing_secret
from prodigy_action.errors import Diagnostic, ExpressionError, InvalidInput
from prodigy_action.inputs.env_file import parse_env_file
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.workflow import Workflow
from prodigy_action.pure.steps.order_of_variables import in_order_of_use
from prodigy_action.pure.templates.interpolation import render_text


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueFiles:
    """Where the files of a workflow are, and who reads them.

    Paths are relative to the repository, those of `env_files` also to the directory of the workflow file (`beside`).
    """

    world: ProcessContext
    repository: Path
    beside: Path
    owner: Credentials | None = None
    warnings: list[Diagnostic] = field(default_factory=list)

    def env_files(
        self, workflow: Workflow, profile: Mapping[str, str], parameters: Mapping[str, JsonValue]
    ) -> dict[str, str]:
        """The variables of `env_files`; later files win. A missing file is a warning, unless it is `required` or not.

        Raises `InvalidInput` for missing files that are required, and for malformed ones.
        """
        values: dict[str, str] = {}
        problems: list[Diagnostic] = []
        for entry in workflow.env_files:
            try:
                shown = self._path(entry.path, {**self._written(workflow, values), **profile, **parameters})
                path = self._found(shown, self.repository, self.beside)
                if path is None:
                    self._report_missing(shown, entry.required, problems)
                else:
                    values.update(parse_env_file(self._read(path, shown), shown))
            except InvalidInput as error:
                problems.extend(error.diagnostics)
        if problems:
            raise InvalidInput(problems)
        return values

    def secrets(self, workflow: Workflow, parameters: Mapping[str, JsonValue]) -> dict[str, str]:
        """The values of `secrets`. Raises `InvalidInput` for every secret without a value."""
        values: dict[str, str] = {}
        problems: list[Diagnostic] = []
        for name, source in workflow.secrets.items():
            value = self.world.environ.get(source.key)
            if source.provider == "file":
                try:
                    value = self._secret_in_file(source.key, {**self._written(workflow, {}), **parameters})
                except InvalidInput as error:
                    problems.extend(error.diagnostics)
                    continue
            if not value:
                problems.append(Diagnostic(missing_secret(name, source), source="secrets", code="missing-secret"))
                continue
            values[name] = value
            self.world.masker.add(value)
        if problems:
            raise InvalidInput(problems)
        return values

    def _secret_in_file(self, text: str, variables: Mapping[str, JsonValue]) -> str:
        shown = self._path(text, variables)
        path = self._found(shown, self.repository)
        content = b"" if path is None else self._read(path, shown)
        return content.decode("utf-8", "surrogateescape").rstrip("\r\n")

    def _written(self, workflow: Workflow, from_files: Mapping[str, str]) -> dict[str, JsonValue]:
        """The variables that are known before a command runs."""
        found: dict[str, JsonValue] = {**self.world.environ, **from_files}
        for name in in_order_of_use(workflow.env):
            text = workflow.env[name].value
            if text is not None:
                found[name] = render_text(text, found)
        return found

    def _path(self, text: str, variables: Mapping[str, JsonValue]) -> str:
        try:
            path = render_text(text, variables)
        except ExpressionError as error:
            problem = Diagnostic(error.message, source=text, hint=error.hint, code="unknown-name")
            raise InvalidInput([problem]) from error
        home = self.world.environ.get("HOME", "")
        return f"{home}/{path.removeprefix('~/')}" if home and path.startswith("~/") else path

    def _found(self, shown: str, *directories: Path) -> Path | None:
        return first_existing(*(directory / shown for directory in directories))

    def _report_missing(self, shown: str, required: bool | None, problems: list[Diagnostic]) -> None:
        message = f"the env file {shown!r} does not exist"
        if required:
            hint = "create it, or write {path: …, required: false}"
            problems.append(Diagnostic(message, source="env_files", hint=hint, code="missing-file"))
        elif required is None:
            hint = "write {path: …, required: true} to stop then, or false to expect it"
            warning = Diagnostic(message, source="env_files", hint=hint, severity="warning", code="missing-file")
            self.warnings.append(warning)

    def _read(self, path: Path, shown: str) -> bytes:
        """The bytes of a file. Raises `InvalidInput`, also for a link in the repository that leads out of it."""
        if leads_out(path, self.repository):
            problem, hint = "it is a link that leads out of the repository", "name the file that the link leads to"
            raise InvalidInput([Diagnostic(problem, source=shown, hint=hint, code="unreadable-file")])
        return read_values_file(path, shown, self.owner)
