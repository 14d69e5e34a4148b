"""Conclusions in words follow the stated rules."""

from __future__ import annotations

import math
from typing import Any

import pytest
import sample_records
from msgspec.structs import replace

from trialpool.measures import Direction, get_measure
from trialpool.questions.shared.words.conclusions import RULES
from trialpool.questions.shared.words.sides import side_of_null
from trialpool.records.files import from_plain
from trialpool.records.groups import Group
from trialpool.records.pools import Models
from trialpool.records.results import ComparativeResult
from trialpool.records.trials import Margin
from trialpool.report.conclusions import conclude
from trialpool.report.rooms import comparative_words


def pool(lower: float | None, upper: float | None, **more: Any) -> dict[str, Any]:
    return sample_records.pool(ci_lower=lower, ci_upper=upper, **more)


def group(**fields: Any) -> Group:
    return from_plain(sample_records.group(**fields), Group)


def record(
    benefit: str = "lower", measure: str = "HR", *endpoints: str, **fields: Any
) -> ComparativeResult:
    named = endpoints or ("OS" if benefit == "lower" else "pCR",)
    given = {"endpoints": named, "endpoint_names": {}, "benefit": benefit, **fields}
    if measure == "RMSTD":
        given |= {"kind": "mean_time", "settings": {"horizon_months": 12}}
    found: Any = sample_records.result(measure=measure, scale=get_measure(measure).scale, **given)
    return found


def describe_side(side: Direction, result: ComparativeResult) -> str:
    return comparative_words(result).describe_side(side, result)


def primary(lower: float | None, upper: float | None, **more: Any) -> Group:
    shown = pool(lower, upper, **more)
    margins = {"margin": shown.pop("margin", None), "label": shown.pop("label", "G")}
    shown["k"] = 6
    return group(**shown, **margins, primary_model="hk-adhoc", models={"hk-adhoc": shown})


def few(common: tuple[float, float], random: tuple[float, float], **more: Any) -> Group:
    models = {
        "common-effect": pool(*common),
        "hk": pool(*random),
        "hk-adhoc": pool(*random, **more),
    }
    return group(k=3, primary_model=None, models=models)


FEWER = "Fewer deaths with the experimental treatment"
MORE = "More deaths with the experimental treatment"
OFTEN = "Pathological complete response more often with the experimental treatment"
RARER = "Pathological complete response less often with the experimental treatment"


@pytest.mark.parametrize(
    ("benefit", "limits", "verdict", "sentence"),
    [
        ("lower", (-0.5, -0.1), "benefit", f"{FEWER}: the 95% CI excludes 1."),
        ("lower", (0.1, 0.5), "harm", f"{MORE}: the 95% CI excludes 1."),
        ("lower", (-0.5, 0.1), "undecided", "Undecided: the 95% CI includes 1."),
        ("higher", (0.1, 0.5), "benefit", f"{OFTEN}: the 95% CI excludes 1."),
        ("higher", (-0.5, -0.1), "harm", f"{RARER}: the 95% CI excludes 1."),
        ("higher", (-0.1, 0.5), "undecided", "Undecided: the 95% CI includes 1."),
        # Touching no difference includes it; a limit that would print as 1.00 need not touch it.
        ("lower", (-0.5, 0.0), "undecided", "Undecided: the 95% CI includes 1."),
        ("lower", (-0.5, -0.001), "benefit", f"{FEWER}: the 95% CI excludes 1."),
        ("lower", (None, None), "none", "No interval could be computed; no conclusion."),
    ],
)
def test_a_primary_interval_decides(
    benefit: str, limits: tuple[float | None, float | None], verdict: str, sentence: str
) -> None:
    conclusion = conclude(primary(*limits), record(benefit, "HR" if benefit == "lower" else "OR"))
    assert (conclusion.verdict, conclusion.sentence) == (verdict, sentence)


BELOW, ABOVE, ACROSS = (-0.5, -0.1), (0.1, 0.5), (-0.6, 0.2)


