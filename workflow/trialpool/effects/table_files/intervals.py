"""An estimate with its interval in one cell: "0.74 (0.65 to 0.85)", "0,74 [0,65; 0,85]"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from trialpool.effects.table_files.numbers import MINUS, kind_of
from trialpool.effects.table_files.table import is_missing

_NUMBER: Final = r"[+-]?(?:\d+(?:[.,]\d+)?|[.,]\d+)"
_LIMIT: Final = rf"(?:{_NUMBER}|[A-Za-z][A-Za-z .]{{0,20}}|∞)"
# A dash between limits stands with a space on both sides or on none: in "-0.8 -0.2" it is a sign.
_BETWEEN: Final = (
    r"(?:\s*;\s*|\s*,\s+|\s+(?:to|and|bis|à|a|-)\s+|(?<=[\d\w])-(?=[+-]?[\d.,A-Za-z∞])"
    r"|\s*\.\.\.?\s*)"
)
_LEVEL: Final = (
    r"(?:\(?\s*(?P<level>\d{2}(?:[.,]\d+)?)\s*%\s*"
    r"(?:-?\s*(?:CI|CrI|KI|IC|confidence interval))?\s*[:=,]?\s*)?"
)
_INTERVAL: Final = rf"(?P<lower>{_LIMIT}){_BETWEEN}(?P<upper>{_LIMIT})"
_WHOLE: Final = re.compile(
    rf"(?P<estimate>{_NUMBER})(?:\s*[,;:]?\s*[(\[]\s*|\s*[,;:]\s+|\s+){_LEVEL}"
    rf"(?:CI\s*[:=,]?\s*)?[(\[]?\s*{_INTERVAL}\s*[)\]]{{0,2}}",
    re.IGNORECASE,
)
_LIMITS: Final = re.compile(
    rf"[(\[]?\s*{_LEVEL}(?:CI\s*[:=,]?\s*)?[(\[]?\s*{_INTERVAL}\s*[)\]]{{0,2}}", re.IGNORECASE
)


@dataclass(frozen=True)
class Parts:
    """What a cell holds, as text with decimal points; empty where it does not say."""

    estimate: str
    lower: str
    upper: str
    level: str = ""


def take_apart(cells: Sequence[str], *, limits_alone: bool = False) -> list[Parts | None] | None:
    """Read a column of intervals.

    Parameters
    ----------
    cells : sequence of str
    limits_alone : bool
        Whether the estimate stands in a column of its own.

    Returns
    -------
    list of Parts or None
        None per cell that is none; None as a whole where no cell is one, or decimal marks cannot
        be told over the column.
    """
    pattern = _LIMITS if limits_alone else _WHOLE
    found: list[dict[str, str] | None] = []
    for cell in cells:
        text = " ".join(cell.translate(MINUS).replace("—", "-").split())
        match = pattern.fullmatch(text)
        found.append({k: v or "" for k, v in match.groupdict().items()} if match else None)
    limits = [parts[key] for parts in found if parts for key in parts if key != "level"]
    if not any(re.search(r"\d", text) for text in limits):
        return None
    kinds = {kind_of(text) for text in limits}
    commas, points = kinds & {"comma", "maybe comma"}, kinds & {"point", "maybe point"}
    if commas and (points or "comma" not in kinds):
        return None
    wrong = any(
        re.search(r"[A-Za-z∞]", parts[key]) and not is_missing(parts[key], number=True)
        for parts in found
        if parts
        for key in ("lower", "upper")
    )
    if wrong:
        return None

    def plain(text: str) -> str:
        return "" if is_missing(text, number=True) else text.replace(",", ".")

    return [
        None
        if parts is None
        else Parts(
            plain(parts.get("estimate", "")), plain(parts["lower"]), plain(parts["upper"]),
            plain(parts["level"]),
        )
        for parts in found
    ]  # fmt: skip
