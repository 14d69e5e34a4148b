"""Kinds of question: the schema is assembled of a base and a file per kind."""

from __future__ import annotations

import re
from pathlib import Path

import jsonschema
import pytest
import yaml
from question_files import BASE, child, read

from trialpool.settings import kinds
from trialpool.settings.schemas import schema_path

KINDS = [
    "comparison",
    "interaction",
    "mean_time",
    "network",
    "prognosis",
    "proportion",
    "single_group",
    "surrogacy",
]
MINIMAL = {
    "comparison": BASE,
    "interaction": BASE
    + child("""\
  kind: interaction
  measure: RHR
  variants: null
  interaction:
    biomarkers: {marker: {positive: [high], negative: [low]}}
    labels: {positive: more, negative: less}
"""),
    "mean_time": """\
child:
  title: Months
  question: How many?
  kind: mean_time
  horizon_months: 12
  endpoints: [OS]
  trials: {}
  contrasts: [strategy]
  multiarm: choose
  overall_reason: Different times.
""",
    "network": """\
child:
  title: Network
  question: How do all compare?
  kind: network
  table: time_to_event
  measure: HR
  endpoints: [OS]
  trials: {}
  populations: [itt]
  contrasts: [strategy]
  report_policy: latest
  reference: care
""",
    "prognosis": """\
child:
  title: Marker
  question: Who fares better?
  kind: prognosis
  measure: HR
  endpoints: [OS]
  trials: {}
  prognostic: {biomarker: marker, levels: [high, low]}
  overall_reason: One group.
""",
    "proportion": """\
child:
  title: Share
  question: What share?
  kind: proportion
  endpoints: [ORR]
  trials: {}
  definitions: [systemic]
  overall_reason: Different treatments.
""",
    "single_group": """\
child:
  title: Correlation
  question: How closely do they go together?
  kind: single_group
  table: correlations
  measure: ZCOR
  endpoints: [pain]
  variables: [age]
  trials: {}
  overall_reason: One group.
""",
    "surrogacy": """\
child:
  title: Early and late
  question: Does one foretell the other?
  kind: surrogacy
  table: time_to_event
  measure: HR
  report_policy: latest
  endpoints: [OS]
  populations: [itt]
  trials: {}
  contrasts: [strategy]
  early: {endpoints: [PFS], report_policy: blinded-primary}
""",
}
# Nobody has to write what a kind says of itself.
FILLED = {
    "mean_time": {
        **{"table": "reconstructed_survival", "measure": "RMSTD", "report_policy": "curve"},
        "overall": None,
    },
    "network": {"multiarm": "gls", "overall": None},
    "prognosis": {"table": "biomarker_contrasts", "report_policy": "all-arms", "overall": None},
    "proportion": {
        **{"table": "responses", "measure": "PLO", "report_policy": "surest-count"},
        **{"overall": None, "single_arm": {}},
    },
    "single_group": {"overall": None, "report_policy": "surest-number", "single_arm": {}},
    "surrogacy": {"overall": None, "multiarm": "choose"},
}


def test_a_kind_is_a_folder_with_settings():
    folder = kinds.KIND_FOLDERS[0]
    assert kinds.kinds() == KINDS
    assert sorted(path.parent.name for path in folder.glob("*/settings.yaml")) == KINDS
    assert kinds.DEFAULT_KIND in KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_assembled_schemas_are_schemas(kind):
    schema = kinds.question_schema(kind)
    jsonschema.Draft202012Validator.check_schema(schema)
    part = yaml.safe_load((kinds.KIND_FOLDERS[0] / kind / "settings.yaml").read_text())
    base = yaml.safe_load(schema_path("questions").read_text())["$defs"]
    assert set(schema["properties"]) == {
        *base["question"]["properties"],
        *part["shared"],
        *part["properties"],
    }
    assert set(part["shared"]) <= set(base["shared"]["properties"])


def test_every_shared_setting_is_shared():
    base = yaml.safe_load(schema_path("questions").read_text())["$defs"]
    assert {name for name in base["shared"]["properties"] if not kinds.kinds_with(name)} == set()


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_asked_with_what_is_its_own(tmp_path, kind):
    questions, origins, findings = read(tmp_path, MINIMAL[kind])
    assert findings == []
    name = "base" if kind == "comparison" else "child"
    assert questions[name]["kind"] == kind
    for setting, value in FILLED.get(kind, {}).items():
        assert questions[name][setting] == value
        assert origins.owner(name, setting) == ""
        assert origins.line(name, setting) is None


def test_a_question_without_kind_is_a_comparison(tmp_path):
    questions, origins, _ = read(tmp_path, BASE)
    assert questions["base"]["kind"] == "comparison"
    assert origins.line("base", "kind") is None


