"""trialpool: a living meta-analysis of clinical trials.

The public names load on first use, so that a command pays only for what it needs.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trialpool import datasets
    from trialpool.effects.table_files.frames import effect_sizes
    from trialpool.effects.typed import EffectSizes
    from trialpool.effects.typed_pools import pool
    from trialpool.evidence.reading import read_evidence
    from trialpool.evidence.tables import Evidence
    from trialpool.figures.api import forest
    from trialpool.figures.plots import (
        baujat_plot,
        bubble_plot,
        cumulative_plot,
        funnel_plot,
        gosh_plot,
        influence_plot,
        labbe_plot,
        league_plot,
        leave_one_out_plot,
        net_heat_plot,
        network_funnel_plot,
        network_plot,
        orchard_plot,
        overview_plot,
        posterior_plot,
        radial_plot,
        rank_plot,
        risk_of_bias_plot,
        save_plot,
        specification_curve,
    )
    from trialpool.findings import Finding, InputError
    from trialpool.pooling import (
        BayesianPool,
        PooledEffect,
        bayesian_random_effects,
        dependent_effects,
        meta_regression,
        random_effects,
        random_effects_many,
    )
    from trialpool.pooling.bivariate.model import BivariateFit, bivariate
    from trialpool.pooling.bivariate.surrogacy import Surrogacy, surrogacy
    from trialpool.pooling.network import (
        AdditiveResult,
        ClassesResult,
        NetworkRegression,
        NetworkResult,
        network,
        network_classes,
        network_components,
        network_regression,
    )
    from trialpool.pooling.sequential.boundaries import boundaries
    from trialpool.pooling.sequential.information import InformationSize, information_size
    from trialpool.pooling.sequential.one_more import OneMore, one_more_trial
    from trialpool.sensitivity import (
        baujat,
        cumulative,
        egger,
        gosh,
        influence,
        leave_one_out,
        pet_peese,
        rank_test,
        regression_test,
        selection_model,
        subgroups,
        trim_and_fill,
    )

    # That of pyproject.toml, as it was installed.
    __version__: str

_HOMES = {
    "EffectSizes": "trialpool.effects.typed",
    "effect_sizes": "trialpool.effects.table_files.frames",
    "Evidence": "trialpool.evidence.tables",
    "read_evidence": "trialpool.evidence.reading",
    "forest": "trialpool.figures.api",
    "Finding": "trialpool.findings",
    "InputError": "trialpool.findings",
    "BayesianPool": "trialpool.pooling",
    "PooledEffect": "trialpool.pooling",
    "bayesian_random_effects": "trialpool.pooling",
    "dependent_effects": "trialpool.pooling",
    "meta_regression": "trialpool.pooling",
    "random_effects": "trialpool.pooling",
    "random_effects_many": "trialpool.pooling",
    "BivariateFit": "trialpool.pooling.bivariate.model",
    "bivariate": "trialpool.pooling.bivariate.model",
    "Surrogacy": "trialpool.pooling.bivariate.surrogacy",
    "surrogacy": "trialpool.pooling.bivariate.surrogacy",
    "boundaries": "trialpool.pooling.sequential.boundaries",
    "InformationSize": "trialpool.pooling.sequential.information",
    "information_size": "trialpool.pooling.sequential.information",
    "OneMore": "trialpool.pooling.sequential.one_more",
    "one_more_trial": "trialpool.pooling.sequential.one_more",
    "NetworkResult": "trialpool.pooling.network",
    "network": "trialpool.pooling.network",
    "AdditiveResult": "trialpool.pooling.network",
    "ClassesResult": "trialpool.pooling.network",
    "NetworkRegression": "trialpool.pooling.network",
    "network_classes": "trialpool.pooling.network",
    "network_components": "trialpool.pooling.network",
    "network_regression": "trialpool.pooling.network",
    "baujat": "trialpool.sensitivity",
    "cumulative": "trialpool.sensitivity",
    "influence": "trialpool.sensitivity",
    "leave_one_out": "trialpool.sensitivity",
    "subgroups": "trialpool.sensitivity",
    "egger": "trialpool.sensitivity",
    "gosh": "trialpool.sensitivity",
    "pet_peese": "trialpool.sensitivity",
    "rank_test": "trialpool.sensitivity",
    "regression_test": "trialpool.sensitivity",
    "selection_model": "trialpool.sensitivity",
    "trim_and_fill": "trialpool.sensitivity",
    "pool": "trialpool.effects.typed_pools",
    "baujat_plot": "trialpool.figures.plots",
    "bubble_plot": "trialpool.figures.plots",
    "cumulative_plot": "trialpool.figures.plots",
    "funnel_plot": "trialpool.figures.plots",
    "gosh_plot": "trialpool.figures.plots",
    "influence_plot": "trialpool.figures.plots",
    "labbe_plot": "trialpool.figures.plots",
    "league_plot": "trialpool.figures.plots",
    "leave_one_out_plot": "trialpool.figures.plots",
    "net_heat_plot": "trialpool.figures.plots",
    "network_funnel_plot": "trialpool.figures.plots",
    "network_plot": "trialpool.figures.plots",
    "orchard_plot": "trialpool.figures.plots",
    "overview_plot": "trialpool.figures.plots",
    "posterior_plot": "trialpool.figures.plots",
    "radial_plot": "trialpool.figures.plots",
    "rank_plot": "trialpool.figures.plots",
    "risk_of_bias_plot": "trialpool.figures.plots",
    "save_plot": "trialpool.figures.plots",
    "specification_curve": "trialpool.figures.plots",
}

_MODULES = ("datasets",)

__all__ = [
    "AdditiveResult",
    "BayesianPool",
    "BivariateFit",
    "ClassesResult",
    "EffectSizes",
    "Evidence",
    "Finding",
    "InformationSize",
    "InputError",
    "NetworkRegression",
    "NetworkResult",
    "OneMore",
    "PooledEffect",
    "Surrogacy",
    "baujat",
    "baujat_plot",
    "bayesian_random_effects",
    "bivariate",
    "boundaries",
    "bubble_plot",
    "cumulative",
    "cumulative_plot",
    "datasets",
    "dependent_effects",
    "effect_sizes",
    "egger",
    "forest",
    "funnel_plot",
    "gosh",
    "gosh_plot",
    "influence",
    "influence_plot",
    "information_size",
    "labbe_plot",
    "league_plot",
    "leave_one_out",
    "leave_one_out_plot",
    "meta_regression",
    "net_heat_plot",
    "network",
    "network_classes",
    "network_components",
    "network_funnel_plot",
    "network_plot",
    "network_regression",
    "one_more_trial",
    "orchard_plot",
    "overview_plot",
    "pet_peese",
    "pool",
    "posterior_plot",
    "radial_plot",
    "random_effects",
    "random_effects_many",
    "rank_plot",
    "rank_test",
    "read_evidence",
    "regression_test",
    "risk_of_bias_plot",
    "save_plot",
    "selection_model",
    "specification_curve",
    "subgroups",
    "surrogacy",
    "trim_and_fill",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("trialpool")
    if name in _MODULES:
        return importlib.import_module(f"trialpool.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    importlib.import_module("trialpool.shown.present").install()
    try:
        return getattr(importlib.import_module(_HOMES[name]), name)
    except ModuleNotFoundError as error:
        from trialpool.extras import install_command

        error.add_note(install_command(error.name or ""))
        raise


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES, *_MODULES])
