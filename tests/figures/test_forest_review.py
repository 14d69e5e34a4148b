"""Settings, risk of bias and releases from the files of a review to its figures."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
import yaml
from forest_records import survival
from marked_records import judged

import trialpool as tp
from trialpool.changes.summary import summarise
from trialpool.cli.builds import pipeline
from trialpool.figures.configured import WithRelease, draw_configured
from trialpool.figures.forest.options.preset_changes import CHOICES, SWITCHES
from trialpool.figures.forest.words.flags import CHANGED, NEW, SINGLE_READER, with_flags
from trialpool.findings import InputError
from trialpool.records.files import read_result, result_of, to_plain
from trialpool.records.summaries import released_trials
from trialpool.reviews import example
from trialpool.settings import load_settings

ROOT = Path(__file__).resolve().parents[2]
HEADER = "trial_id,endpoint,tool,D1,D2,D3,D4,D5,overall,extraction"
# Made up, for this test alone: they say nothing of these trials.
JUDGED = (
    "deliver,,RoB 2,low,low,low,low,some concerns,some concerns,single",
    "deliver,CVD,RoB 2,low,high,low,low,low,high,single",
    "dapa-hf,CVD-HHF,RoB 2,low,low,,low,low,low,single",
)


@pytest.fixture(scope="module")
def review(tmp_path_factory):
    """The small review with invented judgements, built step by step without Snakemake."""
    root = tmp_path_factory.mktemp("judged") / "review"
    origin = example("heart-failure")
    shutil.copytree(origin, root, ignore=shutil.ignore_patterns("results", ".snakemake"))
    (root / "data/raw/risk_of_bias.csv").write_text("\n".join((HEADER, *JUDGED, "")), "utf-8")
    file = root / "config/config.yaml"
    settings = yaml.safe_load(file.read_text("utf-8"))
    settings["tables"].append("risk_of_bias")
    file.write_text(yaml.safe_dump(settings, sort_keys=False), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        results = root / settings["paths"]["results"]
        (results / "staging").mkdir(parents=True)
        config = Path("config/config.yaml")
        pipeline.effects(config, results / "staging/effects.csv")
        pipeline.audit(config, results / "audit.csv")
        pipeline.select(config, results / "staging/effects.csv", results / "audit.csv")
        for folder in sorted((results / "questions").iterdir()):
            pipeline.pool(folder)
        yield results


def test_judgements_travel_from_the_table_to_the_record_and_the_plot(review):
    with (review / "audit.csv").open(encoding="utf-8", newline="") as file:
        assert not [row for row in csv.DictReader(file) if row["level"] == "fatal"]
    found = {}
    for folder in sorted((review / "questions").iterdir()):
        result = json.loads((folder / "result.json").read_text("utf-8"))
        for trial in result["trials"]:
            entry = trial.get("risk_of_bias")
            found[trial["trial_id"], trial["endpoint"]] = entry
        own = WithRelease(read_result(folder / "result.json"))
        drawn = draw_configured(own, {"risk_of_bias": {"D1": "allocation"}})
        assert drawn.table.rob.names[0] == "allocation"
        assert drawn.table.rob.tool == "RoB 2"
        shown = {row.trial_id: row.cell("rob") for row in drawn.table.rows if row.kind == "trial"}
        assert shown["deliver"] == ("+ − + + + −" if "death" in folder.name else "+ + + + ! !")
        assert shown["emperor-preserved"] == ""
    assert found["deliver", "CVD"]["judgements"]["overall"] == "high"
    assert found["deliver", "CVD-HHF"]["judgements"]["overall"] == "some concerns"
    assert "D3" not in found["dapa-hf", "CVD-HHF"]["judgements"]
    assert found["emperor-preserved", "CVD"] is None


def test_a_judgement_that_is_none_stops_the_build(review, tmp_path):
    root = tmp_path / "review"
    shutil.copytree(review.parent, root)
    path = root / "data/raw/risk_of_bias.csv"
    path.write_text(path.read_text("utf-8").replace("low,high,low", "low,hgh,low"), "utf-8")
    settings, faults = load_settings(root / "config/config.yaml", root)
    from trialpool.audit.run import run_audit

    findings = run_audit(settings.path("raw"), settings.tables, settings, faults).findings
    (fault,) = [finding for finding in findings if finding.file == "risk_of_bias.csv"]
    assert (fault.level, fault.line, fault.column, fault.value) == ("fatal", 3, "D2", "hgh")


def test_a_build_marks_what_is_new_since_its_release(review, tmp_path):
    folder = sorted((review / "questions").iterdir())[0]
    record = json.loads((folder / "result.json").read_text("utf-8"))
    before = json.loads(json.dumps(record))
    gone = before["trials"].pop()
    before["trials"][0]["estimate"] += 0.01
    release = tmp_path / "release"
    place = release / "questions" / folder.name
    place.mkdir(parents=True)
    (place / "result.json").write_text(json.dumps(before), "utf-8")
    pipeline.figures(folder, {"pi_style": "density", "stripes": True}, release)
    with (folder / "forest.csv").open(encoding="utf-8", newline="") as file:
        notes = {row["trial_id"]: row["notes"] for row in csv.DictReader(file) if row["trial_id"]}
    svg = (folder / "forest.svg").read_text("utf-8")
    assert NEW in svg
    assert CHANGED in svg
    marked = {name for name, letters in notes.items() if letters}
    assert marked >= {gone["trial_id"], record["trials"][0]["trial_id"]}
    first = {path.name: path.read_bytes() for path in sorted(folder.glob("forest.*"))}
    pipeline.figures(folder, {"pi_style": "density", "stripes": True}, release)
    assert {path.name: path.read_bytes() for path in sorted(folder.glob("forest.*"))} == first
    pipeline.figures(folder, {}, tmp_path / "release")
    (place / "result.json").unlink()
    pipeline.figures(folder, {}, release)
    assert NEW not in (folder / "forest.svg").read_text("utf-8")


def test_a_release_that_is_not_there_is_named(review, tmp_path):
    folder = sorted((review / "questions").iterdir())[0]
    with pytest.raises(InputError, match=r"paths.release.*there is no such folder"):
        pipeline.figures(folder, {}, tmp_path / "none")


def test_a_baseline_serves_as_release():
    before = survival()
    del before["trials"][2]
    before["trials"][0]["se"] *= 1.1
    baseline = to_plain(summarise(result_of(before)))
    marked = with_flags(result_of(survival()), previous=released_trials(baseline))
    added = [[t for t in trial.flags if t in (NEW, CHANGED)] for trial in marked.trials]
    assert added[:4] == [[CHANGED], [], [NEW], []]
    assert not any(added[4:])


def test_arms_of_one_trial_are_told_apart():
    result = survival()
    one, two = result["trials"][:2]
    two |= {"trial_id": one["trial_id"], "comparison": "another"}
    before = json.loads(json.dumps(result))
    before["trials"][1]["estimate"] += 1.0
    marked = with_flags(result_of(result), previous=released_trials(before)).trials
    assert CHANGED not in marked[0].flags
    assert CHANGED in marked[1].flags
    del before["trials"][1]
    marked = with_flags(result_of(result), previous=released_trials(result_of(before))).trials
    assert NEW in marked[1].flags


def test_every_setting_of_figures_reaches_the_plot():
    result = judged()
    result["trials"][0]["extraction"] = "single"
    drawn = draw_configured(
        WithRelease(result_of(result)),
        {
            "preset": "bmj", "pi_style": "line", "squares": "events", "label_style": "source",
            "stripes": True, "symmetric": True, "method_line": True, "test_line": True,
            "shrunken": True, "totals_row": True, "stamp": "v2", "cid": {"HR": [0.9, 1.2], "RD": 5},
            "single_reader": True, "risk_of_bias": {"overall": "all in all"},
        },
    )  # fmt: skip
    looks = drawn.table.preset
    assert (looks.name, looks.pi_style, looks.squares) == ("bmj", "line", "events")
    assert all(getattr(looks, name) for name in SWITCHES)
    assert looks.cid == (0.9, 1.2)
    assert drawn.table.rob.names[-1] == "all in all"
    assert SINGLE_READER in dict(drawn.table.flags).values()
    assert "Data version: v2." in drawn.notes


def test_schema_allows_what_there_is():
    schema = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text("utf-8"))
    figures = schema["properties"]["figures"]["properties"]
    for name, choices in CHOICES.items():
        assert tuple(figures[name]["enum"]) == choices
    assert set(SWITCHES) <= set(figures)


def test_a_heading_has_drugs_first_the_class_in_grey_and_sums_known_in_part(real):
    """CLEOPATRA's arms have 402 and 406 patients; of PUFFIN's no number is in the data."""
    drawn = tp.forest(real["metastatic-os"])
    label = "pertuzumab added to trastuzumab + chemotherapy, first line"
    index, heading = next((i, r) for i, r in enumerate(drawn.table.rows) if r.label == label)
    assert (heading.experimental, heading.control) == ("≥ 402", "≥ 406")
    texts = drawn.geometry.texts_of(index)
    bold = next(text for text in texts if text.role == "heading" and text.text == label)
    grey = next(text for text in texts if text.role == "behind")
    assert (grey.text, grey.face, bold.face) == ("Domain II antibody", "regular", "bold")
    assert grey.x > bold.box[2]
    assert grey.y == bold.y
    assert any("≥: at least" in note for note in drawn.notes)