@pytest.mark.parametrize(
    ("benefit", "common", "random", "verdict", "sentence"),
    [
        ("lower", BELOW, BELOW, "benefit",
         f"{FEWER}: common effect and random effects both exclude 1."),
        ("lower", ABOVE, ABOVE, "harm",
         f"{MORE}: common effect and random effects both exclude 1."),
        ("higher", ABOVE, ABOVE, "benefit",
         f"{OFTEN}: common effect and random effects both exclude 1."),
        ("lower", ACROSS, ACROSS, "undecided", "Undecided: both intervals include 1."),
        ("lower", BELOW, ACROSS, "differs",
         "Differs by model: common effect excludes 1 "
         "(fewer deaths with the experimental treatment), random effects does not."),
        ("higher", BELOW, ACROSS, "differs",
         "Differs by model: common effect excludes 1 (pathological complete response less often "
         "with the experimental treatment), random effects does not."),
        ("lower", ACROSS, BELOW, "differs",
         "Differs by model: random effects excludes 1 "
         "(fewer deaths with the experimental treatment), common effect does not."),
        ("lower", ABOVE, BELOW, "differs",
         "Differs by model: the two exclude 1 on opposite sides."),
    ],
)  # fmt: skip
def test_two_models_must_agree(
    benefit: str,
    common: tuple[float, float],
    random: tuple[float, float],
    verdict: str,
    sentence: str,
) -> None:
    conclusion = conclude(few(common, random), record(benefit))
    assert (conclusion.verdict, conclusion.sentence) == (verdict, sentence)


def test_one_trial_is_no_pool_whatever_its_interval_says() -> None:
    single = group(k=1, primary_model="single-trial", ci_lower=-0.5, ci_upper=-0.1)
    assert conclude(single, record()).text == "One trial; no pool."


def test_no_trial() -> None:
    assert conclude(group(k=0, primary_model=None), record()).text == "No trial; nothing to pool."


def test_a_model_without_an_interval_gives_no_conclusion() -> None:
    pair = group(k=2, primary_model=None, models={"common-effect": pool(-1, 1)})
    assert conclude(pair, record()).verdict == "none"


def by_margin(design: str, benefit: str = "lower", **fields: Any) -> ComparativeResult:
    return record(benefit, "HR" if benefit == "lower" else "RR", design=design, **fields)


def logs(*limits: float | None) -> tuple[float | None, ...]:
    return tuple(None if limit is None else math.log(limit) for limit in limits)


def margin(lower: float | None, upper: float | None) -> dict[str, float | None]:
    return dict(zip(("lower", "upper"), logs(lower, upper), strict=True))


NI, EQ = "non-inferiority", "equivalence"
UP, DOWN, BOTH = (None, 1.15), (0.87, None), (0.80, 1.25)
CI = "the 95% CI"


@pytest.mark.parametrize(
    ("design", "benefit", "limits", "margins", "verdict", "text"),
    [
        (NI, "lower", (0.80, 1.10), UP, "within",
         f"Not worse by more than the margin (1.15): {CI} lies within it."),
        (NI, "lower", (0.70, 0.90), UP, "within",
         f"Not worse by more than the margin (1.15): {CI} lies within it. {FEWER}: {CI} "
         "excludes 1."),
        (NI, "lower", (1.02, 1.12), UP, "within",
         f"Not worse by more than the margin (1.15): {CI} lies within it. {MORE}, worse: {CI} "
         "excludes 1."),
        (NI, "lower", (0.90, 1.20), UP, "not-shown",
         f"Not shown to be within the margin (1.15): {CI} includes it."),
        (NI, "lower", (1.02, 1.20), UP, "not-shown",
         f"Not shown to be within the margin (1.15): {CI} includes it. {MORE}, worse: {CI} "
         "excludes 1."),
        (NI, "lower", (1.20, 1.50), UP, "beyond",
         f"Worse by more than the margin (1.15): {CI} lies beyond it as a whole. {MORE}, worse: "
         f"{CI} excludes 1."),
        # Touching the margin, or passing it in a digit that is not printed, includes it.
        (NI, "lower", (0.80, 1.15), UP, "not-shown",
         f"Not shown to be within the margin (1.15): {CI} includes it."),
        (NI, "lower", (0.80, 1.1501), UP, "not-shown",
         f"Not shown to be within the margin (1.15): {CI} includes it."),
        (NI, "higher", (0.90, 1.20), DOWN, "within",
         f"Not worse by more than the margin (0.87): {CI} lies within it."),
        (NI, "higher", (0.80, 1.20), DOWN, "not-shown",
         f"Not shown to be within the margin (0.87): {CI} includes it."),
        (NI, "higher", (0.80, 0.95), DOWN, "not-shown",
         f"Not shown to be within the margin (0.87): {CI} includes it. {RARER}, worse: {CI} "
         "excludes 1."),
        (NI, "higher", (0.60, 0.80), DOWN, "beyond",
         f"Worse by more than the margin (0.87): {CI} lies beyond it as a whole. {RARER}, worse: "
         f"{CI} excludes 1."),
        # A margin on the better side decides nothing.
        (NI, "higher", (0.90, 1.20), UP, "none",
         "No margin was set: shown without a verdict."),
        (EQ, "higher", (0.85, 1.10), BOTH, "within",
         f"Equivalent within the margin 0.80 to 1.25: {CI} lies within it."),
        # Wholly on one side of no difference and yet equivalent.
        (EQ, "higher", (1.02, 1.20), BOTH, "within",
         f"Equivalent within the margin 0.80 to 1.25: {CI} lies within it."),
        (EQ, "lower", (0.79, 1.10), BOTH, "not-shown",
         f"Equivalence not shown: {CI} reaches beyond the margin 0.80 to 1.25."),
        (EQ, "lower", (0.90, 1.26), BOTH, "not-shown",
         f"Equivalence not shown: {CI} reaches beyond the margin 0.80 to 1.25."),
        (EQ, "lower", (1.30, 1.50), BOTH, "not-shown",
         f"Equivalence not shown: {CI} reaches beyond the margin 0.80 to 1.25."),
        (EQ, "lower", (0.90, 1.10), UP, "none", "No margin was set: shown without a verdict."),
    ],
)  # fmt: skip
def test_margins_decide_non_inferiority_and_equivalence(
    design: str,
    benefit: str,
    limits: tuple[float, float],
    margins: tuple[float | None, float | None],
    verdict: str,
    text: str,
) -> None:
    fields = by_margin(design, benefit)
    pooled = primary(*logs(*limits), margin=margin(*margins))
    assert (conclude(pooled, fields).verdict, conclude(pooled, fields).text) == (verdict, text)
    # One trial is judged in the same words and is no pool.
    single = replace(pooled, k=1, primary_model="single-trial", models=Models())
    conclusion = conclude(single, fields)
    assert (conclusion.verdict, conclusion.text) == (verdict, f"One trial; no pool. {text}")


