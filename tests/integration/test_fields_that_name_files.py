"""Every field that names a file, with everything that a file name may lead to.

The fields are found by their types in the models: a new one is tested as soon as it has the right type, and the last
test finds those that have not.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import pytest
from pydantic import BaseModel

from prodigy_action.model.frozen import NamesFile
from prodigy_action.model.map_phase import MapPhase
from prodigy_action.model.settings import INPUTS
from prodigy_action.model.step import Step, Validation
from prodigy_action.model.step_parts import WriteFile
from prodigy_action.model.workflow import EnvFile, SecretSource, Workflow
from tests.support.blackbox import Ended, prodigy
from tests.support.files import make_socket
from tests.support.git import make_repository

SECONDS = 60
"""How long a run may last here, on a machine with much else to do."""

BESIDE: dict[type[BaseModel], dict[str, Any]] = {
    EnvFile: {"required": True},
    MapPhase: {"agent_template": [{"shell": "true"}]},
    SecretSource: {"provider": "file"},
    Step: {"shell": "echo done"},
    Validation: {"shell": "true", "threshold": 50},
    WriteFile: {"content": "text"},
}
"""What has to stand beside a path, by the model that holds the path."""


@dataclass(frozen=True)
class PathField:
    """A field that names a file; `way` are the keys and containers that lead to it from `start`."""

    owner: type[BaseModel]
    name: str
    use: str
    start: type[BaseModel]
    way: tuple[str, ...]

    def document(self, path: str) -> dict[str, Any]:
        """The smallest map of `start` in which the field has this value."""
        return self.documents([path])

    def documents(self, paths: list[str]) -> dict[str, Any]:
        """The same with several values, where a list or a map on the way has room for them."""
        values: list[Any] = [{**BESIDE[self.owner], self.name: path} for path in paths]
        for key in reversed(self.way):
            if key == "[]":
                values = [values]
            elif key == "{}":
                values = [{f"NAME_{number}": value for number, value in enumerate(values)}]
            else:
                values = [{key: value} for value in values]
        (whole,) = values
        assert isinstance(whole, dict)
        return whole

    @property
    def has_room(self) -> bool:
        """Whether several values fit into one document."""
        return bool({"[]", "{}"} & set(self.way))


def path_fields(start: type[BaseModel]) -> Iterator[PathField]:
    """The fields of a model and of the models in it, each at its shortest way; steps are a start of their own."""
    seen = {start}
    left: list[tuple[type[BaseModel], tuple[str, ...]]] = [(start, ())]
    while left:
        model, way = left.pop(0)
        for name, field in model.model_fields.items():
            key = field.alias or name
            marks = [mark for mark in field.metadata if isinstance(mark, NamesFile)]
            for mark in marks:
                yield PathField(model, key, mark.use, start, way)
            for inner, containers in parts_of(field.annotation):
                if isinstance(inner, NamesFile):
                    yield PathField(model, key, inner.use, start, way)
                elif inner not in seen and inner is not Step:
                    seen.add(inner)
                    left.append((inner, (*way, key, *containers)))


def parts_of(annotation: Any) -> Iterator[tuple[Any, tuple[str, ...]]]:
    """The models and the marks of files in a type, with the containers around each."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, ()
    elif origin is Annotated:
        yield from ((mark, ()) for mark in arguments[1:] if isinstance(mark, NamesFile))
        yield from parts_of(arguments[0])
    elif origin is dict:
        yield from ((inner, ("{}", *containers)) for inner, containers in parts_of(arguments[1]))
    elif origin in {list, tuple}:
        yield from ((inner, ("[]", *containers)) for inner, containers in parts_of(arguments[0]))
    else:
        for argument in arguments:
            yield from parts_of(argument)


OF_WORKFLOWS = {f"{field.owner.__name__}.{field.name}": field for field in path_fields(Workflow)}
OF_STEPS = {f"{field.owner.__name__}.{field.name}": field for field in path_fields(Step)}


