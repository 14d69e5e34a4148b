"""What the audit must find by itself in data/raw, and what it must not."""

from pathlib import Path

import pytest

from trialpool.audit.registry import RULES
from trialpool.audit.run import Audit, run_audit
from trialpool.settings import load_settings

ROOT = Path(__file__).resolve().parents[2]
# Tables that a review may have, and this one has not: people have not judged it, and its outcomes
# are times and responses.
ABSENT = ("certainty", "risk_of_bias", "means", "rates", "outcome_contrasts", "correlations")


@pytest.fixture(scope="module")
def shipped() -> Audit:
    settings, faults = load_settings(ROOT / "config" / "config.yaml", ROOT)
    return run_audit(ROOT / "data" / "raw", settings.tables, settings, faults)


def test_nothing_is_fatal(shipped):
    assert [f for f in shipped.findings if f.level == "fatal"] == []


@pytest.mark.parametrize(
    ("level", "rule", "row_id"),
    [
        ("unusable", "interval-symmetric", "cerebel.os.t01"),
        ("unusable", "interval-width", "usor-tpc.pfs.t01"),
        ("unusable", "interval-width", "usor-tpc.pfs.t02"),
        ("unusable", "events-match-percent", "neo-lath.pcr.r01"),
        ("warning", "rungs-disagree", "cerebel.os.t01"),
        ("warning", "rungs-disagree", "marianne.pfs.t01"),
        ("warning", "rungs-disagree", "marianne.pfs.t02"),
        ("warning", "hr-against-curve", "altto.os.t02"),
        ("warning", "hr-against-curve", "neoaltto.os.t02"),
        ("warning", "hr-against-curve", "th3resa.os.t01"),
        ("warning", "median-against-curve", "bolero-1.pfs.t01"),
        ("warning", "p-one-sided", "bolero-3.os.t01"),
        ("warning", "p-one-sided", "reflections-b327-02.os.t01"),
        ("accepted", "same-number-two-endpoints", "cher-lob.rfs.b03"),
        ("warning", "row-n-at-most-arm-n", "geparsepto.idfs.t01"),
        ("accepted", "nct_in_review-form", "HER2CLIMB-04"),
    ],
)
def test_known_faults_are_found(shipped, level, rule, row_id):
    found = {(f.level, f.rule, f.row_id) for f in shipped.findings}
    assert (level, rule, row_id) in found


def test_every_rule_on_rows_has_something_to_judge(shipped):
    assert [name for name in ABSENT if (ROOT / "data" / "raw" / f"{name}.csv").exists()] == []
    idle = [rule for rule in RULES if shipped.judged.get(rule.id) == 0]
    assert set(ABSENT) <= {table for rule in idle for table in rule.tables}
    assert [rule.id for rule in idle if not set(rule.tables) & set(ABSENT)] == []


def test_counts_add_up(shipped):
    assert sum(row["n"] for row in shipped.counts()) == len(shipped.findings)
    levels = ("fatal", "unusable", "warning", "accepted")
    assert sum(row[level] for row in shipped.rules() for level in levels) == len(shipped.findings)


def test_sources_without_identifier_are_listed(shipped):
    assert "alba2014bjc" in shipped.without_identifier
    assert "alexeev2020bmccancer" not in shipped.without_identifier
