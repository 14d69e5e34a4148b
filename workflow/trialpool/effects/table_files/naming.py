"""Which columns of a table hold the effects: names of other programs become those used here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from trialpool.effects.table_files.column_sets import (
    LOGGED,
    SETS,
    ColumnSet,
    level_in,
    plain,
    without_level,
)
from trialpool.effects.table_files.computed import from_limits, patients
from trialpool.effects.table_files.numbers import whole_numbers
from trialpool.effects.table_files.renaming import intervals_apart, rename, renamed
from trialpool.effects.table_files.table import Table
from trialpool.findings import Finding, InputError

_WHOLE: Final = ("events", "n", "nonevents", "both", "only_first", "only_second", "neither")
_ESCALC: Final = re.compile(r"[abcdnmxtr]i|[nmxt][12]i|sd[12]?i")


@dataclass(frozen=True)
class Named:
    """A table whose columns have the names used here.

    Attributes
    ----------
    table : Table
    used : tuple of str
        Columns of the set that is read; empty where no set was recognised.
    """

    table: Table
    used: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Match:
    """A set of which a table holds every column."""

    own: ColumnSet
    columns: Mapping[str, str]

    @property
    def exact(self) -> bool:
        """Whether the table uses the names of this package."""
        return all(name == header for name, header in self.columns.items())


def name_columns(
    table: Table, measure: str | None = None, columns: Mapping[str, str] | None = None
) -> Named:
    """Give the columns that hold the effects the names used here.

    Parameters
    ----------
    table : Table
    measure : str, optional
        Says which set is meant where a table holds several.
    columns : mapping of str to str, optional
        Header in the file by the name that it should have, as `--columns` says.

    Raises
    ------
    InputError
        If it is not clear which columns are meant.
    UnknownColumnError
        If there is no such header.
    """
    asked = dict(columns or {})
    table = intervals_apart(rename(table, asked))
    matches, doubled = _matches(table)
    chosen = _choose(table, matches, measure, set(asked))
    if chosen is None:
        if doubled and not matches:
            raise _unclear(table, doubled[0])
        return Named(table)
    return _apply(table, chosen, matches)


def _matches(table: Table) -> tuple[list[_Match], list[str]]:
    """Find the sets of which every column is there, and say which columns play a role twice."""
    found: dict[str, list[str]] = {}
    for name in table.columns:
        for form in dict.fromkeys((plain(name), without_level(name))):
            found.setdefault(form, []).append(name)
    matches, doubled = [], []
    for own in SETS:
        columns: dict[str, str] = {}
        unclear = []
        # Names of escalc beside usual ones: they go together.
        escalc = {role: _escalc(found, forms) for role, forms in own.roles.items()}
        for role, forms in {**own.roles, **own.optional}.items():
            # The name used here comes before all others.
            there = (
                [role]
                if role in table.columns
                else list(dict.fromkeys(name for form in forms for name in found.get(form, ())))
            )
            if len(there) > 1:
                first = found.get(forms[0], ())
                there = list(first) if len(first) == 1 else there
            if len(there) == 1:
                columns[role] = there[0]
            elif len(there) > 1 and role in own.roles:
                unclear.append(
                    f"{', '.join(table.header(name) for name in there)} may each be {role}"
                )
        if unclear and all(escalc.values()):
            columns |= {role: name for role, name in escalc.items() if name is not None}
        elif unclear:
            doubled += unclear
        once = len(set(columns.values())) == len(columns)
        if once and all(role in columns for role in own.roles):
            matches.append(_Match(own, columns))
    return matches, doubled


def _escalc(found: Mapping[str, Sequence[str]], forms: Sequence[str]) -> str | None:
    """Return the column that escalc's name of a role finds."""
    names = [n for form in forms if _ESCALC.fullmatch(form) for n in found.get(form, ())]
    return names[0] if len(names) == 1 else None


def _choose(
    table: Table, matches: Sequence[_Match], measure: str | None, asked: set[str]
) -> _Match | None:
    """Choose the set that is meant; None where there is none, or the names used here clash."""
    left = list(matches)
    if asked and left:
        most = max(len(asked & {*m.columns, *m.columns.values()}) for m in left)
        left = [m for m in left if len(asked & {*m.columns, *m.columns.values()}) == most]
    if measure is not None and measure != "generic":
        served = [m for m in left if m.own.measures and measure in m.own.measures]
        left = served or [m for m in left if not m.own.measures] or left
    # Patients, or patients without an event: the same table of two by two.
    counts = [m for m in left if m.own.name == "events and patients of two arms"]
    if counts:
        left = [m for m in left if m.own.name != "events and non-events of two arms"]
    return _of_several(table, left, measure) if len(left) > 1 else next(iter(left), None)


