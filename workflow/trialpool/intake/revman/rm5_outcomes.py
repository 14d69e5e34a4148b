"""One outcome of a RevMan 5 review: its settings, its rows and its diamonds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from trialpool.evidence.printed import parse_number
from trialpool.intake.record import Imported, one_line
from trialpool.intake.revman.analyses import Analysis, DataRow, Kind, measure_of
from trialpool.intake.revman.cells import count_in, is_logarithm, plain, read_cells, swapped
from trialpool.intake.revman.compared import Diamond, How
from trialpool.intake.revman.raw_rows import Study
from trialpool.measures import get_measure

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

OUTCOMES: Final[Mapping[str, Kind]] = {
    "DICH_OUTCOME": "dichotomous",
    "CONT_OUTCOME": "continuous",
    "IV_OUTCOME": "generic",
    "IPD_OUTCOME": "o-e",
}
# Column of the table to pool -> attribute of the data element.
_ATTRIBUTES: Final[Mapping[Kind, Mapping[str, str]]] = {
    "dichotomous": {
        **{"events_experimental": "EVENTS_1", "n_experimental": "TOTAL_1"},
        **{"events_control": "EVENTS_2", "n_control": "TOTAL_2"},
    },
    "continuous": {
        **{"mean_experimental": "MEAN_1", "sd_experimental": "SD_1", "n_experimental": "TOTAL_1"},
        **{"mean_control": "MEAN_2", "sd_control": "SD_2", "n_control": "TOTAL_2"},
    },
    "generic": {"yi": "ESTIMATE", "sei": "SE"},
    "o-e": {"o_minus_e": "O_E", "variance": "VAR"},
}


def read_outcome(
    number: str,
    comparison: str,
    outcome: Element,
    studies: Mapping[str, Study],
    imported: Imported,
) -> Analysis | None:
    """Read one outcome; None where its effect measure cannot be.

    Parameters
    ----------
    number, comparison : str
        Such as 1.2, and the name of the comparison.
    outcome : Element
    studies : mapping of str to Study
        By their id in the file.
    imported : Imported
        Told what is left out.
    """
    kind = OUTCOMES[outcome.tag]
    name = _text(outcome, "NAME")
    place = f"comparison {number}, {comparison}: {name}"
    shown = one_line(outcome.get("EFFECT_MEASURE", "")) or _text(outcome, "EFFECT_MEASURE")
    measure = measure_of(shown.replace("_", " "), kind)
    if measure is None:
        reason = "an effect measure that trialpool does not pool"
        imported.leave(place, "EFFECT_MEASURE", shown, reason)
        return None
    swap = kind == "dichotomous" and outcome.get("SWAP_EVENTS") == "YES"
    rows, on_log = _rows(place, number, outcome, kind, measure, swap, studies, imported)
    random = outcome.get("RANDOM") == "YES"
    usual = {"o-e": "EXP_O_E_VAR", "dichotomous": "MH"}.get(kind, "IV")
    method = one_line(outcome.get("METHOD", "")) or (
        "PETO" if "peto" in shown.casefold() else usual
    )
    totals = outcome.get("TOTALS", "YES")
    subgroups = [element for element in outcome if element.tag.endswith("_SUBGROUP")]
    return Analysis(
        number=number,
        comparison=comparison,
        name=name,
        kind=kind,
        effect_measure=shown,
        method=method,
        model="Random effects" if random else "Fixed effect",
        how=how_of(
            kind, method, measure, rows, random, _level(outcome, "CI_TOTAL"), tau2="DL", ci="wald"
        ),
        overall=totals not in ("SUB", "NO"),
        subtotals=totals != "NO",
        rows=rows,
        labels=(_text(outcome, "GROUP_LABEL_1"), _text(outcome, "GROUP_LABEL_2")),
        diamond=_diamond(outcome),
        subgroups={_text(element, "NAME"): _diamond(element) for element in subgroups},
        swapped=swap,
        on_log=on_log,
        study_level=_level(outcome, "CI_STUDY"),
    )


def how_of(
    kind: Kind,
    method: str,
    measure: str,
    rows: tuple[DataRow, ...],
    random: bool,
    level: float,
    *,
    tau2: str,
    ci: str,
) -> How:
    """Say in the words of `trialpool pool` what the review's settings mean.

    Parameters
    ----------
    kind, method, measure : str
        The method as the file names it: MH, IV, PETO, EXP_O_E_VAR.
    rows : tuple of DataRow
    random : bool
    level : float
    tau2, ci : str
        Of random effects.

    Notes
    -----
    RevMan adds 0.5 to the cells of trials with a zero cell, and takes the Mantel-Haenszel estimate
    for Q and τ² of random effects (Deeks and Higgins 2010, Statistical algorithms in Review
    Manager 5).
    """
    if kind != "dichotomous":
        method = "IV"
    zero = any(
        0 in (int(row.cells[f"events_{arm}"]), int(row.cells[f"n_{arm}"]) - events)
        for row in rows
        if kind == "dichotomous"
        for arm in ("experimental", "control")
        for events in [int(row.cells[f"events_{arm}"])]
    )
    if method == "PETO":
        return How("peto", measure, level=level)
    if method == "MH" and (not random or (tau2 == "DL" and ci == "wald")):
        # A difference needs nothing added.
        rule = "affected" if zero and measure != "RD" else ""
        return How("mh", measure, tau2 if random else "CE", zero_cells=rule, level=level)
    return How("iv", measure, tau2 if random else "CE", ci if random else "wald", level=level)


def _rows(
    place: str,
    number: str,
    outcome: Element,
    kind: Kind,
    measure: str,
    swap: bool,
    studies: Mapping[str, Study],
    imported: Imported,
) -> tuple[tuple[DataRow, ...], bool]:
    """Read the rows, and whether all effects of a free name are logarithms."""
    rows: list[DataRow] = []
    logs: list[bool] = []
    for at, (subgroup, data) in enumerate(_data(outcome), 1):
        where = f"{place}, {data.tag} {at}"
        study = studies.get(data.get("STUDY_ID", ""))
        if study is None:
            value = data.get("STUDY_ID", "")
            imported.leave(where, "STUDY_ID", value, "not among the included studies")
            continue
        cells = read_cells(where, kind, data.attrib, _ATTRIBUTES[kind], imported)
        if cells is None:
            continue
        shown = tuple(one_line(data.get(x, "")) for x in ("EFFECT_SIZE", "CI_START", "CI_END"))
        if kind == "generic":
            as_log = is_logarithm(shown[0], cells["yi"])
            if as_log is False and measure != "generic" and get_measure(measure).is_ratio:
                value = f"ESTIMATE {data.get('ESTIMATE')}, EFFECT_SIZE {data.get('EFFECT_SIZE')}"
                reason = "the estimate is not the logarithm of the ratio beside it"
                imported.leave(where, "ESTIMATE", value, reason, "Enter it by hand.")
                continue
            logs += [as_log] if as_log is not None else []
        first = count_in(data.get("EVENTS_1", ""), data.get("TOTAL_1", ""))
        second = count_in(data.get("EVENTS_2", ""), data.get("TOTAL_2", ""))
        rows.append(
            DataRow(
                study=study.name,
                subgroup=subgroup,
                cells=swapped(cells) if swap else cells,
                source_id=study.source_id,
                locator=f"RevMan comparison {number}, {study.name}",
                shown=(shown[0], shown[1], shown[2]),
                counts=(*first, *second),
            )
        )
    return tuple(rows), bool(logs) and all(logs)


def _text(parent: Element, path: str) -> str:
    found = parent.find(path)
    return one_line("".join(found.itertext())) if found is not None else ""


def _data(outcome: Element) -> Iterator[tuple[str, Element]]:
    """Yield every data element with the name of its subgroup."""
    tag = outcome.tag.replace("_OUTCOME", "_DATA")
    for element in outcome:
        if element.tag == tag:
            yield "", element
        elif element.tag.endswith("_SUBGROUP"):
            yield from ((_text(element, "NAME"), data) for data in element.iterfind(tag))


def _diamond(element: Element) -> Diamond:
    """Return the total that stands in the file; RevMan writes zeros where none is estimable."""
    if element.get("ESTIMABLE") == "NO":
        return Diamond()
    names = ("EFFECT_SIZE", "CI_START", "CI_END", "TAU2", "CHI2", "I2")
    texts = [one_line(element.get(name, "")) for name in names]
    return Diamond(*(text if parse_number(plain(text)) else "" for text in texts))


def _level(outcome: Element, attribute: str) -> float:
    number = parse_number(outcome.get(attribute, ""))
    return number.value / 100 if number is not None and 0 < number.value < 100 else 0.95
