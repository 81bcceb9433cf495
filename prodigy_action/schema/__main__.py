"""`python -m prodigy_action.schema` writes the schemas that are made from the models."""

from __future__ import annotations

from pathlib import Path

from prodigy_action.schema.results_schema import render_results_schema
from prodigy_action.schema.workflow_schema import render_workflow_schema

if __name__ == "__main__":
    here = Path(__file__)
    here.with_name("workflow.schema.json").write_text(render_workflow_schema(), encoding="utf-8")
    here.with_name("results.schema.json").write_text(render_results_schema(), encoding="utf-8")
