"""The analyses of a data package: rows by data type, the review's settings and diamonds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from trialpool.evidence.printed import parse_number
from trialpool.intake.record import Imported
from trialpool.intake.revman.analyses import Analysis, DataRow, Kind, measure_of
from trialpool.intake.revman.cells import count_in, plain, read_cells, swapped
from trialpool.intake.revman.compared import Diamond
from trialpool.intake.revman.package_tables import Row
from trialpool.intake.revman.raw_rows import Study
from trialpool.intake.revman.rm5_outcomes import how_of
from trialpool.measures import get_measure

_GROUP, _NUMBER = "Analysis group", "Analysis number"
NEEDED_ROWS: Final = (_GROUP, _NUMBER, "Study")
NEEDED_SETTINGS: Final = (
    *(_GROUP, _NUMBER, "Data type", "Statistical method", "Effect measure", "Analysis model"),
    "Overall estimates",
)
_KINDS: Final[Mapping[str, Kind]] = {
    "dichotomous": "dichotomous",
    "continuous": "continuous",
    "generic inverse variance": "generic",
    "contrast level": "generic",
    "o e and variance": "o-e",
}
_COLUMNS: Final[Mapping[Kind, Mapping[str, str]]] = {
    "dichotomous": {
        **{"events_experimental": "Experimental cases", "n_experimental": "Experimental N"},
        **{"events_control": "Control cases", "n_control": "Control N"},
    },
    "continuous": {
        "mean_experimental": "Experimental mean",
        "sd_experimental": "Experimental SD",
        "n_experimental": "Experimental N",
        "mean_control": "Control mean",
        "sd_control": "Control SD",
        "n_control": "Control N",
    },
    "generic": {"yi": "GIV Mean", "sei": "GIV SE"},
    "o-e": {"o_minus_e": "O-E", "variance": "Variance"},
}
_METHODS: Final = {"MH": "MH", "IV": "IV", "PETO": "PETO", "EXPOEVAR": "EXP_O_E_VAR"}


def read_analyses(
    data: Sequence[Row],
    settings: Sequence[Row],
    subgroups: Sequence[Row],
    studies: Mapping[str, Study],
    imported: Imported,
) -> Iterator[Analysis]:
    """Yield every analysis that has rows.

    Parameters
    ----------
    data, settings, subgroups : sequence of mapping
        Rows of data-rows.csv, overall-estimates-and-settings.csv, subgroup-estimates.csv.
    studies : mapping of str to Study
        By their name in the review.
    imported : Imported
        Told what is left out.
    """
    rows_of: dict[tuple[str, str], list[Row]] = {}
    for row in data:
        rows_of.setdefault(_key(row), []).append(row)
    seen = set()
    for setting in settings:
        key = _key(setting)
        if key in seen:
            place = f"analysis {'.'.join(key)}"
            imported.leave(place, "settings", "", "settings of the analysis stand twice")
            continue
        seen.add(key)
        rows = rows_of.get(key, [])
        totals = {row.get("Subgroup", ""): _diamond(row) for row in subgroups if _key(row) == key}
        analysis = _analysis(setting, rows, totals, studies, imported)
        if analysis is not None:
            yield analysis
    for key in rows_of:
        if key not in seen:
            place, reason = f"analysis {'.'.join(key)}", "rows of an analysis without settings"
            imported.leave(place, "data rows", "", reason)


def _key(row: Row) -> tuple[str, str]:
    return row.get(_GROUP, ""), row.get(_NUMBER, "")


def _analysis(
    setting: Row,
    data: Sequence[Row],
    totals: Mapping[str, Diamond],
    studies: Mapping[str, Study],
    imported: Imported,
) -> Analysis | None:
    number = ".".join(_key(setting))
    name = setting.get("Analysis name", "")
    comparison = setting.get("Analysis group name", "")
    place = f"comparison {number}, {comparison}: {name}"
    shown = setting["Effect measure"]
    kind = _kind(setting["Data type"], shown)
    if kind is None:
        imported.leave(place, "Data type", setting["Data type"], "a data type that is not read")
        return None
    measure = measure_of(shown, kind)
    if measure is None:
        reason = "an effect measure that trialpool does not pool"
        imported.leave(place, "Effect measure", shown, reason)
        return None
    on_log = _true(setting.get("Log-scale data", ""))
    if kind == "generic" and measure != "generic" and get_measure(measure).is_ratio != on_log:
        reason = "the review's setting of logarithms does not go with its measure; taken as generic"
        imported.leave(place, "Log-scale data", setting.get("Log-scale data", ""), reason)
        measure = "generic"
    swap = kind == "dichotomous" and _true(setting.get("Swap event and non-event", ""))
    rows = _rows(place, number, kind, data, swap, studies, imported)
    method = re.sub(r"[^A-Z]", "", setting["Statistical method"].upper())
    model = setting["Analysis model"]
    level = _level(setting.get("Estimate CI") or setting.get("CI/PI level", ""))
    study_level = _level(setting.get("Study CI") or setting.get("CI/PI level", ""))
    how = how_of(
        *(kind, _METHODS.get(method, "IV"), measure, rows, "random" in model.casefold(), level),
        tau2=_estimator(setting.get("Heterogeneity estimator", "")),
        ci=_interval(setting.get("CI method", "")),
    )
    labels = (
        setting.get("Experimental group label", "") or setting.get("Experimental intervention", ""),
        setting.get("Control group label", "") or setting.get("Control intervention", ""),
    )
    return Analysis(
        number=number,
        comparison=comparison,
        name=name,
        kind=kind,
        effect_measure=shown,
        method=setting["Statistical method"],
        model=model,
        how=how,
        overall=_true(setting["Overall estimates"]),
        subtotals=_true(setting.get("Subgroup estimates", "true")),
        rows=rows,
        labels=labels,
        diamond=_diamond(setting),
        subgroups=totals,
        swapped=swap,
        on_log=on_log,
        study_level=study_level,
    )


def _kind(data_type: str, measure: str) -> Kind | None:
    """Tell the data type; of arm-level data the measure tells it."""
    plain_type = " ".join(re.sub(r"[^a-z]", " ", data_type.casefold()).split())
    if plain_type == "arm level":
        return "continuous" if measure_of(measure, "continuous") else "dichotomous"
    return _KINDS.get(plain_type)


def _rows(
    place: str,
    number: str,
    kind: Kind,
    data: Sequence[Row],
    swap: bool,
    studies: Mapping[str, Study],
    imported: Imported,
) -> tuple[DataRow, ...]:
    rows = []
    for at, row in enumerate(data, 1):
        where = f"{place}, row {at}"
        study = studies.get(row["Study"])
        if study is None:
            imported.leave(where, "Study", row["Study"], "no study of the review")
            continue
        where = f"{where}, {study.name}"
        cells = read_cells(where, kind, row, _COLUMNS[kind], imported)
        if cells is None:
            continue
        columns = ("Experimental cases", "Experimental N", "Control cases", "Control N")
        counts = [row.get(column, "") for column in columns]
        applies = row.get("Applicability", "").upper()
        rows.append(
            DataRow(
                study=study.name,
                subgroup=row.get("Subgroup", ""),
                cells=swapped(cells) if swap else cells,
                source_id=study.source_id,
                locator=f"RevMan comparison {number}, {study.name}",
                shown=(row.get("Mean", ""), row.get("CI start", ""), row.get("CI end", "")),
                counts=(*count_in(*counts[:2]), *count_in(*counts[2:])),
                overall=not applies or "OVERALL" in applies,
                within=not applies or "SUBGROUP" in applies,
            )
        )
    return tuple(rows)


def _diamond(row: Row) -> Diamond:
    names = ("Mean", "CI start", "CI end")
    more = ("Heterogeneity Tau²", "Heterogeneity Chi²", "Heterogeneity I²")
    texts = [row.get(name, "").rstrip("%").strip() for name in (*names, *more)]
    return Diamond(*(text if parse_number(plain(text)) else "" for text in texts))


def _true(text: str) -> bool:
    return text.casefold() in ("true", "yes", "1")


def _level(text: str) -> float:
    number = parse_number(text.rstrip("%").strip())
    if number is None or not 0 < number.value < 100:
        return 0.95
    return number.value / 100 if number.value > 1 else number.value


def _estimator(text: str) -> str:
    """Read the estimator of τ²; packages before 2024 do not name it, and mean DL."""
    return "REML" if re.search(r"reml|restricted", text, re.IGNORECASE) else "DL"


def _interval(text: str) -> str:
    return "hk" if re.search(r"hksj|hartung", text, re.IGNORECASE) else "wald"
