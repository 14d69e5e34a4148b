"""How often each rule of the audit finds a slip of extraction: tables of docs/reference/audit.md.

Rows are computed from a true model and printed (tests/audit/printed_rows.py). In each, one cell
gets one digit changed, or two neighbouring digits swapped. Seeded: the same tables every time.

Usage: python benchmarks/audit_power.py [DRAWS]
"""

from __future__ import annotations

import sys
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "audit"), str(ROOT / "benchmarks")]

from audit_tables import PAGE, put  # noqa: E402
from printed_rows import COINCIDENCES, GENERATORS, ratios_with_medians  # noqa: E402
from rule_cases import context_of  # noqa: E402

from trialpool.audit.registry import ROW_RULES  # noqa: E402
from trialpool.audit.rule import Case, Rule  # noqa: E402

JUDGING = [rule for rule in ROW_RULES if rule.id in GENERATORS or rule.id in COINCIDENCES]
WHOLE = (
    *("estimate", "ci_lower", "ci_upper", "p_value", "median_experimental", "median_control"),
    *("events_experimental", "events_control", "n_experimental", "n_control"),
)
Slip = Callable[[np.random.Generator, str], str | None]


def one_digit(rng: np.random.Generator, text: str) -> str | None:
    """Return the text with one digit changed into another."""
    places = [i for i, char in enumerate(text) if char.isdigit()]
    if not places:
        return None
    at = int(rng.choice(places))
    new = str(rng.choice([d for d in "0123456789" if d != text[at]]))
    return text[:at] + new + text[at + 1 :]


def two_swapped(rng: np.random.Generator, text: str) -> str | None:
    """Return the text with two neighbouring, different digits swapped."""
    places = [i for i, char in enumerate(text) if char.isdigit()]
    pairs = [(i, j) for i, j in pairwise(places) if text[i] != text[j]]
    if not pairs:
        return None
    i, j = pairs[int(rng.integers(len(pairs)))]
    chars = list(text)
    chars[i], chars[j] = chars[j], chars[i]
    return "".join(chars)


def trial_of(row_id: str) -> str:
    """Return the trial of a row, t7 of t7.os or t7 / x."""
    return row_id.partition(".")[0].partition(" /")[0]


def flagged(case: Case, rules: list[Rule]) -> dict[str, set[str]]:
    """Trials that each rule finds fault with."""
    context = context_of(case)
    return {
        rule.id: {trial_of(f.row_id) for f in rule.judge(context) if f is not None}
        for rule in rules
    }


def slipped(
    rng: np.random.Generator, case: Case, columns: tuple[str, ...], slip: Slip
) -> tuple[Case, dict[str, str]]:
    """One slip in each trial: the changed rows, and the column of the slip by trial."""
    tables = {name: [dict(row) for row in rows] for name, rows in case.tables.items()}
    places: dict[str, list[tuple[dict[str, str], str]]] = defaultdict(list)
    for rows in tables.values():
        for row in rows:
            trial = row.get("trial_id") or row.get("source_id", "")
            places[trial] += [(row, column) for column in columns if row.get(column)]
    hit = {}
    for trial, cells in places.items():
        for at in rng.permutation(len(cells)):
            row, column = cells[at]
            new = slip(rng, row[column])
            if new is not None:
                row[column], hit[trial] = new, column
                break
    return Case(tables), hit


def share(found: int, of: int) -> str:
    """Return a share as a whole percentage."""
    if not of:
        return ""
    percent = 100.0 * found / of
    return "< 1" if 0 < percent < 1 else f"{percent:.0f}"


def by_rule(draws: int) -> Iterator[str]:
    """Rows of the table by rule."""
    for rule in ROW_RULES:
        if rule.id not in GENERATORS:
            continue
        generator, columns = GENERATORS[rule.id]
        cells = [f"`{rule.id}`"]
        for slip in (one_digit, two_swapped):
            rng = np.random.default_rng([zlib.crc32(rule.id.encode()), 1])
            case = generator(rng, draws)
            before = flagged(case, JUDGING)
            changed, hit = slipped(rng, case, columns, slip)
            after = flagged(changed, JUDGING)
            new = {name: (after[name] - before[name]) & set(hit) for name in after}
            anyone = set().union(*new.values())
            cells += [share(len(new[rule.id]), len(hit)), share(len(anyone), len(hit))]
        yield "| " + " | ".join(cells) + " |"


def by_cell(draws: int) -> Iterator[str]:
    """Rows of the table by cell of a whole report."""
    rng = np.random.default_rng(2)
    case = ratios_with_medians(rng, draws)
    before = flagged(case, JUDGING)
    for column in WHOLE:
        cells = [f"`{column}`"]
        names: dict[str, int] = defaultdict(int)
        for slip in (one_digit, two_swapped):
            changed, hit = slipped(rng, case, (column,), slip)
            after = flagged(changed, JUDGING)
            new = {name: (after[name] - before[name]) & set(hit) for name in after}
            cells.append(share(len(set().union(*new.values())), len(hit)))
            for name, trials in new.items():
                names[name] += len(trials)
        best = sorted((name for name in names if names[name]), key=lambda name: -names[name])[:3]
        yield "| " + " | ".join([*cells, ", ".join(f"`{name}`" for name in best)]) + " |"


def main() -> None:
    """Write both tables."""
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
    head = [
        "| rule | one digit: this rule | any rule | two swapped: this rule | any rule |",
        "|---|---:|---:|---:|---:|",
    ]
    cells = ["| cell | one digit | two swapped | found most by |", "|---|---:|---:|---|"]
    rules, places = "\n".join([*head, *by_rule(draws)]), "\n".join([*cells, *by_cell(draws)])
    text = put(PAGE.read_text(encoding="utf-8"), "power by rule", rules)
    PAGE.write_text(put(text, "power by cell", places), encoding="utf-8")


if __name__ == "__main__":
    main()
