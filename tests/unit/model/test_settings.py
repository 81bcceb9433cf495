"""The table of inputs."""

from __future__ import annotations

import re
from dataclasses import FrozenInstanceError, fields

import pytest

from prodigy_action.model.settings import INPUTS, Settings


def test_every_field_has_an_input_of_its_name() -> None:
    assert [field.attribute for field in INPUTS] == [each.name for each in fields(Settings)]
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", field.name) for field in INPUTS)


def test_no_two_options_share_a_flag() -> None:
    flags = [flag for field in INPUTS for flag in field.flags]

    assert len(flags) == len(set(flags))


def test_a_default_that_depends_on_the_surroundings_is_empty_and_reported_in_words() -> None:
    log_level = next(field for field in INPUTS if field.name == "log-level")

    assert (log_level.default, log_level.declared.default_text) == (
        "",
        "`info`, or `debug` when the job runs with debug logging",
    )


def test_settings_cannot_be_changed() -> None:
    settings = Settings(workflow="w.yml")

    with pytest.raises(FrozenInstanceError, match="workflow"):
        settings.workflow = "other.yml"  # type: ignore[misc]  # the refusal is what is tested
