"""Judgements of risk of bias as a record or a table of the user holds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Final

from trialpool.evidence.risk_of_bias import OVERALL, TOOLS, judgement_of
from trialpool.records.trials import RiskOfBias, SelectedTrial

# The symbol carries the judgement, the colour only repeats it.
SYMBOLS: Final[Mapping[str, str]] = {
    "low": "+",
    "some concerns": "!",
    "high": "−",
    "critical": "×",
    "unclear": "?",
}
# Points from disc to disc, and before the overall judgement, which is none of the domains.
PITCH: Final = 11.0
APART: Final = 6.0
# Columns of a user's table that hold judgements, unless others are named.
PREFIX: Final = "rob_"


@dataclass(frozen=True)
class Domains:
    """What was judged, in the order of the columns.

    Attributes
    ----------
    tool : str
        "RoB 2", "ROBINS-I", another name, or empty.
    keys : tuple of str
        Under which the judgements are found; "overall" last where there is one.
    names : tuple of str
        What the legend calls each.
    """

    tool: str
    keys: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def letters(self) -> tuple[str, ...]:
        """Heads of the symbols: A, B, C and so on, "All" for overall."""
        letters = iter(ascii_uppercase)
        return tuple("All" if key == OVERALL else next(letters) for key in self.keys)

    @property
    def width(self) -> float:
        """Width of all discs in points."""
        apart = APART if OVERALL in self.keys and len(self.keys) > 1 else 0.0
        return PITCH * len(self.keys) + apart


def domains_of(
    trials: Sequence[SelectedTrial], names: Mapping[str, str] | None = None
) -> Domains | None:
    """Say what was judged in the trials of a record, None where nothing was.

    Parameters
    ----------
    trials : sequence of SelectedTrial
    names : mapping of str to str, optional
        Names of domains, where those of the tool do not do.
    """
    judged = [trial.risk_of_bias for trial in trials if trial.risk_of_bias]
    if not judged:
        return None
    keys = list(dict.fromkeys(key for entry in judged for key in entry.judgements))
    first = {key: position for position, key in enumerate(keys)}
    # A trial may lack a domain that the next one has.
    keys.sort(key=lambda key: (key == OVERALL, _number(key, first[key])))
    tools = list(dict.fromkeys(entry.tool for entry in judged))
    known = TOOLS.get(tools[0], ()) if len(tools) == 1 else ()
    usual = dict(zip((f"D{number + 1}" for number in range(len(known))), known, strict=True))
    chosen = {**usual, OVERALL: "overall", **(names or {})}
    return Domains(
        tool=" and ".join(tool for tool in tools if tool),
        keys=tuple(keys),
        names=tuple(chosen.get(key, key) for key in keys),
    )


def _number(key: str, otherwise: int) -> int:
    """Read the number of a domain that is called D1, D2 and so on."""
    return int(key[1:]) if key[:1] == "D" and key[1:].isdigit() else otherwise


def judgements_of(trial: SelectedTrial, domains: Domains) -> tuple[str, ...]:
    """Judgements of a trial in the order of the domains; "unclear" where one is missing."""
    entry = trial.risk_of_bias
    if not entry:
        return ()
    return tuple(judgement_of(entry.judgements.get(key)) or "unclear" for key in domains.keys)


def rob_columns(columns: Iterable[str], chosen: Sequence[str] | None = None) -> list[str]:
    """Columns of a table that hold judgements: those chosen, else those named "rob_…"."""
    return list(chosen or [name for name in columns if name.lower().startswith(PREFIX)])


def from_cells(
    cells: Mapping[str, object], columns: Sequence[str] | None = None
) -> RiskOfBias | None:
    """Read the judgements in a row of a user's table, None where it has none.

    Parameters
    ----------
    cells : mapping
        A row, by column.
    columns : sequence of str, optional
        Columns with judgements; by default those that begin with "rob_".

    Raises
    ------
    ValueError
        Naming the column whose word is not known.
    """
    found = {}
    for name in rob_columns(cells, columns):
        short = name[len(PREFIX) :] if name.lower().startswith(PREFIX) else name
        key = OVERALL if short.casefold() == OVERALL else short
        try:
            found[key] = judgement_of(cells.get(name))
        except ValueError as error:
            raise ValueError(f"column {name}: {error}") from None
    if not any(found.values()):
        return None
    return RiskOfBias(tool=_tool(list(found)), judgements=found)


def _tool(keys: Sequence[str]) -> str:
    """Name the tool whose domains a table has, empty where it is another."""
    domains = {key for key in keys if key != OVERALL}
    fitting = [
        tool for tool, names in TOOLS.items() if domains == {f"D{i + 1}" for i in range(len(names))}
    ]
    return fitting[0] if fitting else ""
