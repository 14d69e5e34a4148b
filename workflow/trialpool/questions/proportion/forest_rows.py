"""From a record of single-arm proportions to the rows of a forest plot, in percent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from trialpool import formatting as fmt
from trialpool.figures.forest.arm_columns import arm_count
from trialpool.figures.forest.options.presets import PRESETS, Preset
from trialpool.figures.forest.pools import Standing
from trialpool.figures.forest.rows import doi_url, flag_symbols
from trialpool.figures.forest.table import Heads, Row, Table
from trialpool.figures.forest.trial_rows import row_effect
from trialpool.figures.forest.words.naming import trial_label, undated_sentence
from trialpool.measures import get_measure
from trialpool.records.groups import SourceCited
from trialpool.records.pools import Pool
from trialpool.records.proportion import ProportionGroup, ProportionResult, ProportionTrial

MODEL_LABELS: Final[dict[str, str]] = {
    "bayes": "Bayesian random effects of logits",
    "glmm": "Binomial-normal mixed model",
    "logit": "Logit, inverse variance",
    "freeman-tukey": "Double arcsine, inverse variance",
}
_PERCENT: Final = get_measure("PR")


def build_proportion_table(result: ProportionResult, preset: Preset = PRESETS["default"]) -> Table:
    """Turn a record into rows; pools come back from the scale of their model."""
    level = fmt.percent(result.settings.level, 0)
    # Squares say patients, and the scale of a pool is not that of the axis: no densities.
    plain = "bar" if preset.pi_style in ("shade", "density") else preset.pi_style
    preset = replace(preset, squares="weight", pi_style=plain)
    flags = flag_symbols(text for trial in result.trials for text in trial.flags)
    rows: list[Row] = []
    for group in result.groups:
        members = [trial for trial in result.trials if trial.group == group.label]
        total = fmt.count_of(group.events, group.n) if len(members) > 1 else ""
        rows.append(Row("heading", group.label, group.label, experimental=total))
        rows += [_trial(trial, flags, result.sources, preset) for trial in members]
        rows += _pools(group, level, preset)
    return Table(
        id=result.id,
        title=result.title,
        measure=_PERCENT,
        null=0.0,
        heads=Heads(
            label=(preset.label_head,),
            comparison=("Treatment",),
            experimental=("Events/n",),
            control=None,
            panel=("Proportion", "percent"),
            effect=(f"Percent {preset.style.opening}{level} CI{preset.style.closing}",),
            weight=None,
        ),
        rows=tuple(rows),
        favours=("", ""),
        flags=tuple((symbol, text) for text, symbol in flags.items()),
        overall=None,
        left=("comparison", "experimental", *(("effect",) if preset.numbers_left else ())),
        right=() if preset.numbers_left else ("effect",),
        texts=frozenset({"comparison"}),
        preset=preset,
    )


def _trial(
    trial: ProportionTrial,
    flags: Mapping[str, str],
    sources: Mapping[str, SourceCited],
    preset: Preset,
) -> Row:
    own, arm = trial.proportion, trial.experimental
    return Row(
        "trial",
        trial.group,
        trial_label(trial, "comma" if preset.label_style == "source" else preset.label_style),
        comparison=trial.comparison,
        experimental=arm_count(arm),
        **row_effect(own.estimate, own.ci_lower, own.ci_upper, _PERCENT, preset.style),
        weight=1.0,
        area=None if arm.n is None else float(arm.n),
        flags=tuple(symbol for text, symbol in flags.items() if text in trial.flags),
        trial_id=trial.trial_id,
        url=doi_url(sources.get(trial.source)),
    )


def _pools(group: ProportionGroup, level: str, preset: Preset) -> list[Row]:
    primary = group.primary_model
    rows = []
    for name, pool in group.models.named().items():
        if name != primary:
            continue
        standing: Standing = "primary"
        shown = shown_proportion(pool)
        rows.append(
            Row(
                "pool",
                group.label,
                MODEL_LABELS[name],
                **row_effect(shown.estimate, shown.lower, shown.upper, _PERCENT, preset.style),
                standing=standing,
            )
        )
        if shown.pi_lower is not None:
            rows.append(
                Row(
                    "prediction",
                    group.label,
                    f"{level} prediction interval",
                    **row_effect(None, shown.pi_lower, shown.pi_upper, _PERCENT, preset.style),
                    standing=standing,
                )
            )
    return rows


class ShownProportion(NamedTuple):
    """Estimate, limits and prediction limits of a pool as proportions."""

    estimate: float | None
    lower: float | None
    upper: float | None
    pi_lower: float | None
    pi_upper: float | None


def shown_proportion(pool: Pool) -> ShownProportion:
    """Bring a pool back from the scale of its model."""
    measure = get_measure(pool.measure)
    values = (pool.estimate, pool.ci_lower, pool.ci_upper, pool.pi_lower, pool.pi_upper)
    return ShownProportion(*(None if v is None else measure.to_display(v) for v in values))


def proportion_notes(result: ProportionResult) -> str:
    """Say how the figure is to be read."""
    level = fmt.percent(result.settings.level, 0)
    sentences = [
        f"Squares and lines: each trial's proportion and its exact {level} CI (Clopper and "
        "Pearson); the area of a square is proportional to the patients."
    ]
    if any(group.models.named() for group in result.groups):
        sentences.append(
            "Diamonds: pooled proportions by the Bayesian model; the prior of τ says how much such "
            "arms usually differ."
        )
    if dated := undated_sentence(result.trials):
        sentences.append(dated)
    sentences.append("Single arms: nothing is compared, and groups differ in more than treatment.")
    return " ".join(sentences)


def proportion_alt(result: ProportionResult) -> str:
    """Describe the figure in words."""
    parts = [f"Forest plot of proportions: {result.title}."]
    for group in result.groups:
        of = fmt.count_of(group.events, group.n)
        k = "one trial" if group.k == 1 else f"{group.k} trials"
        parts.append(f"{group.label}: {k}, {of} patients with the event.")
    return " ".join(parts)