OF_SETTINGS = {field.name: field.declared.metavar for field in INPUTS if field.declared.metavar in {"FILE", "DIR"}}


def make_sparse(path: Path) -> None:
    path.touch()
    os.truncate(path, 20 * 2**30)


def make_unreadable(path: Path) -> None:
    path.write_text("A=1\n")
    path.chmod(0)


def make_link_out(path: Path) -> None:
    outside = path.parent.parent / "outside"
    outside.write_text("A=CANARY\n")
    path.symlink_to(outside)


KINDS: dict[str, Callable[[Path], object]] = {
    "fifo": os.mkfifo,
    "socket": make_socket,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "directory": Path.mkdir,
    "link_out": make_link_out,
    "sparse": make_sparse,
    "growing": Path.touch,
    "missing": lambda _: None,
    **({"unreadable": make_unreadable} if os.geteuid() else {}),
}
"""How each is made; root may read everything, so there are no unreadable files for it."""
NOT_CERTAIN = {"growing"}
"""What was read of a growing file may be all right."""


@contextmanager
def growing(path: Callable[[], Path | None]) -> Iterator[None]:
    """Append to a file, as soon as there is a path, until the end."""
    ended = threading.Event()

    def append() -> None:
        while not ended.wait(0.02):
            place = path()
            if place is not None:
                with suppress(OSError), place.open("ab") as file:  # a worktree may have been removed
                    file.write(b"A=1\n" * 10_000)

    thread = threading.Thread(target=append)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def check_end(ended: Ended, seconds: float) -> None:
    said = ended.stdout + ended.stderr
    assert "Traceback" not in said
    assert seconds < SECONDS, said


def side_by_side(kinds: list[str], one: Callable[[str], Ended]) -> dict[str, Ended]:
    """A run for each kind of file."""

    def timed(kind: str) -> Ended:
        began = time.monotonic()
        ended = one(kind)
        check_end(ended, time.monotonic() - began)
        return ended

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(kinds, pool.map(timed, kinds), strict=True))


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Path]:
    made = make_repository(tmp_path / "r", {"items.json": json.dumps(list(KINDS)), ".gitignore": "named\n*.json\n"})
    for kind, make in KINDS.items():
        make(made / f"{kind}.json")
    with growing(lambda: made / "growing.json"):
        yield made


def run_document(repository: Path, name: str, document: dict[str, Any], *options: str) -> Ended:
    path = repository.parent / f"{name}.yml"
    work = {} if "map" in document else {"steps": [{"shell": "true"}]}
    path.write_text(json.dumps({"name": "files", **work, **document}))
    return prodigy(repository, "run", str(path), "--results-dir", f"results-{name}", "--run-as", "root", *options)


@pytest.mark.parametrize("name", OF_WORKFLOWS)
def test_a_field_that_is_read_at_the_start(name: str, repository: Path) -> None:
    field = OF_WORKFLOWS[name]
    if field.has_room:
        certain = [kind for kind in KINDS if kind not in NOT_CERTAIN]
        document = field.documents([f"{kind}.json" for kind in certain])
        ended = side_by_side(["all"], lambda kind: run_document(repository, kind, document))["all"]
        assert ended.exit_code == 2, ended.stdout
        assert [kind for kind in certain if f"{kind}.json" not in ended.stderr] == [], ended.stderr

    else:
        runs = side_by_side(list(KINDS), lambda kind: run_document(repository, kind, field.document(f"{kind}.json")))
        codes = {kind: ended.exit_code for kind, ended in runs.items() if kind not in NOT_CERTAIN}
        assert set(codes.values()) == {2}, codes
        assert runs["growing"].exit_code in {0, 1, 2}
        unnamed = [kind for kind in codes if f"{kind}.json" not in runs[kind].stdout + runs[kind].stderr]
        assert unnamed == []


