"""The text under a forest plot, and its description for those who cannot see it."""

from __future__ import annotations

from collections.abc import Sequence

from trialpool import formatting as fmt
from trialpool.figures.forest.pools import main_pool, pools_shown, prior_words
from trialpool.figures.forest.table import Table
from trialpool.figures.forest.words.legends import (
    further_sentences,
    last_paragraphs,
    narrower_sentences,
    prediction_sentence,
    squares_sentence,
)
from trialpool.figures.forest.words.margins import margin_sentences
from trialpool.figures.forest.words.naming import undated_sentence
from trialpool.figures.forest.words.statistics import i2_text
from trialpool.figures.forest.words.tables import (
    is_network,
    network_sentences,
    table_sentences,
)
from trialpool.measures import get_measure
from trialpool.records.groups import Group, SubgroupTest
from trialpool.records.results import ComparativeResult
from trialpool.records.trials import SelectedTrial


def build_notes(
    result: ComparativeResult, table: Table, *, clipped: Sequence[str], enlarged: bool
) -> tuple[str, ...]:
    """Write the paragraphs under the plot.

    Parameters
    ----------
    result : ComparativeResult
    table : Table
        Its rows.
    clipped : sequence of str
        What arrows mean, where there are any.
    enlarged : bool
        Whether a square was drawn larger than its weight because it would not be seen.
    """
    if not result.trials:
        return ("No trial meets the criteria of this question.",)
    notes = []
    if result.subgroup_test:
        notes.append(subgroup_sentence(result.subgroup_test, table.preset.style))
    if result.overall is None and result.overall_reason:
        notes.append(f"No overall estimate. {result.overall_reason.strip()}")
    sentences = method_sentences(result, table, clipped=clipped, enlarged=enlarged)
    notes.append(" ".join(sentences))
    notes.extend(last_paragraphs(result, table))
    return tuple(notes)


def subgroup_sentence(test: SubgroupTest, style: fmt.Style = fmt.PLAIN) -> str:
    """Print the test of differences between groups, residual heterogeneity, and its note.

    A test that cannot be done is said in words.
    """
    note = test.note.strip()
    if test.value is None:
        reason = f", because {note[:1].lower()}{note[1:].rstrip('.')}" if note else ""
        return f"Between-trial test of group differences: none{reason}."
    degrees = fmt.number(test.df1, 0)
    if test.df2 is not None:
        degrees += f", {fmt.number(test.df2, 0 if float(test.df2).is_integer() else 1, style)}"
    value = fmt.number(test.value, 2, style)
    sentence = (
        f"Between-trial test of group differences: {test.statistic}({degrees}) = {value}, "
        f"{fmt.p_statement(test.p_value, style)}"
    )
    assumption = {"common": "one τ² for all groups", "separate": "a τ² for each group"}
    if test.tau2_assumption in assumption:
        sentence += f" ({assumption[test.tau2_assumption]})"
    sentence = f"{sentence}."
    if test.residual_q is not None:
        sentence += (
            f" Residual heterogeneity within groups: "
            f"Q = {fmt.number(test.residual_q, 2, style)} "
            f"(df = {fmt.number(test.residual_df, 0)}, "
            f"{fmt.p_statement(test.residual_p_value, style)})."
        )
    return f"{sentence} {note}".strip()


def method_sentences(
    result: ComparativeResult, table: Table, *, clipped: Sequence[str], enlarged: bool
) -> list[str]:
    """Say how the figure is to be read, sentence by sentence."""
    settings = result.settings
    level = fmt.percent(settings.level, 0)
    drawn = [entry for group in result.groups for entry in pools_shown(group)]
    if not drawn and result.overall is not None:
        drawn = pools_shown(result.overall)
    measure = get_measure(result.measure)
    name = result.measure_name or measure.name
    sentences = [f"{measure.code}: {name}; CI: confidence interval."]
    if result.model and any(entry.model != "bayes" for entry in drawn):
        sentences.append(_sentence(result.model, settings.tau2_method))
    sentences.extend(_marks(result, table, level))
    if settings.ci_method == "hk-adhoc" and any(entry.model == "hk-adhoc" for entry in drawn):
        sentences.append(
            "HK with floor: Hartung–Knapp interval, never narrower than the Wald interval."
        )
    sentences.extend(_bayesian(result))
    sentences.extend(table_sentences(result, table))
    if any(row.kind == "prediction" for row in table.rows):
        sentences.append(prediction_sentence(table))
    sentences.extend(further_sentences(table))
    sentences.extend(margin_sentences(result))
    sentences.extend(narrower_sentences(result))
    sentences.extend(clipped)
    if enlarged:
        sentences.append("The smallest squares are drawn larger so that they can be seen.")
    if table.heads.experimental and _mixed_counts(result.trials):
        sentences.append("A single number under events/n is n; events not in our data.")
    if "year" not in (*table.left, *table.right):
        sentences.append(undated_sentence(result.trials))
    if fmt.NOT_AVAILABLE in {row.experimental for row in table.rows} | {
        row.control for row in table.rows
    }:
        sentences.append(f"{fmt.NOT_AVAILABLE}: not in our data.")
    if any(fmt.is_minimum(cell) for row in table.rows for cell in (row.experimental, row.control)):
        sentences.append(f"{fmt.AT_LEAST}: at least; what some trials add is not in our data.")
    return [sentence for sentence in sentences if sentence]


