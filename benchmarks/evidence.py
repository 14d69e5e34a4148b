"""What a build rests on, before and after: the table of docs/review/evidence.md.

Usage: python benchmarks/evidence.py                        saved side beside this checkout
       python benchmarks/evidence.py --save FILE CHECKOUT   measure a built checkout into FILE

The page gets the table between its marks. Both sides are measured by this file alone, from the raw
tables, effects.csv, comparisons.json and every result.json, whatever version wrote them.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "review" / "evidence.md"
BEFORE = Path(__file__).with_name("evidence_before.json")
_RESULTS: Final = ("time_to_event", "responses", "response_contrasts", "biomarker_contrasts")
_TABLES: Final = ("trials", "arms", *_RESULTS, "reconstructed_survival", "baseline_risk", "sources")
_GRADES: Final = ("article", "registry", "abstract", "regulatory", "release", "secondary copy")

Measured = dict[str, str]


def measure(checkout: Path) -> Measured:
    """Measure a built checkout: label to text, in the order of the table."""
    tables = {name: _rows(checkout / "data" / "raw" / f"{name}.csv") for name in _TABLES}
    built = checkout / "results"
    results = [json.loads(path.read_text(encoding="utf-8")) for path in _found(built)]
    comparisons = json.loads((built / "comparisons.json").read_text(encoding="utf-8"))
    return {
        **{f"rows of {name}.csv": str(len(rows)) for name, rows in tables.items() if rows},
        **_rungs(_rows(built / "effects.csv")),
        **_questions(results),
        **_comparisons(comparisons["comparisons"]),
        **_read_twice(tables),
        **_pooled(results, tables),
    }


def _found(built: Path) -> list[Path]:
    found = sorted((built / "questions").glob("*/result.json"))
    if not found:
        raise SystemExit(f"{built}: not built; run make report there")
    return found


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _rungs(effects: Sequence[Mapping[str, str]]) -> Measured:
    """Count the rows that yield an effect or a count, by rung, the commonest first."""
    rungs = Counter(row["rung"] for row in effects if row["status"] in ("effect", "count"))
    responses = [row["status"] == "count" for row in effects if row["table"] == "responses"]
    return {
        "rows with an effect or count": str(rungs.total()),
        **{f"– by {rung}": str(n) for rung, n in rungs.most_common()},
        "rows of responses.csv without a count": _share(responses.count(False), len(responses)),
    }


def _questions(results: Iterable[Mapping[str, Any]]) -> Measured:
    sizes = [len(result["trials"]) for result in results]
    trials = {trial["trial_id"] for result in results for trial in result["trials"]}
    return {
        "questions": str(len(sizes)),
        "– of these empty": str(sizes.count(0)),
        "trials with a pooled result": str(len(trials)),
        "pooled results, all questions": str(sum(sizes)),
    }


def _comparisons(comparisons: Iterable[Mapping[str, Any]]) -> Measured:
    """Count comparisons by the trials of their largest pool."""
    largest = [max(len(set(cell["trials"])) for cell in one["cells"]) for one in comparisons]
    return {
        "comparisons": str(len(largest)),
        "– of one trial": str(sum(k == 1 for k in largest)),
        "– of two to four": str(sum(2 <= k <= 4 for k in largest)),
        "– of five or more": str(sum(k >= 5 for k in largest)),
    }


def _read_twice(tables: Mapping[str, list[dict[str, str]]]) -> Measured:
    readers = [row.get("extraction", "") for name in _RESULTS for row in tables[name]]
    return {"rows of results read twice": _share(readers.count("double"), len(readers))}


def _pooled(
    results: Iterable[Mapping[str, Any]], tables: Mapping[str, list[dict[str, str]]]
) -> Measured:
    """Share of the pooled rows, each once, with identifiers, second readers and grades."""
    rows = {row["row_id"]: row for name in _TABLES for row in tables[name] if "row_id" in row}
    sources = {row["source_id"]: row for row in tables["sources"]}
    pooled = [
        (row_id, trial)
        for result in results
        for trial in result["trials"]
        for row_id in trial["row_ids"]
    ]
    grades = {row_id: trial.get("grade", "") for row_id, trial in pooled}
    # A response was read twice if both of its arms were.
    readers = {row_id: trial["extraction"] for row_id, trial in pooled}
    # A reconstructed curve names the PubMed number of its figure itself.
    identified = sum(
        bool(source.get("doi") or source.get("pmid"))
        for source in (sources.get(rows[r].get("source_id", ""), rows[r]) for r in grades)
    )
    twice = sum(reader == "double" for reader in readers.values())
    n = len(grades)
    return {
        "pooled rows": str(n),
        "– with DOI or PMID": _share(identified, n),
        "– read twice": _share(twice, n),
        **{
            f"– {name or 'grade not known'}": _share(list(grades.values()).count(name), n)
            for name in (*_GRADES, "")
        },
    }


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({100 * part / whole:.0f}%)" if whole else "none"


def table(before: Measured, after: Measured) -> str:
    """Write both sides as a Markdown table; what one side does not have is an en dash."""
    lines = ["| | before | after |", "|---|---:|---:|"]
    for label in _order(before, after):
        lines.append(f"| {label} | {before.get(label, '–')} | {after.get(label, '–')} |")
    return "\n".join(lines)


def _order(before: Measured, after: Measured) -> list[str]:
    """Order labels as after; one that only the other side has follows what stands before it."""
    labels = list(after)
    for previous, label in zip([None, *before], before, strict=False):
        if label not in labels:
            labels.insert(labels.index(previous) + 1 if previous in labels else 0, label)
    return labels


def main() -> None:
    """Save a side, or write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkout", nargs="?", type=Path, default=ROOT)
    parser.add_argument("--save", type=Path, help="write the measured side there")
    chosen = parser.parse_args()
    found = measure(chosen.checkout)
    if chosen.save is not None:
        text = json.dumps(found, ensure_ascii=False, indent=2) + "\n"
        chosen.save.write_text(text, encoding="utf-8")
        return
    block = table(json.loads(BEFORE.read_text(encoding="utf-8")), found)
    marks = ("<!-- before and after -->", "<!-- end of before and after -->")
    pattern = re.compile(".*?".join(map(re.escape, marks)), re.DOTALL)
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(pattern.sub(lambda _: f"\n\n{block}\n\n".join(marks), page), encoding="utf-8")
    print(block)


if __name__ == "__main__":
    main()
