"""A kind of question is one folder and one entry of the registry: a toy goes the whole way."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from site_pages import texts

from trialpool.audit.configuration.markers import check_marker_levels
from trialpool.audit.context import AuditContext
from trialpool.effects.derive import derive_effects
from trialpool.evidence.tables import read_tables
from trialpool.figures import draw_forest
from trialpool.measures import MEASURES, Measure
from trialpool.pooling.options import MEASURE_SCALES
from trialpool.questions import registry
from trialpool.questions.shared.selection.files import read_selection, write_selection
from trialpool.questions.shared.selection.library import Library
from trialpool.records.base import kind_of
from trialpool.records.files import read_result, write_record
from trialpool.settings import kinds, load_settings
from trialpool.settings.questions import load_questions

ROOT = Path(__file__).resolve().parents[2]
QUESTION = {
    **{"kind": "ratio_of_medians", "title": "Ratio of medians", "question": "How much later?"},
    **{"measure": "RM", "endpoints": ["PFS"], "populations": ["itt"], "contrasts": ["strategy"]},
    "trials": {"design": ["rct"], "setting": ["metastatic"]},
    "report_policy": "blinded-primary",
}


@pytest.fixture
def toy(monkeypatch):
    """One folder and one entry; the measure is one line of the table of measures."""
    place = Path(__file__).parent
    monkeypatch.syspath_prepend(place)
    kind = registry.Kind("ratio_of_medians", "ratio_of_medians.records")
    monkeypatch.setitem(registry.KINDS, "ratio_of_medians", kind)
    monkeypatch.setattr(kinds, "KIND_FOLDERS", [*kinds.KIND_FOLDERS, place])
    monkeypatch.setitem(MEASURES, "RM", Measure("RM", "ratio of medians", "log"))
    monkeypatch.setitem(MEASURE_SCALES, "RM", "log")


def test_a_toy_kind_is_selected_pooled_drawn_worded_and_shown(toy, tmp_path):
    file = tmp_path / "questions.yaml"
    file.write_text(yaml.safe_dump({"medians": QUESTION}), encoding="utf-8")
    questions, _, faults = load_questions(file)
    assert faults == []

    settings, _ = load_settings(ROOT / "config" / "config.yaml", ROOT)
    evidence, _ = read_tables(settings.path("raw"), settings.tables)
    asking = replace(settings, questions=questions)
    assert list(check_marker_levels(AuditContext(evidence, asking))) == []
    library = Library(evidence, derive_effects(evidence), settings.taxonomy, {})
    room = registry.stage("ratio_of_medians", "select")
    pooling = settings.config["pooling"]
    asked = room.asked("medians", questions["medians"], pooling, settings.endpoints)
    write_selection(tmp_path, *room.select(library, asked))

    question, trials = read_selection(tmp_path)
    assert kind_of(question) == "ratio_of_medians"
    result, _ = registry.stage(kind_of(question), "pool").pool(question, trials)
    write_record(tmp_path / "result.json", result)
    result = read_result(tmp_path / "result.json")

    cleopatra = next(trial for trial in result.trials if trial.trial_id == "cleopatra")
    # Baselga 2012: medians of 18.5 and 12.4 months, 191 and 242 events.
    assert cleopatra.estimate == pytest.approx(math.log(18.5 / 12.4))
    assert cleopatra.se == pytest.approx(math.sqrt(1 / 191 + 1 / 242))
    assert {group.k for group in result.groups} == {1}
    assert result.overall is None

    drawn = draw_forest(result)
    assert drawn is not None
    group = next(group for group in result.groups if group.label == cleopatra.group)
    told = registry.stage(kind_of(result), "words").conclude(group, result).text
    assert told == "median 1.5 times that of the control."
    lines = list(registry.stage(kind_of(result), "table").table_lines(result))
    assert "| the trial: 1.49" in "\n".join(lines)
    site = texts([result], {"medians": "<svg/>"}, settings.config["report"])
    page = "".join(site.values())
    assert told in page
    assert "Ratios of medians are never pooled." in page
