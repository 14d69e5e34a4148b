"""Pages of the public names of trialpool: mkdocstrings reads their docstrings."""

from __future__ import annotations

import inspect
from typing import Any

import trialpool as tp

# Pages and what is on them; every public name stands on one.
PAGES = {
    "effects": ("Effects and tables", ("effect_sizes", "EffectSizes", "read_evidence", "Evidence")),
    "pools": (
        "Pools",
        (
            "pool", "random_effects", "random_effects_many", "PooledEffect",
            "bayesian_random_effects", "BayesianPool",
        ),
    ),
    "analyses": (
        "Regression, dependence, robustness",
        (
            "meta_regression", "dependent_effects", "subgroups", "leave_one_out", "cumulative",
            "influence", "baujat", "gosh", "egger", "regression_test", "rank_test",
            "trim_and_fill", "pet_peese", "selection_model",
        ),
    ),
    "networks": (
        "Networks",
        (
            "network", "NetworkResult", "network_classes", "ClassesResult", "network_components",
            "AdditiveResult", "network_regression", "NetworkRegression",
        ),
    ),
    "endpoints": (
        "Two endpoints, further trials",
        (
            "bivariate", "BivariateFit", "surrogacy", "Surrogacy", "information_size",
            "InformationSize", "boundaries", "one_more_trial", "OneMore",
        ),
    ),
    "figures": (
        "Figures",
        (
            "forest", "save_plot", "funnel_plot", "radial_plot", "labbe_plot", "baujat_plot",
            "influence_plot", "leave_one_out_plot", "cumulative_plot", "gosh_plot", "bubble_plot",
            "orchard_plot", "posterior_plot", "specification_curve", "network_plot", "league_plot",
            "rank_plot", "net_heat_plot", "network_funnel_plot", "risk_of_bias_plot",
            "overview_plot",
        ),
    ),
    "data": ("Data sets and errors", ("datasets", "InputError", "Finding")),
}  # fmt: skip


def api_pages() -> dict[str, str]:
    """Return each page of the reference: its name without ending, and its Markdown."""
    placed = [name for _, names in PAGES.values() for name in names]
    if sorted(placed) != sorted(tp.__all__):
        raise SystemExit(f"public names on no page or gone: {set(placed) ^ set(tp.__all__)}")
    pages, rows = {}, []
    for page, (title, names) in PAGES.items():
        parts = [f"# {title}\n"]
        for name in names:
            home = _home(name)
            shown = f"heading: tp.{name}, toc_label: tp.{name}"
            parts += [f"::: {home}\n    options: {{{shown}}}\n"]
            rows.append(f"| [`tp.{name}`]({page}.md#{home}) | {_first_line(name)} |")
        pages[page] = "\n".join(parts)
    intro = "# Python\n\n`import trialpool as tp`. Each name loads on first use.\n\n"
    return {"index": intro + "| name | |\n|---|---|\n" + "\n".join(rows) + "\n", **pages}


def _home(name: str) -> str:
    """Return where the definition stands, which is what can be read without running it."""
    thing: Any = getattr(tp, name)
    return thing.__name__ if inspect.ismodule(thing) else f"{thing.__module__}.{thing.__qualname__}"


def _first_line(name: str) -> str:
    said = inspect.getdoc(getattr(tp, name))
    if not said:
        raise SystemExit(f"tp.{name} says nothing of itself")
    return " ".join(said.split("\n\n")[0].split()).replace("|", "\\|").replace("``", "`")
