"""Settings of means and rates: what questions may say, endpoints in both words, new trials."""

from typing import Any

import pytest
import yaml

from trialpool.evidence.schemas import TABLES
from trialpool.intake.check import NewFile, check_rows
from trialpool.intake.scaffold import NewTrial, scaffold
from trialpool.reviews import example
from trialpool.settings import load_settings
from trialpool.settings.documents import read_plain
from trialpool.settings.kinds import question_schema
from trialpool.settings.schemas import schema_path, violations

EXAMPLE = example("stroke-care")
STAY = yaml.safe_load((EXAMPLE / "config/questions.yaml").read_text("utf-8"))["length-of-stay"]


def faults(**changes: Any) -> list[str]:
    asked = {name: value for name, value in (STAY | changes).items() if value is not None}
    asked |= {"overall": None}
    return [fault.place for fault in violations(asked, question_schema("comparison"))]


@pytest.mark.parametrize(
    ("changes", "places"),
    [
        ({}, []),
        ({"units": {"weeks": 7}, "timepoints": ["discharge"]}, []),
        ({"unit": None}, [""]),
        ({"units": {"weeks": 0}}, ["units.weeks"]),
        ({"measure": "SMD", "unit": None}, []),
        ({"measure": "SMD", "unit": None, "values": None}, [""]),
        ({"measure": "SMD", "unit": None, "values": ["final", "change"]}, ["values"]),
        ({"measure": "SMD"}, [""]),
        ({"measure": "HR", "unit": None}, ["measure"]),
        ({"report_policy": "latest"}, ["report_policy"]),
        ({"absolute": {"landmark_months": 12}}, [""]),
        ({"margin": {"lower": -2, "source": "protocol"}, "design": "non-inferiority"}, []),
        ({"table": "rates", "measure": "IRR", "unit": None, "values": None}, []),
        ({"table": "rates", "measure": "IRR", "unit": None}, [""]),
    ],
)
def test_what_a_question_about_means_or_rates_may_say(changes, places: list[str]) -> None:
    assert faults(**changes) == places


def test_a_margin_of_a_ratio_stays_above_zero() -> None:
    ratio = {"measure": "ROM", "unit": None, "margin": {"lower": -2, "source": "protocol"}}
    assert faults(**ratio) == ["margin.lower"]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"name": "LDL", "higher_is_good": False, "table": "means"}, ""),
        ({"name": "LDL", "event_is_good": False}, ""),
        ({"name": "LDL"}, "one of the settings 'higher_is_good', 'event_is_good' is needed"),
        ({"name": "LDL", "higher_is_good": True, "event_is_good": True}, "and no other"),
    ],
)
def test_the_direction_of_an_endpoint_has_an_old_and_a_general_word(entry, words: str) -> None:
    config = yaml.safe_load((EXAMPLE / "config/config.yaml").read_text("utf-8"))
    config["endpoints"] = {"LDL": entry}
    told = list(violations(config, read_plain(schema_path("config"))))
    assert [words in fault.message for fault in told] == ([True] if words else [])


def test_a_new_trial_gets_its_rows_where_its_outcomes_belong() -> None:
    settings, _ = load_settings(EXAMPLE / "config/config.yaml")
    assert settings.endpoints["stay"].reported_in == "means"
    new = NewTrial("new", ["unit=specialist stroke care", "care=routine care"], ["stay", "stroke"])
    tables = scaffold(new, settings.endpoints).tables
    assert [row["row_id"] for row in tables["means"]] == ["new.stay.m01", "new.stay.m02"]
    assert {row["value"] for row in tables["means"]} == {"final"}
    assert [row["arm_id"] for row in tables["rates"]] == ["unit", "care"]


def test_new_rows_are_checked_and_told_what_they_yield() -> None:
    settings, _ = load_settings(EXAMPLE / "config/config.yaml")
    header = [column.name for column in TABLES["means"].columns]
    cells = {"row_id": "edinburgh.stay.new", "trial_id": "edinburgh", "arm_id": "specialist"}
    cells |= {"endpoint": "stay", "timepoint": "6 months", "value": "final", "unit": "days"}
    cells |= {"n": "150", "mean": "58", "se": "-3", "source_id": "normand1999"}
    cells |= {"extraction": "single"}
    line = ",".join(cells.get(name, "") for name in header)
    raw = f"{','.join(header)}\n{line}\n".encode()
    checked = check_rows(
        [NewFile("means.csv", raw, "means")],
        settings.path("raw"),
        settings.tables,
        settings,
    )
    (finding,) = [one for one in checked.findings if one.rule == "spread-positive"]
    assert (finding.file, finding.line, finding.column, finding.value) == (
        *("means.csv", 2, "se"),
        "-3",
    )
    (effect,) = checked.effects
    assert (effect["status"], effect["reason"]) == ("none", "the standard error gives no spread")
