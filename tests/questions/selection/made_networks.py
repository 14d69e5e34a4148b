"""Networks of made trials, asked and pooled as the pipeline does."""

from __future__ import annotations

import math

from scipy.stats import norm
from small_tables import QUESTION, TAXONOMY, frame, select

from trialpool.effects.derive import derive_effects
from trialpool.evidence.tables import Evidence
from trialpool.questions.network.pool import pool
from trialpool.questions.shared.selection.library import Library

Z = norm.ppf(0.975)
AGENTS = ("alpha", "beta", "gamma", "delta", "epsilon")
NODES = {
    **TAXONOMY,
    "classes": {
        "drug": {"label": "drug", "targeted": True},
        "care": {"label": "care", "targeted": False, "compared_as": "care"},
    },
    "agents": {
        **{name: {"mechanism": "drug"} for name in AGENTS},
        "alike": {"mechanism": "drug", "biosimilar_of": "alpha"},
        "care": {"mechanism": "care"},
        "more care": {"mechanism": "care"},
    },
    "overlaps": [],
    "contrasts_schedule": [],
}
ASKED = {
    **QUESTION,
    **{"kind": "network", "multiarm": "gls", "reference": "care"},
}
# Arms of the made trials, and what they print: arms, ratio, limits.
TRIALS = {
    "one": ({"x": "alpha; care", "c": "care"}, [("x", "c", "0.70", "0.55", "0.89")]),
    # A biosimilar with another partner is the same node, here as the control.
    "two": ({"x": "more care", "c": "alike; more care"}, [("x", "c", "1.25", "1.00", "1.5625")]),
    "three": ({"x": "beta; care", "c": "care"}, [("x", "c", "0.80", "0.60", "1.0667")]),
    "four": (
        {"x": "alpha; care", "y": "beta; care", "c": "care"},
        [
            ("x", "c", "0.60", "0.45", "0.80"),
            ("y", "c", "0.75", "0.5625", "1.00"),
            ("x", "y", "0.80", "0.60", "1.0667"),
        ],
    ),
    "five": ({"x": "gamma", "c": "beta; care"}, [("x", "c", "0.50", "0.40", "0.625")]),
    "six": ({"x": "delta", "c": "epsilon"}, [("x", "c", "0.90", "0.70", "1.1571")]),
}


def library(*names, lines=None):
    """Tables of made trials; `lines` of treatment by name, else "2"."""
    arms, rows = [], []
    for name in names:
        own, printed = TRIALS[name]
        arms += [
            {"trial_id": name, "arm_id": arm, "agents": agents, "label": arm, "n": "100"}
            for arm, agents in own.items()
        ]
        rows += [
            {
                **{"row_id": f"{name}.{a}.{b}", "trial_id": name, "experimental_arm": a},
                **{"control_arm": b, "endpoint": "PFS", "population": "ITT", "measure": "HR"},
                **{"estimate": hr, "ci_lower": low, "ci_upper": high, "ci_level": "95"},
                **{"maturity": "primary", "source_id": "s2020", "extraction": "double"},
            }
            for a, b, hr, low, high in printed
        ]
    trials = [
        {
            "trial_id": name,
            "trial": name.upper(),
            "design": "rct",
            "line": (lines or {}).get(name, "2"),
        }
        for name in names
    ]
    evidence = Evidence(
        {
            "trials": frame("trials", trials),
            "arms": frame("arms", arms),
            "sources": frame("sources", [{"source_id": "s2020", "year": "2020"}]),
            "time_to_event": frame("time_to_event", rows),
        }
    )
    return Library(evidence, derive_effects(evidence), NODES, {})


def result(*names, lines=None, **settings):
    """Result of a network of made trials."""
    return pool(*select(library(*names, lines=lines), ASKED | settings))[0]


def of(fit, name):
    return next(one for one in fit.effects if one.treatment == name)


def entry(fit, a, b):
    return next(one for one in fit.league if (one.treatment, one.against) == (a, b))


def printed(name, place=0):
    """Log ratio and its variance of a made trial, from its printed limits."""
    _, _, hr, low, high = TRIALS[name][1][place]
    return math.log(float(hr)), ((math.log(float(high)) - math.log(float(low))) / (2 * Z)) ** 2
