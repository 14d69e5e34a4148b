"""The audit's findings as the report shows them."""

from msgspec import structs
from report_records import survival

from trialpool.findings import FINDING_COLUMNS
from trialpool.records.groups import UNPLACED, ExcludedRow
from trialpool.report.checks import summarise_audit


def finding(row_id: str, rule: str = "population-known") -> dict[str, str]:
    empty = dict.fromkeys(FINDING_COLUMNS, "")
    return {**empty, "level": "warning", "rule": rule, "row_id": row_id, "message": "it stays out"}


def test_an_unplaced_population_is_told_with_the_questions_that_wait_for_it():
    result = survival()
    row = ExcludedRow(row_id="a.os.t01", trial_id="a", label="A", stage=UNPLACED, reason="unknown")
    waits = structs.replace(result, excluded=(*result.excluded, row))
    found = [finding("a.os.t01"), finding("b.os.t01"), finding("a.os.t01", "row-twice")]
    groups = {g["rule"]: g for g in summarise_audit(found, (), [waits])["warnings"]}
    first, second = (one["message"] for one in groups["population-known"]["findings"])
    assert first == (f"it stays out; once placed as the whole trial it could enter: {result.id}")
    assert second.endswith("it could enter: no question")
    assert groups["row-twice"]["findings"][0]["message"] == "it stays out"
