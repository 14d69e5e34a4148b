"""Re-analyses of a question beside its main analysis, prepared for the page."""

from __future__ import annotations

from dataclasses import dataclass

from trialpool import formatting as fmt
from trialpool.measures import get_measure
from trialpool.report import tables
from trialpool.report.models import MODEL_NAMES
from trialpool.report.tables import Record


@dataclass(frozen=True)
class SensitivityRow:
    """One re-analysis of one group, beside the same model in the main analysis."""

    group: str
    analysis: str
    trials: str
    k: str
    effect: str
    main: str
    tau2: str


@dataclass(frozen=True)
class Sensitivity:
    """A named set of re-analyses."""

    label: str
    description: str
    model: str
    rows: tuple[SensitivityRow, ...]


def sensitivities(record: Record) -> tuple[Sensitivity, ...]:
    """Prepare the named re-analyses; robustness has a section of its own."""
    entries = record.get("sensitivity") or ()
    named = [item for item in entries if item["kind"] == "reanalysis"]
    return tuple(_sensitivity(item, record) for item in named)


def sensitivity_of(record: Record, id_: str) -> Sensitivity | None:
    """Prepare one named re-analysis; None where the record has none of that name."""
    named = [item for item in record.get("sensitivity") or () if item.get("id") == id_]
    return _sensitivity(named[0], record) if named else None


def _sensitivity(item: Record, record: Record) -> Sensitivity:
    # A re-analysis may be of another measure of the same trials: then nothing stands beside it.
    measure = get_measure(item.get("measure") or record["measure"])
    model = str(item.get("ci_method") or "")
    comparable = measure.code == record["measure"]
    main = (
        {}
        if not comparable
        else {
            group["label"]: tables.effect_text(
                (group.get("models") or {}).get(model, group), measure
            )
            for group in record["groups"]
        }
    )
    rows = tuple(
        SensitivityRow(
            group=str(row.get("group") or ""),
            analysis=str(row.get("analysis") or ""),
            trials=_trials(row, record),
            k=fmt.whole(row.get("k")),
            effect=tables.effect_text(row, measure),
            main=main.get(row.get("group"), fmt.NOT_AVAILABLE),
            # One trial says nothing of how much trials differ.
            tau2=fmt.NOT_AVAILABLE if row.get("k") == 1 else fmt.tau_squared(row.get("tau2")),
        )
        for row in item.get("results") or ()
    )
    name = MODEL_NAMES.get(model, "the trial itself" if model == "single-trial" else model)
    return Sensitivity(str(item["label"]), str(item.get("description") or ""), name, rows)


def _trials(row: Record, record: Record) -> str:
    """Name the trials concerned, and the effects that were derived for them."""
    if not row.get("derived"):
        return ", ".join(row.get("trials") or ())
    measure = get_measure({"RHR": "HR", "ROR": "OR"}[record["measure"]])
    z = 1.959963984540054
    return "; ".join(
        f"{level['label']}: {level['marker']} {level['level']} by subtraction, {measure.code} "
        + fmt.effect_with_interval(
            level["estimate"],
            level["estimate"] - z * level["se"],
            level["estimate"] + z * level["se"],
            measure,
        )
        for level in row["derived"]
    )
