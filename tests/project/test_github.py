"""Workflows and forms for GitHub: rights, checkouts, and that the one of a review is shipped."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "workflow/trialpool/reviews/blank/.github/workflows/living-review.yml"
WORKFLOWS = [*sorted((ROOT / ".github/workflows").glob("*.yml")), SHIPPED]
FORMS = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"))


def read(path: Path) -> dict[str, Any]:
    # YAML 1.1 reads the key "on" as true.
    return {"on" if key is True else key: x for key, x in yaml.safe_load(path.read_text()).items()}


def steps(flow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in flow["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_has_no_more_rights_than_it_needs(path: Path) -> None:
    flow = read(path)
    assert flow["permissions"] == {"contents": "read"}
    # That one would run code of a fork with the secrets of the repository.
    assert "pull_request_target" not in flow["on"]
    assert "secrets." not in path.read_text()
    for step in steps(flow):
        used = step.get("uses", "")
        assert not used or re.fullmatch(r"actions/[a-z-]+@v\d+", used), used
        if used.startswith("actions/checkout"):
            assert step["with"]["persist-credentials"] is False
        # What a person may have written reaches a shell as a variable only.
        assert "${{" not in step.get("run", "")
    for job in flow["jobs"].values():
        assert 0 < job["timeout-minutes"] <= 90
        if "permissions" in job:
            # What may write runs nothing of the pull request, and nothing at all for a fork.
            assert job["permissions"] == {"pull-requests": "write"}
            assert "head.repo.full_name == github.repository" in job["if"]
            assert "trialpool" not in str(job["steps"])
            assert "checkout" not in str(job["steps"])


def test_ci_runs_what_a_person_runs() -> None:
    flow = read(ROOT / ".github/workflows/ci.yml")
    assert ".ci/run" in [step.get("run") for step in steps(flow)]
    assert {"push", "pull_request"} == set(flow["on"])


def test_a_review_is_built_when_its_data_change_and_never_by_the_clock() -> None:
    flow = read(SHIPPED)
    assert set(flow["on"]) == {"pull_request", "push", "workflow_dispatch"}
    for event in ("pull_request", "push"):
        assert {"config/**", "data/**"} <= set(flow["on"][event]["paths"])


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_form_asks_for_what_is_needed(path: Path) -> None:
    form = read(path)
    if path.stem == "config":
        assert form == {"blank_issues_enabled": False}
        return
    assert {"name", "description", "labels", "body"} == set(form)
    ids = [field["id"] for field in form["body"]]
    assert len(set(ids)) == len(ids)
    assert all(field["type"] in ("input", "textarea") for field in form["body"])
    assert any(field.get("validations", {}).get("required") for field in form["body"])


def test_forms_for_what_people_write() -> None:
    assert {"bug", "wrong-number", "new-trial", "question", "config"} == {p.stem for p in FORMS}
    assert (ROOT / ".github/PULL_REQUEST_TEMPLATE.md").is_file()