def _of_several(table: Table, left: Sequence[_Match], measure: str | None) -> _Match | None:
    """Choose one of several sets; None where the names used here clash."""
    # One estimate with several spreads is one effect: its first set stands for it.
    effects: dict[str, _Match] = {}
    others = []
    for match in left:
        estimate = _estimate(match)
        if estimate is None:
            others.append(match)
        else:
            effects.setdefault(estimate, match)
    rest = [*effects.values(), *others]
    exact = [m for m in rest if m.exact]
    written = [m for m in effects.values() if "yi" in m.columns]
    if measure is None and any(m.own.name.startswith("events and non-events") for m in rest):
        rest = [m for m in rest if not m.own.name.startswith("pairs")]
    # What leaves out a column of another set is not what the table was made for.
    read = [set(m.columns.values()) for m in rest]
    rest = [m for m, own in zip(rest, read, strict=True) if not any(own < x for x in read)]
    # Names used here come first, then effects that somebody computed, for whoever did meant them.
    for chosen in (exact, written, rest):
        if len(chosen) == 1:
            return chosen[0]
        if chosen is exact and len(exact) > 1:
            return None
    names = "; ".join(
        f"{m.own.name} ({', '.join(table.header(c) for c in m.columns.values())})" for m in rest
    )
    raise _unclear(table, f"the columns hold several sets, and only one can be meant: {names}")


def _estimate(match: _Match) -> str | None:
    """Return the header of a printed or computed effect; None of counts and means."""
    roles = match.own.roles
    if "yi" in roles:
        return match.columns["yi"]
    if {"ci_lower", "p_value", "sei"} & set(roles):
        return match.columns[next(iter(roles))]
    return None


def _unclear(table: Table, problem: str) -> InputError:
    remedy = "Say which are meant with --columns NAME=HEADER,…, or with --measure, or drop columns."
    return InputError(
        [Finding("fatal", "columns", table.file, table.header_line, message=f"{problem}.",
                 remedy=remedy)]
    )  # fmt: skip


def _apply(table: Table, chosen: _Match, matches: Sequence[_Match]) -> Named:
    """Rename the columns of a set, and compute what it gives otherwise."""
    roles = {header: role for role, header in chosen.columns.items()}
    taken = set(chosen.columns)
    names = {
        name: roles.get(name, f"({name})" if name in taken else name) for name in table.columns
    }
    warnings = list(table.warnings)
    told = [
        f"{table.header(header)} as {role}"
        for header in table.columns
        if (role := roles.get(header)) and plain(table.header(header)) != plain(role)
    ]
    if told:
        warnings.append(
            Finding("warning", "columns-read", table.file, table.header_line,
                    message=f"read: {', '.join(told)}")
        )  # fmt: skip
    unused = [
        table.header(name)
        for match in matches
        for name in match.columns.values()
        if name not in roles and _rivals(match, chosen)
    ]
    if unused:
        warnings.append(
            Finding("warning", "columns-unused", table.file, table.header_line,
                    message=f"not used beside {chosen.own.name}: "
                    f"{', '.join(dict.fromkeys(unused))}",
                    remedy="--columns or --measure chooses them.")
        )  # fmt: skip
    measure = next(iter(chosen.own.measures)) if len(chosen.own.measures) == 1 else None
    level = next(
        (found for name in chosen.columns.values() if (found := level_in(table.header(name)))), ""
    )
    table = replace(renamed(table, names), warnings=tuple(warnings), measure=measure)
    table = whole_numbers(table, [c for c in chosen.columns if c.startswith(_WHOLE)])
    used = tuple(chosen.columns)
    if "nonevents_control" in used:
        table, used = patients(table, used)
    elif "lower" in used:
        table, used = from_limits(table, used, level)
    elif level and "ci_lower" in used and "ci_level" not in table.columns:
        rows = tuple({**row, "ci_level": level} for row in table.rows)
        table = replace(table, columns=(*table.columns, "ci_level"), rows=rows)
        used = (*used, "ci_level")
    elif "ci_level" in used:
        rows = tuple({**row, "ci_level": row["ci_level"].rstrip(" %")} for row in table.rows)
        table = replace(table, rows=rows)
    return Named(table, used)


def _rivals(match: _Match, chosen: _Match) -> bool:
    """Whether another set gives an effect too, and is no part of the chosen one."""
    return not (
        set(match.columns.values()) <= set(chosen.columns.values())
        or (set(match.columns) & {"yi"} and set(chosen.columns) & {"yi"})
    )


def looks_logged(table: Table, used: Sequence[str]) -> Finding | None:
    """Tell ratios that are logarithms: some are negative, and intervals lie evenly around all."""
    estimate = next((code.lower() for code in LOGGED if code.lower() in used), None)
    if estimate is None or "ci_lower" not in used or "ci_upper" not in used:
        return None
    even = negative = odd = 0
    first = 0
    for i, row in enumerate(table.rows):
        try:
            value, low, high = (float(row[c]) for c in (estimate, "ci_lower", "ci_upper"))
        except ValueError:
            continue
        if value < 0 and not negative:
            first = i
        negative += value < 0
        centred = abs(value - (low + high) / 2) <= 0.2 * abs(high - low) / 2
        even += centred
        odd += not centred
    if not negative or odd:
        return None
    header = table.header(estimate)
    message = (
        f"a ratio is never negative, and the intervals lie evenly around {negative} negative "
        f"number{'s' if negative > 1 else ''}: these look like logarithms"
    )
    return Finding("fatal", "logarithms", table.file, table.lines[first], f"{first + 1}", header,
                   table.rows[first][estimate], message,
                   f"If they are, say --columns log{estimate}={header}.")  # fmt: skip
