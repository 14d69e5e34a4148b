"""A trial is added: its shard is built again, and `trialpool diff` tells what it moved."""

import contextlib
import json
import shutil
from pathlib import Path

import pytest
from built_reviews import EVERY_JOB, Review
from click.testing import Result
from typer.testing import CliRunner

from trialpool.cli.main import app

pytestmark = pytest.mark.pipeline

# Bhatt 2021, N Engl J Med 384:117: deaths from cardiovascular causes, hospitalisations and
# urgent visits for heart failure, all events counted: HR 0.67 (0.52 to 0.85).
# Four in five had an ejection fraction below 50%: filed here under "reduced".
ROWS = {
    "trials": "soloist-whf,SOLOIST-WHF,NCT03521934,3,rct,double-blind,1222,reported,,reduced",
    "arms": "soloist-whf,sota,Sotagliflozin,sotagliflozin; standard care,experimental,608\n"
    "soloist-whf,placebo,Placebo,placebo; standard care,control,614",
    "sources": "bhatt2021,Bhatt,2021,N Engl J Med,Sotagliflozin in patients with diabetes and "
    "recent worsening heart failure,10.1056/NEJMoa2030183,33200892,article",
    "time_to_event": "soloist-whf.cvd-hhf.t01,soloist-whf,sota,placebo,CVD-HHF,,ITT,,,HR,0.67,"
    "0.52,0.85,95,<0.001,608,614,,,,,,9.0,primary,bhatt2021,abstract,,,single",
}

Grown = tuple[Review, Path, list[str]]


@pytest.fixture(scope="module")
def grown(built: Review, tmp_path_factory: pytest.TempPathFactory) -> Grown:
    """The review with a fifth trial, its results before, and the jobs that ran."""
    review, old = built, tmp_path_factory.mktemp("grown") / "old"
    shutil.copytree(review.folder / "results", old)
    for table, lines in ROWS.items():
        with (review.folder / f"data/raw/{table}.csv").open("a", encoding="utf-8") as stream:
            stream.write(lines + "\n")
    agent = "  empagliflozin: {mechanism: sglt2}\n"
    review.edit("config/taxonomy.yaml", agent, agent + agent.replace("empa", "sota"))
    return review, old, review.jobs()


def diff(review: Review, old: Path, *options: str) -> Result:
    with contextlib.chdir(review.folder):
        return CliRunner().invoke(app, ["diff", str(old), "results", *options])


def test_only_its_shard_ran(grown: Grown) -> None:
    _, _, ran = grown
    assert ran == [job for job in EVERY_JOB if job not in ("figures_death", "pool_death")]


def test_diff_names_the_trial_the_question_and_what_moved(
    grown: Grown,
) -> None:
    review, old, _ = grown
    done = diff(review, old, "--exit-code")
    assert done.exit_code == 1, done.stderr
    assert "Trials added (1): soloist-whf" in done.stdout
    assert "worsening · SGLT2 inhibitor added" in done.stdout
    assert "worsening · Overall" in done.stdout
    assert "k 4 → 5" in done.stdout
    assert "row soloist-whf.cvd-hhf.t01, SOLOIST-WHF (new): HR 0.67" in done.stdout
    assert "cardiovascular-death" not in done.stdout


def test_diff_as_json_has_the_numbers_of_both_builds(
    grown: Grown,
) -> None:
    review, old, _ = grown
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