def test_a_setting_of_another_kind_names_question_setting_and_kinds(tmp_path):
    text = BASE + "  horizon_months: 12\n  single_arm: {}\n"
    _, _, findings = read(tmp_path, text)
    last = len(text.splitlines())
    assert [(f.rule, f.row_id, f.column, f.line) for f in findings] == [
        ("config-kind", "base", "horizon_months", last - 1),
        ("config-kind", "base", "single_arm", last),
    ]
    assert "of kind mean_time; this one is of kind comparison" in findings[0].message
    assert "of kind proportion or single_group;" in findings[1].message
    assert "kind: mean_time" in findings[0].remedy


def test_a_setting_of_another_kind_that_is_taken_over(tmp_path):
    """A child of another kind is told where the setting that does not fit was written."""
    text = BASE + child("""\
  kind: mean_time
  horizon_months: 12
  table: null
  measure: null
  report_policy: null
  variants: null
""")
    _, _, (fault,) = read(tmp_path, text)
    assert (fault.row_id, fault.column) == ("child", "populations")
    assert (
        "of kind comparison or interaction or network or single_group or surrogacy; this"
        in fault.message
    )
    assert "taken over from 'base'" in fault.message
    assert fault.line == 1 + text.splitlines().index("  populations: [itt]")


def test_an_unknown_kind_and_an_unknown_setting(tmp_path):
    _, _, (fault,) = read(tmp_path, BASE + "  kind: comparation\n")
    assert fault.message == f"must be one of {', '.join(map(repr, KINDS))}"
    assert (fault.row_id, fault.column, fault.value) == ("base", "kind", "comparation")
    _, _, (fault,) = read(tmp_path, BASE + "  shared: hard\n")
    assert (fault.rule, fault.column) == ("config-additionalProperties", "shared")
    assert "unknown setting 'shared'; known: absolute, all_arms, arm_names" in fault.message


def test_a_variant_changes_what_its_kind_lets_vary(tmp_path):
    months = MINIMAL["mean_time"] + (
        "  variants:\n    - {id: a, label: A, settings: {horizon_months: 6}}\n"
    )
    assert read(tmp_path, months)[2] == []
    _, _, (fault,) = read(tmp_path, months.replace("horizon_months: 6", "populations: [itt]"))
    assert fault.column == "variants.0.settings.populations"


@pytest.mark.parametrize(
    ("table", "measure", "policy", "allowed"),
    [
        ("time_to_event", "HR", "latest", True),
        ("time_to_event", "OR", "latest", False),
        ("time_to_event", "HR", "surest-count", False),
        ("responses", "OR", "surest-count", True),
        ("responses", "HR", "surest-count", False),
        ("responses", "OR", "latest", False),
        ("reconstructed_survival", "HR", "latest", False),
    ],
)
def test_measures_and_policies_follow_the_table(tmp_path, table, measure, policy, allowed):
    text = BASE + child(
        f"  table: {table}\n  measure: {measure}\n  report_policy: {policy}\n"
        "  definitions: [systemic]\n  variants: null\n"
    )
    assert (read(tmp_path, text)[2] == []) is allowed


def test_a_new_kind_is_one_folder(tmp_path, monkeypatch):
    """Ratios of medians, which the base schema does not know."""
    folder = tmp_path / "more" / "ratio_of_medians"
    folder.mkdir(parents=True)
    (folder / "settings.yaml").write_text(
        """\
description: a toy
shared: [contrasts]
required: [contrasts, time_unit]
properties:
  table: {const: time_to_event}
  measure: {const: ROM}
  report_policy: {const: latest}
  overall: {const: null}
  time_unit: {enum: [months, days]}
""",
        encoding="utf-8",
    )
    text = """\
medians:
  title: Medians
  question: What ratio?
  kind: ratio_of_medians
  endpoints: [OS]
  trials: {}
  contrasts: [strategy]
  time_unit: months
  overall_reason: Medians are not pooled.
"""
    assert [fault.column for fault in read(tmp_path, text)[2]] == ["kind"]
    monkeypatch.setattr(kinds, "KIND_FOLDERS", [*kinds.KIND_FOLDERS, tmp_path / "more"])
    questions, _, findings = read(tmp_path, text)
    assert findings == []
    assert questions["medians"]["measure"] == "ROM"
    _, _, (fault,) = read(tmp_path, BASE + "  time_unit: days\n")
    assert "of kind ratio_of_medians" in fault.message


README = (Path(__file__).parents[2] / "config" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_the_handbook_names_every_setting(kind):
    for setting in kinds.settings_of(kind):
        assert f"`{setting}`" in README, setting


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "comparison"])
def test_the_handbook_says_what_each_kind_takes(kind):
    row = next(line for line in README.splitlines() if line.startswith(f"| `{kind}`"))
    of_all = yaml.safe_load(schema_path("questions").read_text())["$defs"]["question"]["properties"]
    told = set(re.findall(r"`(\w+)`", row.rsplit("|", 2)[1]))
    assert told == set(kinds.settings_of(kind)) - set(of_all)
