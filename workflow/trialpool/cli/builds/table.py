"""The results of a build as one table in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from trialpool import formatting as fmt
from trialpool.findings import Finding, InputError
from trialpool.measures import Measure, get_measure
from trialpool.records.files import read_result

_HEADER = (
    "| group | k | primary | Bayesian | common effect | random effects (HK with floor) | "
    "prediction interval | τ² [95% CI] | I² |\n|---|---|---|---|---|---|---|---|---|"
)
_PRIMARY: Final = {"bayes": "Bayesian", "hk-adhoc": "random effects", None: "none"}


def print_table(folder: Path) -> None:
    """Print every question's groups with all models.

    Raises
    ------
    InputError
        If the folder holds no results.
    """
    records = [read_result(path) for path in sorted((folder / "questions").glob("*/result.json"))]
    if not records:
        raise InputError(
            [
                Finding(
                    "fatal",
                    "results-exist",
                    str(folder),
                    message="no questions/*/result.json here",
                    remedy="Run make report first, or name the results folder.",
                )
            ]
        )
    print("\n".join(line for record in records for line in _question(record)))  # noqa: T201


def _question(record: Mapping[str, Any]) -> Iterator[str]:
    if record.get("single_arm"):
        yield from _single_arms(record)
        return
    measure = get_measure(record["measure"])
    unit = "percentage points" if measure.code == "RD" else measure.name
    yield f"## {record['id']}\n\n{record['title']} ({unit}).\n"
    if record["groups"]:
        yield _HEADER
    for group in record["groups"]:
        yield _row(group, measure)
    if not record["groups"]:
        yield "No trial can be pooled; the report lists why."
    yield ""


def _single_arms(record: Mapping[str, Any]) -> Iterator[str]:
    """Proportions in percent, under each model."""
    yield f"## {record['id']}\n\n{record['title']} (percent; single arms).\n"
    if not record["groups"]:
        yield "No trial can be pooled; the report lists why.\n"
        return
    yield (
        "| group | k | events/n | mixed model | logit | double arcsine | one trial, exact |\n"
        "|---|---|---|---|---|---|---|"
    )
    for group in record["groups"]:
        models = [group["models"].get(name) for name in ("glmm", "logit", "freeman-tukey")]
        cells = [fmt.NOT_AVAILABLE if model is None else _percent(model) for model in models]
        own = next(t["proportion"] for t in record["trials"] if t["group"] == group["label"])
        alone = _percent({**own, "measure": "PR"}) if group["k"] == 1 else fmt.NOT_AVAILABLE
        counts = fmt.count_of(group["events"], group["n"])
        yield "| " + " | ".join([group["label"], str(group["k"]), counts, *cells, alone]) + " |"
    yield ""


def _percent(pool: Mapping[str, Any]) -> str:
    limits = (pool["ci_lower"], pool["ci_upper"])
    return fmt.effect_with_interval(pool["estimate"], *limits, get_measure(pool["measure"]))


def _row(group: Mapping[str, Any], measure: Measure) -> str:
    def interval(pool: Mapping[str, Any]) -> str:
        limits = (pool["ci_lower"], pool["ci_upper"])
        return fmt.effect_with_interval(pool["estimate"], *limits, measure)

    primary = _PRIMARY.get(group["primary_model"], str(group["primary_model"]))
    if group["models"]:
        models = [
            interval(group["models"][name]) if name in group["models"] else fmt.NOT_AVAILABLE
            for name in ("bayes", "common-effect", "hk-adhoc")
        ]
        tau2 = fmt.tau_squared_with_interval(
            group["tau2"], group["tau2_ci_lower"], group["tau2_ci_upper"]
        )
    else:
        models = [fmt.NOT_AVAILABLE, fmt.NOT_AVAILABLE, fmt.NOT_AVAILABLE]
        primary, tau2 = f"the trial: {interval(group)}", fmt.NOT_AVAILABLE
    cells = [
        group["label"],
        str(group["k"]),
        primary,
        *models,
        fmt.interval(group["pi_lower"], group["pi_upper"], measure),
        tau2,
        fmt.i_squared(group["i2"]),
    ]
    return "| " + " | ".join(cells) + " |"
