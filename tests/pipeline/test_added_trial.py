"""A trial is added: only its question has another input, and `trialpool diff` tells what moved.

That Snakemake then builds its shard and nothing of the other: test_rebuilds.py.
"""

import contextlib
import json
import shutil
from pathlib import Path

import pytest
from built_reviews import Review, add_trial, copy
from click.testing import Result
from heart_failure_builds import build
from typer.testing import CliRunner

from trialpool.cli.main import app

Grown = tuple[Review, Path]


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Grown:
    """The records of the review with a fifth trial, and those before."""
    folder = tmp_path_factory.mktemp("grown")
    review, old = copy(folder / "review"), folder / "old"
    shutil.copytree(build(review.folder), old)
    add_trial(review.folder)
    build(review.folder)
    return review, old


def diff(review: Review, old: Path, *options: str) -> Result:
    with contextlib.chdir(review.folder):
        return CliRunner().invoke(app, ["diff", str(old), "results", *options])


def test_only_its_question_has_another_input(grown: Grown) -> None:
    review, old = grown
    results = review.folder / "results"
    for name in ("input.csv", "question.json", "result.json"):
        place = f"questions/cardiovascular-death/{name}"
        assert (results / place).read_bytes() == (old / place).read_bytes(), place
    for name in ("input.csv", "result.json"):
        place = f"questions/worsening/{name}"
        assert (results / place).read_bytes() != (old / place).read_bytes(), place


def test_diff_names_the_trial_the_question_and_what_moved(grown: Grown) -> None:
    review, old = grown
    done = diff(review, old, "--exit-code")
    assert done.exit_code == 1, done.stderr
    assert "Trials added (1): soloist-whf" in done.stdout
    assert "worsening · SGLT2 inhibitor added" in done.stdout
    assert "worsening · Overall" in done.stdout
    assert "k 4 → 5" in done.stdout
    assert "row soloist-whf.cvd-hhf.t01, SOLOIST-WHF (new): HR 0.67" in done.stdout
    assert "cardiovascular-death" not in done.stdout


def test_diff_as_json_has_the_numbers_of_both_builds(grown: Grown) -> None:
    review, old = grown
    done = diff(review, old, "--json")
    assert done.exit_code == 0
    changes = json.loads(done.stdout)
    assert changes["trials"] == {"added": ["soloist-whf"], "removed": [], "edited": []}
    assert changes["rows"] == {"added": ["soloist-whf.cvd-hhf.t01"], "removed": [], "edited": {}}
    assert set(changes["questions"]) == {"worsening"}
    group, overall = changes["questions"]["worsening"]["groups"]
    for change, name in ((group, "SGLT2 inhibitor added"), (overall, "Overall")):
        assert change["label"] == name
        assert {"k", "estimate", "interval"} <= set(change["moved"])
    for side, folder in (("old", old), ("new", review.folder / "results")):
        record = json.loads((folder / "questions/worsening/result.json").read_text("utf-8"))
        assert group[side]["k"] == record["groups"][0]["k"]
        assert group[side]["estimate"] == record["groups"][0]["estimate"]
        assert group[side]["ci_upper"] == record["groups"][0]["ci_upper"]
    assert [cause["row_ids"] for cause in group["because_of"]] == [["soloist-whf.cvd-hhf.t01"]]
    assert diff(review, review.folder / "results", "--exit-code").exit_code == 0