IN, OVER, OUT = (0.90, 1.10), (0.90, 1.30), (1.05, 1.30)


@pytest.mark.parametrize(
    ("design", "common", "random", "verdict", "text"),
    [
        (NI, IN, IN, "within",
         "Not worse by more than the margin (1.15): both intervals lie within it."),
        (NI, OVER, OVER, "not-shown",
         "Not shown to be within the margin (1.15): both intervals include it."),
        (NI, OUT, OUT, "not-shown",
         "Not shown to be within the margin (1.15): both intervals include it. "
         f"{MORE}, worse: common effect and random effects exclude 1."),
        (NI, OUT, OVER, "not-shown",
         "Not shown to be within the margin (1.15): both intervals include it. Differs by model: "
         "common effect excludes 1 (more deaths with the experimental treatment, worse), random "
         "effects does not."),
        (NI, IN, OVER, "differs",
         "Differs by model: common effect: not worse by more than the margin (1.15); random "
         "effects: not shown to be within the margin (1.15)."),
        (EQ, IN, IN, "within",
         "Equivalent within the margin 0.80 to 1.25: both intervals lie within it."),
        (EQ, OUT, OVER, "not-shown",
         "Equivalence not shown: both intervals reach beyond the margin 0.80 to 1.25."),
        (EQ, IN, OVER, "differs",
         "Differs by model: common effect: equivalent within the margin 0.80 to 1.25; random "
         "effects: equivalence not shown."),
    ],
)  # fmt: skip
def test_both_models_are_judged_by_the_margin(
    design: str,
    common: tuple[float, float],
    random: tuple[float, float],
    verdict: str,
    text: str,
) -> None:
    margins = Margin(**margin(*(UP if design == NI else BOTH)))
    judged = replace(few(logs(*common), logs(*random)), margin=margins)  # type: ignore[arg-type]
    conclusion = conclude(judged, by_margin(design))
    assert (conclusion.verdict, conclusion.text) == (verdict, text)


@pytest.mark.parametrize("design", [NI, EQ])
@pytest.mark.parametrize("limits", [(-0.5, -0.1), (0.1, 0.5), (-0.2, 0.2)])
def test_without_a_margin_there_is_no_verdict(design: str, limits: tuple[float, float]) -> None:
    bare = {"group": "A", "margin": None}
    judged = primary(*limits, label="A", margin=None)
    fields = by_margin(design, trials=[bare])
    assert conclude(judged, fields).text == "No margin was set: shown without a verdict."
    fields = by_margin(design, trials=[bare, {"group": "A", "margin": margin(0.8, 1.25)}])
    expected = "Not every trial has a margin: shown without a verdict."
    assert conclude(judged, fields).text == expected
    assert conclude(judged, fields).verdict == "none"


