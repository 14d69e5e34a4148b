"""A retraction from PubMed's file to the pool: merged, audited, its rows left out."""

from __future__ import annotations

import csv

import pytest
from intake_tables import build

NOTICE = """PMID- 90000001
TI  - Retraction: Dapagliflozin in patients with heart failure and reduced ejection fraction.
DP  - 2025
PT  - Retraction of Publication
ROF - N Engl J Med. 2019 Nov 21;381(21):1995-2008. PMID: 31535829

PMID- 32865377
TI  - Cardiovascular and renal outcomes with empagliflozin in heart failure.
AU  - Packer M
DP  - 2020
PT  - Journal Article
PT  - Retracted Publication
RRI - Nat Med. 2021;27:1954. PMID: 34449189
"""


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture
def review(tmp_path, monkeypatch):
    build(tmp_path / "review")
    monkeypatch.chdir(tmp_path / "review")
    return tmp_path / "review"


def test_from_the_file_to_the_pool(review, run, run_json):
    file = review / "saved.nbib"
    file.write_text(NOTICE, encoding="utf-8")
    assert run("sources", "--merge", file, "--write").exit_code == 0
    status = {row["source_id"]: row for row in rows_of(review / "data/raw/sources.csv")}
    assert status["mcmurray2019"]["status"] == "retracted"
    assert (status["packer2020"]["status"], status["packer2020"]["replaced_by"]) == (
        "retracted",
        "anker2021",
    )
    assert status["solomon2022"]["status"] == ""

    audit = run_json("audit", "data/raw")
    told = {
        one["row_id"]: one["message"]
        for one in audit["findings"]
        if one["rule"] == "source-not-retracted"
    }
    assert told["dapa-hf.cvd.t01"].endswith("no report is named that takes its place")
    assert "replaced by anker2021" in told["emperor-reduced.cvd.t01"]
    assert not any("deliver" in row_id for row_id in told)

    assert run("step", "effects", "-o", "effects.csv").exit_code == 0
    assert run("step", "audit", "-o", "audit.csv").exit_code == 0
    selected = run("step", "select", "--effects", "effects.csv", "--findings", "audit.csv")
    assert selected.exit_code == 0, selected.output
    folder = review / "results/questions/worsening"
    assert {row["trial_id"] for row in rows_of(folder / "input.csv")} == {
        "deliver",
        "emperor-preserved",
    }
    left = {row["row_id"]: row for row in rows_of(folder / "excluded.csv")}
    assert left["dapa-hf.cvd-hhf.t01"]["stage"] == "retracted"
    assert left["emperor-reduced.cvd-hhf.t01"]["reason"].endswith("replaced by anker2021")


def test_an_import_keeps_the_status_and_a_check_of_its_rows_reads_it(review, run, run_json):
    file = review / "saved.nbib"
    file.write_text(NOTICE, encoding="utf-8")
    out = review / "imported"
    assert run("import", "pubmed", file, "--out", out).exit_code == 0
    (row,) = rows_of(out / "sources.csv")
    assert (row["pmid"], row["status"]) == ("32865377", "retracted")
    # A new row that cites the imported source.
    with (review / "data/raw/time_to_event.csv").open(encoding="utf-8", newline="") as stream:
        first = next(iter(csv.DictReader(stream)))
    new = {**first, "row_id": "dapa-hf.cvd.t09", "endpoint": "CVD", "source_id": row["source_id"]}
    with (out / "time_to_event.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(new))
        writer.writeheader()
        writer.writerow(new)
    findings = run_json("check-row", out, status=1)["findings"]
    told = {(one["rule"], one["row_id"]) for one in findings}
    assert ("source-not-retracted", "dapa-hf.cvd.t09") in told
    # The source stands in the tables under the same id already.
    assert [one["rule"] for one in findings if one["level"] == "fatal"] == ["key-once"]
