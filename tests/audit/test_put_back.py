"""88 rows that repeated another one, taken out of the data by hand: the audit finds them again.

`fixtures/put_back` holds each of them beside the row that was kept.
"""

from __future__ import annotations

import csv
import math
from collections import Counter
from pathlib import Path

import pytest

from trialpool.audit.context import AuditContext
from trialpool.audit.registry import rule_of
from trialpool.evidence.schemas import TABLES
from trialpool.evidence.tables import Evidence, RawTable, read_tables
from trialpool.findings import Finding
from trialpool.settings import load_settings

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = Path(__file__).parent / "fixtures" / "put_back"
RESULTS = ("time_to_event", "responses", "biomarker_contrasts")
RULES = ("row-twice", "result-of-one-trial")
PAIRS = [
    (row["kept"], row["removed"])
    for row in csv.DictReader((FIXTURES / "pairs.csv").open(encoding="utf-8"))
]
# Removed row -> why no rule of the audit can tell it from a true one.
MISSED = {
    "aphinity.idfs.t05": "a later report restates the result: reports stay side by side",
    "sold.dfs.t02": "a review computed other limits for another level",
    "short-her.dfs.t03": "a review computed other limits for another level",
    "filho-t-dm1-p.pcr.r03": "none of 16 in a level that is named by another word",
    "neosphere.pcr.b01": "estimate and p-value alone, and the marker is named by other words",
}


def rows_of(folder: Path, name: str) -> tuple[dict[str, str], ...]:
    evidence, faults = read_tables(folder, [name])
    assert faults == []
    return evidence.rows(name)


@pytest.fixture(scope="module")
def found() -> list[Finding]:
    """What the two rules say of the shipped tables with all pairs in them."""
    tables = {}
    for name in ("sources", *RESULTS):
        key = TABLES[name].key
        back = rows_of(FIXTURES, name)
        ids = {tuple(row[column] for column in key) for row in back}
        shipped = rows_of(ROOT / "data" / "raw", name)
        others = [row for row in shipped if tuple(row[column] for column in key) not in ids]
        columns = tuple(column.name for column in TABLES[name].columns)
        tables[name] = RawTable(columns, (*others, *back))
    settings, _ = load_settings(ROOT / "config" / "config.yaml", ROOT)
    context = AuditContext(Evidence(tables), settings)
    judgements = [judgement for id_ in RULES for judgement in rule_of(id_).judge(context)]
    return [judgement for judgement in judgements if judgement is not None]


def is_told(found: list[Finding], kept: str, removed: str) -> bool:
    """Whether a finding on one row of a pair names the other."""
    pair = {kept, removed}
    named = [finding for finding in found if finding.row_id in pair]
    return any(f" {other} " in finding.message for finding in named for other in pair)


def test_the_pairs_put_back_are_found_but_for_those_named(found):
    assert len(PAIRS) == 88
    missed = [removed for kept, removed in PAIRS if not is_told(found, kept, removed)]
    assert sorted(missed) == sorted(MISSED)


def test_no_true_pair_is_reported(found):
    """Rows of one trial that the review kept side by side, and rows of different trials."""
    known = {row_id for pair in PAIRS for row_id in pair}
    # A news page under two sources: a real repetition that was overlooked when the 88 were found.
    known |= {"sophia.pfs.t02", "sophia.pfs.t03"}
    assert [str(finding) for finding in found if finding.row_id not in known] == []


def test_the_true_pairs_are_more_than_ten_thousand():
    of_one_trial = Counter()
    every = 0
    for name in RESULTS:
        rows = rows_of(ROOT / "data" / "raw", name)
        every += math.comb(len(rows), 2)
        of_one_trial.update(Counter((name, row["trial_id"]) for row in rows))
    hard = sum(math.comb(n, 2) for n in of_one_trial.values())
    assert hard > 2_000
    assert every > 10_000
