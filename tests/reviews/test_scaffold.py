"""New reviews: what init writes, that it overwrites nothing, and what its examples hold."""

import csv
import math
import shlex
from pathlib import Path

import pytest
from heart_failure_builds import build
from scipy.special import ndtri
from typer.testing import CliRunner

from trialpool.audit.run import audit
from trialpool.cli.main import app
from trialpool.evidence.schemas import TABLES
from trialpool.findings import InputError
from trialpool.records.files import read_result
from trialpool.reviews import example, examples
from trialpool.reviews.scaffold import scaffold
from trialpool.settings import load_settings

RUN = CliRunner()


def faults_of(folder: Path) -> list[str]:
    """Findings, but that a question without trials has none yet."""
    settings, faults = load_settings(folder / "config/config.yaml")
    raw = settings.path("raw")
    found = audit(raw, settings.tables, settings, faults)
    return [str(finding) for finding in found if finding.rule != "question-setting"]


@pytest.mark.parametrize("name", [None, *examples()])
def test_a_new_review_has_no_fault(tmp_path: Path, name: str | None) -> None:
    written = scaffold(tmp_path / "mine", name)
    assert all(path.is_file() for path in written)
    names = {path.relative_to(tmp_path / "mine").as_posix() for path in written}
    assert {"README.md", "Snakefile", "config/config.yaml", "data/raw/trials.csv"} <= names
    assert faults_of(tmp_path / "mine") == []


def test_an_empty_review_has_tables_with_their_headers(tmp_path: Path) -> None:
    done = RUN.invoke(app, ["init", str(tmp_path / "eine Übersicht")])
    assert done.exit_code == 0, done.output
    raw = tmp_path / "eine Übersicht/data/raw"
    assert {path.stem for path in raw.iterdir()} == {
        *("trials", "arms", "sources", "time_to_event", "responses")
    }
    for path in raw.iterdir():
        with path.open(encoding="utf-8") as stream:
            header, *rows = csv.reader(stream)
        assert header == [column.name for column in TABLES[path.stem].columns]
        assert rows == []


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/taxonomy.yaml").write_text("mine", "utf-8")
    (tmp_path / "README.md").write_text("mine", "utf-8")
    with pytest.raises(InputError) as caught:
        scaffold(tmp_path, "bcg")
    files = [Path(found.file).name for found in caught.value.findings]
    assert files == ["README.md", "taxonomy.yaml"]
    assert len(list(tmp_path.rglob("*.*"))) == 2
    assert (tmp_path / "README.md").read_text("utf-8") == "mine"
    # A file in the place of the folder.
    with pytest.raises(InputError):
        scaffold(tmp_path / "README.md")


def test_an_unknown_example_is_named_with_those_there_are(tmp_path: Path) -> None:
    done = RUN.invoke(app, ["init", str(tmp_path / "mine"), "--example", "stroke"])
    assert done.exit_code == 2
    assert "heart-failure" in done.output
    assert not (tmp_path / "mine").exists()


def test_bcg_gives_the_numbers_of_metafor(tmp_path: Path) -> None:
    """rma(yi, vi, data=escalc("RR", dat.bcg), test="adhoc", control=list(threshold=1e-12))."""
    scaffold(tmp_path, "bcg")
    questions = build(tmp_path) / "questions"
    (group,) = read_result(questions / "tuberculosis/result.json").groups
    assert len(read_result(questions / "tuberculosis/result.json").trials) == 13
    pool = group.models.hk_adhoc
    found = (pool.estimate, pool.ci_lower, pool.ci_upper, pool.tau2)
    assert found == pytest.approx((-0.714532342, -1.108443714, -0.320620971, 0.313243258), abs=1e-6)
    (group,) = read_result(questions / "tuberculosis-random-allocation/result.json").groups
    pool = group.models.hk_adhoc
    found = (pool.estimate, pool.ci_lower, pool.ci_upper, pool.tau2)
    assert found == pytest.approx((-0.970964704, -1.646204963, -0.295724446, 0.392528007), abs=1e-6)


def test_nsclc_takes_each_interval_at_its_own_level(tmp_path: Path) -> None:
    """Two trials print intervals of 96 % and 97.7 %: log(upper / lower) / (2 z) of that level."""
    scaffold(tmp_path, "nsclc")
    result = read_result(build(tmp_path) / "questions/overall-survival/result.json")
    errors = {trial.trial_id: trial.se for trial in result.trials}
    assert errors["checkmate-057"] == pytest.approx(math.log(0.89 / 0.59) / (2 * ndtri(0.98)))
    assert errors["checkmate-078"] == pytest.approx(math.log(0.90 / 0.52) / (2 * ndtri(0.9885)))
    (strategy,) = result.strategies
    assert len(result.groups) == 3
    pool = strategy.models.hk_adhoc
    found = (pool.estimate, pool.ci_lower, pool.ci_upper, pool.tau2)
    # rma(log(hr), sei, test="adhoc"): no heterogeneity, so that the floor is the Wald width with t.
    assert found == pytest.approx((-0.350248740, -0.468189221, -0.232308259, 0), abs=1e-6)


def test_examples_come_from_one_place() -> None:
    assert examples() == ["adherence", "bcg", "heart-failure", "nsclc", "stroke-care"]
    with pytest.raises(KeyError):
        example("../blank")


def filled(file: Path, **cells: str) -> None:
    """Write these cells into every row of a table."""
    with file.open(encoding="utf-8") as stream:
        rows = [{**row, **cells} for row in csv.DictReader(stream)]
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def test_the_readme_of_a_new_review_leads_to_a_trial_without_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its command as it stands; what must be filled in is said before and after."""
    scaffold(tmp_path / "own")
    monkeypatch.chdir(tmp_path / "own")
    readme = Path("README.md").read_text("utf-8")
    (line,) = [line for line in readme.splitlines() if line.startswith("trialpool new-trial")]
    done = RUN.invoke(app, shlex.split(line)[1:])
    assert done.exit_code == 0, done.output
    assert "design in trials.csv (rct, single-arm, pooled-analysis)" in done.output
    assert "kind in sources.csv" in done.output
    new = Path("new/my-trial")
    done = RUN.invoke(app, ["check-row", str(new)])
    assert done.exit_code == 1
    said = " ".join(done.output.split())
    assert said.count("Fill it in: this cell cannot be empty.") == 3
    assert "leave it empty" not in said
    assert "no analysis population" in said
    filled(new / "trials.csv", design="rct", status="reported")
    filled(new / "sources.csv", kind="article", pmid="1")
    filled(
        new / "time_to_event.csv", population="ITT", estimate="0.8", ci_lower="0.6", ci_upper="1.07"
    )
    done = RUN.invoke(app, ["add", str(new)])
    assert done.exit_code == 0, done.output
    assert faults_of(Path()) == []