MAKERS = {
    "fifo": "mkfifo named",
    "socket": "python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"named\")'",
    "device": "ln -s /dev/zero named",
    "directory": "mkdir named",
    "link_out": "ln -s OUTSIDE named",
    "sparse": "truncate -s 20G named",
    "growing": "touch named; pwd > WHERE.part; mv WHERE.part WHERE; while [ ! -s named ]; do sleep 0.01; done",
    "missing": "true",
    "unreadable": "echo 1 > named; chmod 0 named",
}
FINE = {"read": set[str](), "write": {"sparse", "missing"}, "enter": {"directory"}}
"""What is all right for each use: writing replaces a sparse file, and makes a missing one."""


@pytest.mark.parametrize("name", OF_STEPS)
def test_a_field_of_a_step(name: str, tmp_path: Path, repository: Path) -> None:
    field, where, outside = OF_STEPS[name], tmp_path / "where", tmp_path / "outside"
    cases = "".join(f"  {kind}) {MAKERS[kind]} ;;\n" for kind in KINDS)
    script = f"case ${{item}} in\n{cases}esac\n".replace("WHERE", str(where)).replace("OUTSIDE", str(outside))
    steps = [{"shell": script}, field.document("named")]
    document = {"map": {"input": {"file": "items.json"}, "max_parallel": len(KINDS), "agent_template": steps}}

    with growing(lambda: Path(where.read_text().strip(), "named") if where.exists() else None):
        runs = side_by_side(["all"], lambda kind: run_document(repository, kind, document))
    results = json.loads((repository / "results-all/results.json").read_text())
    states = {item["item"]: item["state"] for item in results["items"]}

    assert runs["all"].exit_code == 1
    assert outside.read_text() == "A=CANARY\n"
    assert states.pop("growing") in {"failed", "unchanged"}
    assert states == {kind: "unchanged" if kind in FINE[field.use] else "failed" for kind in states}


@pytest.mark.parametrize("name", OF_SETTINGS)
def test_a_setting(name: str, tmp_path: Path, repository: Path) -> None:
    (tmp_path / "fine.yml").write_text("name: fine\nsteps: [{shell: 'true'}]\n")

    def one(kind: str) -> Ended:
        if name == "workflow":
            return prodigy(repository, "run", f"{kind}.json")
        chosen = [f"--{name}", f"{kind}.json"]
        apart = [] if name == "results-dir" else ["--results-dir", f"results-{kind}"]
        return prodigy(repository, "run", str(tmp_path / "fine.yml"), *chosen, *apart)

    codes = {kind: ended.exit_code for kind, ended in side_by_side(list(KINDS), one).items()}
    fine = {"directory", "missing"} if OF_SETTINGS[name] == "DIR" else set()
    assert {code for kind, code in codes.items() if kind not in fine} == {2}, codes
    assert set(codes.values()) <= {0, 2}, codes


NO_FILES = {
    "MapPhase.json_path": "a place in a document",
    "CaptureOutput.json_path": "a place in a document",
    "CommitConfig.include_files": "globs of what git lists",
    "CommitConfig.exclude_files": "globs of what git lists",
    "Workflow.env_files": "its elements hold paths",
    "Step.write_file": "it holds a path",
    "WriteFile.create_dirs": "a choice",
    "Workflow.profiles": "sets of variables",
}


def test_every_field_that_sounds_like_a_file_has_the_type_of_one() -> None:
    models = _models_in(Workflow)
    sounding = {
        f"{model.__name__}.{field.alias or name}"
        for model in models
        for name, field in model.model_fields.items()
        if any(part in name for part in ("file", "path", "dir"))
    }
    assert sounding - NO_FILES.keys() - OF_WORKFLOWS.keys() - OF_STEPS.keys() == set()
    assert {"Workflow", "Step"} <= {model.__name__ for model in models}


def _models_in(model: type[BaseModel], seen: set[type[BaseModel]] | None = None) -> set[type[BaseModel]]:
    seen = {model} if seen is None else seen
    for field in model.model_fields.values():
        for inner, _ in parts_of(field.annotation):
            if isinstance(inner, type) and inner not in seen:
                seen.add(inner)
                _models_in(inner, seen)
    return seen
