"""Tables with few columns: what may be left out, what may not, and what is taken for a slip."""

import csv
import io
import re
import shutil
from pathlib import Path

import pytest

from trialpool.audit.run import run_audit
from trialpool.effects.derive import derive_as_configured
from trialpool.evidence.schemas import TABLES
from trialpool.evidence.tables import parse_table, read_tables
from trialpool.reviews import example, examples
from trialpool.settings import load_settings

ROOT = Path(__file__).resolve().parents[2]


def slim(path: Path) -> list[str]:
    """Take the columns out of a table that it need not have and that say nothing."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    spec = TABLES[path.stem]
    silent = {c.name for c in spec.columns if all(row[c.name] == c.unsaid for row in rows)}
    kept = [name for name in rows[0] if name in spec.required or name not in silent]
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, kept, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(out.getvalue(), "utf-8")
    return [name for name in rows[0] if name not in kept]


@pytest.mark.parametrize("name", examples())
def test_a_column_that_is_left_out_is_empty(tmp_path: Path, name: str) -> None:
    shutil.copytree(example(name), tmp_path / "full")
    shutil.copytree(example(name), tmp_path / "few")
    left_out = {path.name: slim(path) for path in (tmp_path / "few/data/raw").glob("*.csv")}
    assert sum(map(len, left_out.values())) >= 4
    seen = []
    for place in (tmp_path / "full", tmp_path / "few"):
        settings, faults = load_settings(place / "config/config.yaml")
        evidence, found = read_tables(place / "data/raw", settings.tables)
        assert [str(finding) for finding in found] == []
        audit = run_audit(place / "data/raw", settings.tables, settings, faults)
        effects = list(derive_as_configured(evidence, settings.config))
        seen.append(([str(finding) for finding in audit.findings], audit.judged, effects))
    assert seen[0] == seen[1]


def test_required_columns_are_few_and_those_of_the_dictionary() -> None:
    text = (ROOT / "docs/reference/data-dictionary.md").read_text("utf-8")
    told = dict(re.findall(r"^Required in (\w+)\.csv: (.+)\.$", text, re.MULTILINE))
    assert told == {n: ", ".join(f"`{c}`" for c in t.required) for n, t in TABLES.items()}
    for table in TABLES.values():
        words = {column.name: column for column in table.columns}
        assert set(table.key) <= set(table.required)
        for name in words.keys() - set(table.required):
            # Empty, or the only word: a row of a table that lacks the column is a row like others.
            assert words[name].kind != "choice" or words[name].unsaid in words[name].choices, name


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("trial_id,trial", "column 'design' is missing"),
        ("trial_id,trial,Design", "Rename 'Design', if that is it."),
        ("trial_id,trial,design,blindng", "column 'blindng' is none of this table, which lacks"),
        ("trial_id,trial,design,N randomised", "Rename it; if it holds something else, add"),
        ("trial_id,trial,design,blindng,blinding", ""),
        ("trial_id,trial,design,setting,line", ""),
    ],
)
def test_a_missing_column_and_one_that_is_nearly_there(header: str, told: str) -> None:
    table, findings = parse_table(f"{header}\n".encode(), TABLES["trials"], "trials.csv")
    assert table is not None
    assert [(f.level, f.rule, f.line) for f in findings] == [("fatal", "column-exists", 1)] * bool(
        told
    )
    assert told in "".join(map(str, findings))


@pytest.mark.parametrize("mark", [";", "\t"])
def test_another_separator_is_one_fault(mark: str) -> None:
    raw = mark.join(("trial_id", "trial", "design")).encode()
    table, (finding,) = parse_table(raw, TABLES["trials"], "trials.csv")
    assert table is None
    assert (finding.rule, finding.line) == ("csv", 1)
    assert f"separated by {mark!r}" in finding.message
