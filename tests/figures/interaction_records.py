"""Records of interactions: six published trials of iron by sex, and cases that strain a layout."""

from __future__ import annotations

import csv
import math
from functools import cache
from pathlib import Path
from typing import Any

from pooled_records import pooled
from shipped_words import ENDPOINTS
from stress_records import LONG_WORD

from trialpool.questions.interaction.select import asked
from trialpool.records.files import to_plain

Json = dict[str, Any]
# Anker et al. 2025, Nature Medicine 31:2640, by dat.anker2025 of metadat.
ANKER = Path(__file__).resolve().parents[1] / "reference" / "anker2025.csv"
EFFECT = ("logrr", "se")
IRON = "Iron added"
SETTINGS: Json = {
    **{
        "kind": "interaction",
        "title": "Sex and the effect of iron",
        "question": "q",
        "table": "time_to_event",
    },
    **{"endpoints": ["PFS"], "trials": {}, "contrasts": ["strategy"], "multiarm": "choose"},
    **{"measure": "RHR", "report_policy": "latest", "overall": None, "overall_reason": "none"},
    "interaction": {
        "biomarkers": {"Sex": {"positive": ["women"], "negative": ["men"]}},
        "labels": {"positive": "women", "negative": "men"},
    },
}
POOLING: Json = {
    **{"tau2": "REML", "pi": "t", "level": 0.95},
    "tau_priors": {"RHR": "half-normal:0.25"},
}


def level(
    side: str, name: str, estimate: float, se: float, counts: tuple[int | None, int | None]
) -> Json:
    events, n = counts
    return {
        **{"side": side, "marker": "Sex", "level": name, "described": name, "row_ids": []},
        **{arm: {"n": n, "events": events} for arm in ("experimental", "control")},
        **{"estimate": estimate, "se": se, "derivation": {}},
    }


def trial(
    label: str,
    effects: tuple[float, float, float, float],
    group: str = IRON,
    counts: tuple[int | None, int | None] = (None, None),
    **changes: Any,
) -> Json:
    """One trial; effects are women, its standard error, men, its standard error, as logs."""
    women, women_se, men, men_se = effects
    key = label.lower().replace(" ", "-")
    arm = {"arm_id": "a", "label": "a", "agents": [], "n": None, "events": None}
    return {
        **{"row_ids": [], "trial_id": key, "label": label, "year": None, "group": group},
        "comparison": "iron added to usual care; Sex women v men",
        **{"experimental": arm, "control": arm, "margin": None, "source": key, "flags": []},
        **{"estimate": women - men, "se": math.hypot(women_se, men_se), "third_contrasts": []},
        "levels": [
            level("positive", "women", women, women_se, counts),
            level("negative", "men", men, men_se, counts),
        ],
        **changes,
    }


def record(identifier: str, trials: list[Json], alone: list[Json] | None = None) -> Any:
    groups = list(dict.fromkeys(item["group"] for item in trials))
    plain = to_plain(asked(identifier, SETTINGS, POOLING, ENDPOINTS))
    question = {
        **plain["filters"],
        **plain,
        "groups": [
            {"label": g, "mechanism": g, "mechanisms": [g], "kind": "added"} for g in groups
        ],
        **{"excluded": [], "sources": {}, "variants": [], "one_level": alone or []},
        **{"all_arms": [], "moderators": []},
    }
    return pooled(question, trials)


def one_level(label: str, side: str, estimate: float, se: float, group: str = IRON) -> Json:
    name = {"positive": "women", "negative": "men"}[side]
    return {
        **{"trial_id": label.lower(), "label": label, "group": group},
        **level(side, name, estimate, se, (None, 100)),
    }


def _anker() -> list[Json]:
    with ANKER.open(encoding="utf-8") as stream:
        return [
            trial(
                row["study"],
                tuple(
                    float(row[n]) for n in ("female_logrr", "female_se", "male_logrr", "male_se")
                ),
            )
            for row in csv.DictReader(stream)
        ]


def anker() -> Any:
    """Six trials, one random-effects model primary."""
    return record("iron-by-sex", _anker())


def few() -> Any:
    """Two trials and one of women only: the Bayesian model beside two others, counts."""
    trials = [{**item, "flags": ["prespecified: not noted"]} for item in _anker()[:2]]
    for item, n in zip(trials, (80, 140), strict=True):
        for one in item["levels"]:
            one["experimental"] = {"n": n, "events": n // 3}
    return record("few", trials, [one_level("WOMEN", "positive", -0.3, 0.2)])


def one_and_alone() -> Any:
    """One trial with both levels, another with one: effects by level without a pooled ratio."""
    return record("one-and-alone", _anker()[:1], [one_level("MEN", "negative", -0.1, 0.1)])


def names() -> Any:
    """Long names in every place, one trial cut at both axes."""
    trials = [
        trial("A name that goes on and on until it has to be wrapped " * 2, (-0.2, 0.1, 0.3, 0.2)),
        trial(LONG_WORD[:90], (-0.4, 0.1, 0.1, 0.1), comparison=LONG_WORD),
        trial("Narrow", (-0.3, 0.1, 0.2, 0.1)),
        trial("Wide", (-0.5, 3.0, 2.0, 2.5), "A group with a long heading, " * 6),
    ]
    for item in trials:
        item["levels"][0]["level"] = "women of any age, with words to be wrapped"
        item["levels"][1]["described"] = "men in whom the level was measured " * 5
    return record("names", trials)


def many() -> Any:
    """Thirty groups of one and one of thirty, far apart."""
    effects = [(-6.0 + 0.2 * i, 0.1 + 0.01 * i, 0.1 * i - 3.0, 0.2) for i in range(60)]
    trials = [trial(f"T{i}", e, f"Group {min(i, 30)}") for i, e in enumerate(effects)]
    return record("many", trials)


BUILDERS = {build.__name__: build for build in (anker, few, one_and_alone, names, many)}


@cache
def interaction(name: str) -> Any:
    """The record of a name, pooled once."""
    return BUILDERS[name]()