def test_a_margin_needs_an_interval() -> None:
    judged = primary(None, None, margin=margin(*UP))
    text = conclude(judged, by_margin(NI)).text
    assert text == "No interval could be computed; no conclusion."


def test_comparisons_of_equivalence_are_never_decided_by_crossing_no_difference() -> None:
    conclusion = conclude(primary(-0.5, -0.1), record(settings={"contrasts": ["equivalence"]}))
    assert conclusion.verdict == "none"


def test_a_superiority_question_does_not_look_at_margins() -> None:
    judged = primary(-0.5, -0.1, margin=margin(*BOTH))
    assert conclude(judged, by_margin("superiority")).verdict == "benefit"


def test_the_prediction_interval_is_remarked_on_only_where_a_difference_is_named() -> None:
    wide, narrow = {"pi_lower": -0.9, "pi_upper": 0.3}, {"pi_lower": -0.6, "pi_upper": -0.01}
    assert conclude(primary(-0.5, -0.1, **wide), record()).remarks == (
        "The prediction interval includes 1: "
        "a further trial may show no difference, or the opposite.",
    )
    assert conclude(primary(-0.5, -0.1, **narrow), record()).remarks == (
        "The prediction interval excludes 1 as well.",
    )
    assert conclude(primary(-0.5, 0.1, **wide), record()).remarks == ()
    assert conclude(primary(-0.5, -0.1), record()).remarks == ()
    assert "includes 1" in conclude(few(BELOW, BELOW, **wide), record()).text


@pytest.mark.parametrize(("tau2_lower", "said"), [(0.01, True), (0.0, False), (None, False)])
def test_trials_differ_only_where_the_interval_of_tau2_lies_above_zero(
    tau2_lower: float | None, said: bool
) -> None:
    shown = primary(-0.5, 0.1, tau2_ci_lower=tau2_lower)
    text = conclude(shown, record()).text
    assert ("The trials differ from each other beyond chance." in text) is said


def test_differences_are_compared_with_zero() -> None:
    text = conclude(primary(0.1, 0.2), record("higher", "RD")).text
    assert text.endswith("the 95% CI excludes 0.")


@pytest.mark.parametrize(
    ("side", "fields", "words"),
    [
        ("lower", record("lower", "HR", "PFS"), "fewer progressions or deaths"),
        ("higher", record("lower", "HR", "DFS"), "more events"),
        ("lower", record("lower", "HR", "DFS", "IDFS"), "fewer events"),
        ("lower", record("lower", "HR", "OS", "PFS"), "fewer events"),
        ("higher", record("higher", "RMSTD", "PFS"), "longer mean time free of the event"),
        ("lower", record("higher", "RMSTD", "PFS"), "shorter mean time free of the event"),
        ("higher", record("higher", "OR", "new"), "new more often"),
        (
            "higher",
            record("higher", "OR", "new", endpoint_names={"new": "remission"}),
            "remission more often",
        ),
    ],
)
def test_sides_in_words(side: Any, fields: ComparativeResult, words: str) -> None:
    assert describe_side(side, fields) == f"{words} with the experimental treatment"


def test_sides() -> None:
    assert side_of_null(None) == "unknown"
    assert side_of_null(primary(0.1, 0.2), null_value=0.3) == "lower"


def test_no_sentence_speaks_of_significance() -> None:
    groups = [
        primary(*limits, pi_lower=-1, pi_upper=1, tau2_ci_lower=0.1)
        for limits in (BELOW, ABOVE, ACROSS)
    ]
    groups += [few(a, b) for a in (BELOW, ABOVE, ACROSS) for b in (BELOW, ABOVE, ACROSS)]
    texts = [conclude(g, record(b)).text for g in groups for b in ("lower", "higher")]
    margins = [replace(g, margin=Margin(**margin(0.9, 1.1))) for g in groups]
    texts += [conclude(g, by_margin(design)).text for g in margins for design in (NI, EQ)]
    assert "signific" not in " ".join([*texts, *RULES]).lower()


def test_the_question_names_its_sides():
    names = {"experimental": "shorter treatment", "control": "longer treatment"}
    asked = record("lower", "HR", "DFS", arm_names=names)
    assert describe_side("higher", asked) == "more events with the shorter treatment"