def _marks(result: ComparativeResult, table: Table, level: str) -> list[str]:
    """Say what squares, weights and diamonds are."""
    if is_network(result):
        return network_sentences(level)
    pooled = any(row.kind == "pool" and row.standing for row in table.rows)
    weighed = pooled and any(one.weight is not None for one in result.trials)
    sentences = [squares_sentence(table, level, pooled=weighed)]
    if pooled and table.heads.weight:
        sentences.append(f"Weight: share of the group under {_weighting(result)}.")
    if pooled:
        sentences.append(f"Diamonds: pooled estimates and {level} CI.")
    return sentences


def _weighting(result: ComparativeResult) -> str:
    """Name the model behind the weights: that of the diamond."""
    if any(group.models.named() for group in result.groups):
        return "the model of its diamond"
    return "the common effect" if result.settings.tau2_method == "CE" else "random effects"


def _bayesian(result: ComparativeResult) -> list[str]:
    """Say what a Bayesian diamond is."""
    return [
        f"Bayesian: posterior median and credible interval, {words}."
        for words in prior_words(result.groups)
    ]


def _inside(words: str) -> str:
    """Write words inside a sentence; abbreviations (PD-L1) keep their capitals."""
    return words[:1].lower() + words[1:] if words[1:2].islower() else words


def alt_text(result: ComparativeResult, table: Table) -> str:
    """Describe the figure in words: what is compared and what each group shows."""
    measure = table.measure
    trials = [row for row in table.rows if row.kind == "trial"]
    parts = [
        f"Forest plot: {table.title}. {len(trials)} {_plural(len(trials), 'trial')} in "
        f"{len(result.groups)} {_plural(len(result.groups), 'group')}, "
        f"{result.measure_name or measure.name} with "
        f"{fmt.percent(result.settings.level, 0)} confidence interval"
        + (f"; below {fmt.effect(table.null, measure)}: {_inside(table.favours[0])}."
           if any(table.favours) else ".")
    ]  # fmt: skip
    for group in result.groups:
        parts.append(f"{group.label}: {_group_in_words(group, table)}.")
    if result.overall is not None:
        parts.append(f"All trials: {_group_in_words(result.overall, table)}.")
    elif result.overall_reason:
        parts.append("No overall estimate.")
    return " ".join(parts)


def _group_in_words(group: Group, table: Table) -> str:
    measure = table.measure
    main = main_pool(group)
    limits = group.margin
    margin = f", margin {fmt.margin(limits.lower, limits.upper, measure)}" if limits else ""
    if main is None:
        if group.k > 1:
            return f"{group.k} effects, pooled with the others"
        rows = (r for r in table.rows if r.kind == "trial" and r.group == group.label)
        row = next(rows, None)
        if row is None:  # of many trials the heaviest are drawn
            return "one trial, not drawn"
        return f"one trial, {row.label}, {measure.code} {row.effect}{margin}"
    pool = main.pool
    effect = fmt.effect_with_interval(pool.estimate, pool.ci_lower, pool.ci_upper, measure)
    if pool.measure != measure.code:
        label = "" if group.label not in {row.group for row in table.rows} else group.label
        effect = next(r.effect for r in table.rows if r.kind == "pool" and r.group == label)
    i2 = "" if pool.i2_q is None else f", I² {i2_text(pool, table.preset)}"
    return f"{group.k} trials, {measure.code} {effect}{i2}{margin}"


def _mixed_counts(trials: Sequence[SelectedTrial]) -> bool:
    arms = [arm for trial in trials for arm in (trial.experimental, trial.control)]
    some = any(arm.events is not None for arm in arms)
    return some and any(arm.events is None and arm.n is not None for arm in arms)


def _sentence(model: str, estimator: str) -> str:
    """Print the model of the record as a sentence that explains the estimator's short name."""
    text = model.strip().rstrip(".").replace("tau²", "τ²")
    text = text[:1].upper() + text[1:]
    named = estimator in text or estimator == "CE"
    return f"{text}." if named else f"{text} ({estimator})."


def _plural(count: int, word: str) -> str:
    return word if count == 1 else f"{word}s"
