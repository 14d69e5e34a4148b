"""Records with judgements of risk of bias and posteriors: made up, to strain a layout."""

from __future__ import annotations

from typing import Any

from forest_records import record, survival, trial

from trialpool.pooling import bayesian_random_effects

Json = dict[str, Any]
POSTERIOR = {"median": 0.0, "mean": None, "sd": None, "lower": 0.0, "upper": 0.0}
WORDS = ("low", "some concerns", "high", "unclear")


def judge(result: Json, *, domains: int = 5, tool: str = "RoB 2") -> Json:
    """Give every trial but the last made-up judgements; the last has none."""
    for number, item in enumerate(result["trials"][:-1]):
        judged = {f"D{d + 1}": WORDS[(number + d * (number + 1)) % 4] for d in range(domains)}
        judged["overall"] = WORDS[number % 4]
        item["risk_of_bias"] = {"tool": tool, "judgements": judged}
    return result


def judged() -> Json:
    return judge(survival())


def posterior() -> Json:
    """Three trials whose primary model is Bayesian, as the pipeline writes it."""
    items = [
        trial(f"T{i}", 2010 + i, "Added", "one drug added to another", (hr, hr / 1.3, hr * 1.3),
              (40, 100), (50, 101))
        for i, hr in enumerate((0.62, 0.71, 0.95))
    ]  # fmt: skip
    result = record("posterior", "Few trials", items)
    found = bayesian_random_effects(
        [item["estimate"] for item in items], [item["se"] ** 2 for item in items], measure="HR"
    )
    (group,) = result["groups"]
    group |= {"primary_model": "bayes"}
    shown = dict.fromkeys(("mean", "tau", "prediction"), POSTERIOR)
    group["models"]["bayes"] = {
        **group["models"]["hk-adhoc"],
        "estimate": found.mean.median,
        "ci_lower": found.mean.lower,
        "ci_upper": found.mean.upper,
        "pi_lower": found.prediction.lower,
        "pi_upper": found.prediction.upper,
        "pi_method": "posterior",
        "tau2_method": "posterior",
        "prior": "half-normal",
        "prior_scale": 0.5,
        "prior_words": "half-normal prior of τ with scale 0.5",
        "mean_prior": None,
        "probability_below": found.probability_below,
        "p_value": None,
        "probability_above": 1.0 - found.probability_below,
        **{"estimate_is": "median", "nodes": 0, "shrunken": [], **shown},
        **{"prediction_below": 0.5, "prediction_above": 0.5},
    }
    return result


def many_domains() -> Json:
    """Seven domains under another tool, in groups of one."""
    items = [trial(f"T{i}", 2010, f"G{i}", "c", (0.8, 0.6, 1.1)) for i in range(5)]
    return judge(record("domains", "Seven domains", items), domains=7, tool="ROBINS-I")
