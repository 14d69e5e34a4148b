"""The column sets of other programs, and usual names, by the names that they have here.

Headers are compared without capitals, spaces, dots and signs: `event.e`, `Event E` and
`event_e` are one. Sources: the documentation of metafor (escalc), meta and netmeta, RevMan's
export of analysis data, Stata's meta and admetan.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Final

from trialpool.effects.forms import FORMS


def plain(header: str) -> str:
    """Give the form under which headers are compared."""
    text = unicodedata.normalize("NFKC", header).casefold()
    text = text.replace("²", "2").replace("−", "-")
    return re.sub(r"[^0-9a-z]", "", text)


def level_in(header: str) -> str:
    """Return the level of an interval that a header names, in percent; empty if none."""
    match = re.search(r"(\d{2}(?:[.,]\d+)?)\s*%", header)
    return match[1].replace(",", ".") if match else ""


def without_level(header: str) -> str:
    """Return the plain form of a header without the level of its interval."""
    return plain(re.sub(r"\d{2}(?:[.,]\d+)?\s*%", " ", header))


def _served(columns: Iterable[str]) -> frozenset[str]:
    """Return the measures that columns give by the names used here."""
    names = set(columns)
    held = [form.held(names) for form in FORMS]
    return frozenset(
        code
        for form, own in zip(FORMS, held, strict=True)
        if own and not any(own < other for other in held)
        for code in form.measures
    )


@dataclass(frozen=True)
class ColumnSet:
    """Columns that make an effect size together.

    Attributes
    ----------
    name : str
    roles : mapping of str to tuple of str
        Per column here, the headers in plain form that it may have.
    measures : frozenset of str
        Codes that it serves; empty for every measure.
    optional : mapping of str to tuple of str
    """

    name: str
    roles: Mapping[str, tuple[str, ...]]
    measures: frozenset[str]
    optional: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def _set(
    name: str,
    roles: Mapping[str, tuple[str, ...]],
    measures: Iterable[str] | None = None,
    optional: Mapping[str, tuple[str, ...]] | None = None,
) -> ColumnSet:
    """Make a set whose measures are those that its columns give."""
    more = dict(optional or {})
    # Patients follow from events and non-events.
    names = [name.removeprefix("nonevents").replace("_", "n_", 1) if name.startswith("nonevents")
             else name for name in (*roles, *more)]  # fmt: skip
    served = _served(names) if measures is None else frozenset(measures)
    return ColumnSet(name, roles, served, more)


_EXPERIMENTAL: Final = (
    "experimental", "exp", "e", "treatment", "treat", "treated", "trt", "t", "ti", "intervention",
    "active", "1", "1i",
)  # fmt: skip
_CONTROL: Final = (
    "control", "ctrl", "contr", "con", "cont", "c", "ci", "placebo", "comparator", "comparison",
    "2", "2i",
)  # fmt: skip
_EVENTS: Final = (
    "events", "event", "ev", "cases", "responders", "deaths", "x", "r", "numberofevents", "nevents",
)  # fmt: skip
_PATIENTS: Final = (
    "n", "total", "totals", "patients", "participants", "subjects", "samplesize", "size",
    "randomised", "randomized", "ntotal", "numberofpatients", "npatients", "numberofparticipants",
)  # fmt: skip
_TIME: Final = ("time", "persontime", "personyears", "patientyears", "exposure")
_MEAN: Final = ("mean", "m", "average")
_SD: Final = ("sd", "stddev", "stdev", "standarddeviation")


def _of_arm(words: Iterable[str], arms: Iterable[str], *own: str) -> tuple[str, ...]:
    """Every word beside every name of an arm, before it and after it."""
    both = [form for word, arm in product(words, arms) for form in (word + arm, arm + word)]
    # Two arms' letters: "nt" is patients of the treated, never "tn" (true negatives) and the like.
    kept = [form for form in both if len(form) > 2 or form[0] not in "ectpi12"]
    return (*own, *kept)


def _pair(
    words: Iterable[str], base: str, experimental: str, control: str
) -> dict[str, tuple[str, ...]]:
    words = tuple(words)
    return {
        f"{base}_experimental": _of_arm(words, _EXPERIMENTAL, *experimental.split()),
        f"{base}_control": _of_arm(words, _CONTROL, *control.split()),
    }


_COUNT_PAIR: Final = _pair(_EVENTS, "events", "ai", "ci")
_N_PAIR: Final = _pair(_PATIENTS, "n", "n1i nei", "n2i nci")
_MEAN_PAIR: Final = _pair(_MEAN, "mean", "m1i", "m2i")
_SD_PAIR: Final = _pair(_SD, "sd", "sd1i", "sd2i")
_NON_EVENTS: Final = {
    "nonevents_experimental": ("bi", "tneg", "tnodeath", "tnodeaths", "tnoevent", "tnoevents",
                               *_of_arm(("nonevents", "nonevent"), _EXPERIMENTAL)),
    "nonevents_control": ("di", "cneg", "cnodeath", "cnodeaths", "cnoevent", "cnoevents",
                          *_of_arm(("nonevents", "nonevent"), _CONTROL)),
}  # fmt: skip
_POSITIVE: Final = {
    "events_experimental": (*_COUNT_PAIR["events_experimental"], "tpos", "tdeath"),
    "events_control": (*_COUNT_PAIR["events_control"], "cpos", "cdeath"),
}
_LOWER: Final = (
    "cilower", "lower", "lowerci", "cilow", "lowci", "lcl", "lci", "cilb", "cil", "lb", "ll",
    "lowerlimit", "lowerbound", "lowercl", "lowerlimitci", "conflow", "cilowerlimit", "lo",
    "lowerconfidencelimit", "cistart", "lowerconfidenceinterval", "loci", "confintlower", "llci",
    "ciuntere", "lowerlimitofci", "cilowerbound", "lowerboundci",
)  # fmt: skip
_UPPER: Final = (
    "ciupper", "upper", "upperci", "cihigh", "highci", "ucl", "uci", "ciub", "ciu", "ub", "ul",
    "upperlimit", "upperbound", "uppercl", "upperlimitci", "confhigh", "ciupperlimit", "hi",
    "upperconfidencelimit", "ciend", "upperconfidenceinterval", "upci", "confintupper", "ulci",
    "upperlimitofci", "ciupperbound", "upperboundci", "hici",
)  # fmt: skip


def _after(names: Iterable[str], words: Iterable[str]) -> tuple[str, ...]:
    """Limits that are called after what they are of, such as or.lb."""
    return tuple(name + word for name, word in product(names, words))


_P: Final = ("pvalue", "p", "pval")
# A ratio or a difference as printed: its names, and the measure.
PRINTED: Final[Mapping[str, tuple[str, ...]]] = {
    "hr": ("hr", "hazardratio", "hazardsratio", "ahr", "adjustedhr", "hazardratiohr"),
    "or": ("or", "oddsratio", "aor", "adjustedor", "oddsratioor"),
    "rr": ("rr", "riskratio", "relativerisk", "adjustedrr", "riskratiorr"),
    "rd": ("rd", "riskdifference", "riskdiff"),
    "irr": ("irr", "rateratio", "incidencerateratio"),
    "md": ("md", "meandifference", "meandiff", "wmd"),
    "smd": ("smd", "standardizedmeandifference", "standardisedmeandifference", "hedgesg",
            "stdmeandifference"),
    "rom": ("rom", "ratioofmeans"),
    "cor": ("cor", "correlation"),
}  # fmt: skip
# Logarithms of ratios: they are yi, and say which measure.
LOGGED: Final[Mapping[str, tuple[str, ...]]] = {
    measure.upper(): tuple(
        f"{log}{name}"
        for log in ("log", "ln", "l", "logof", "naturallog")
        for name in PRINTED[measure]
    )
    for measure in ("hr", "or", "rr", "irr", "rom")
}
_LOG_ERRORS: Final = {
    measure: tuple(
        f"{se}{name}"
        for se in ("se", "seof", "sei", "standarderror", "standarderrorof", "stderr")
        for name in names
    )
    for measure, names in LOGGED.items()
}
_GENERIC: Final = (
    _set("yi and vi", {"yi": ("yi",), "vi": ("vi",)}, (), optional={"sei": ("sei",)}),
    _set("yi and sei", {"yi": ("yi",), "sei": ("sei", "seyi")}, ()),
    _set("TE and seTE", {"yi": ("te",), "sei": ("sete",)}, ()),
    _set("GIV Mean and GIV SE", {"yi": ("givmean",), "sei": ("givse",)}, ()),
    _set("_ES and _seES", {"yi": ("es",), "sei": ("sees",)}, ()),
    _set("_meta_es and _meta_se", {"yi": ("metaes",), "sei": ("metase",)}, ()),
)
_OF_LOGS: Final = tuple(
    _set(f"log {measure} and its standard error",
              {"yi": LOGGED[measure], "sei": (*_LOG_ERRORS[measure], "sei")}, frozenset((measure,)))
    for measure in LOGGED
)  # fmt: skip
_OF_LOGS_WITH_LIMITS: Final = (
    _set("TE, lower and upper", {"yi": ("te", "yi"), "lower": _LOWER, "upper": _UPPER}, ()),
    *(
        _set(f"log {measure} with its limits",
                  {"yi": LOGGED[measure], "lower": _LOWER, "upper": _UPPER}, frozenset((measure,)))
        for measure in LOGGED
    ),
)  # fmt: skip
_PRINTED: Final = tuple(
    _set(
        f"{code} with its interval",
        {
            code: names,
            "ci_lower": (*_LOWER, *_after(names, _LOWER)),
            "ci_upper": (*_UPPER, *_after(names, _UPPER)),
        },
        optional={
            "ci_level": ("cilevel", "level", "confidencelevel"),
            "p_value": _P,
            "sei": ("sei", *_LOG_ERRORS.get(code.upper(), ())),
        },
    )
    for code, names in PRINTED.items()
)
_PRINTED_WITH_ERROR: Final = tuple(
    _set(f"{code} and sei", {code: names, "sei": ("sei", *_LOG_ERRORS.get(code.upper(), ()))})
    for code, names in PRINTED.items()
)  # fmt: skip
_PRINTED_WITH_P: Final = tuple(
    _set(f"{code} and p_value", {code: names, "p_value": _P}) for code, names in PRINTED.items()
)
_OTHERS: Final = (
    _set("events and patients of two arms", {**_POSITIVE, **_N_PAIR}),
    _set("events and non-events of two arms", {**_POSITIVE, **_NON_EVENTS}),
    _set(
        "pairs of 2 x 2",
        {"both": ("both", "ai"), "only_first": ("onlyfirst", "bi"),
         "only_second": ("onlysecond", "ci"), "neither": ("neither", "di")},
    ),
    _set(
        "events and person-time of two arms",
        {**_pair(_EVENTS, "events", "x1i", "x2i"), **_pair(_TIME, "time", "t1i", "t2i")},
    ),
    _set("means of two arms", {**_MEAN_PAIR, **_SD_PAIR, **_N_PAIR}),
    _set(
        "medians of two arms",
        {**_pair(("median", "med"), "median", "", ""), **_N_PAIR},
        optional={
            **_pair(("q1", "lowerquartile"), "q1", "", ""),
            **_pair(("q3", "upperquartile"), "q3", "", ""),
            **_pair(("min", "minimum"), "min", "", ""),
            **_pair(("max", "maximum"), "max", "", ""),
        },
    ),
    _set("o_minus_e and variance",
              {"o_minus_e": ("ominuse", "ome", "oe", "givoe"),
               "variance": ("variance", "v", "vare", "varoe", "varianceoe")}),
    _set("correlation and n", {"r": ("r", "ri", "cor", "correlation"),
                                    "n": ("n", "ni", "samplesize")}),
    _set("partial correlations",
              {"t_value": ("tvalue", "tval", "ti"), "predictors": ("predictors", "preds", "mi"),
               "n": ("n", "ni")}, optional={"r_squared": ("rsquared", "r2", "r2i")}),
    _set("events and patients of one group",
              {"events": ("events", "event", "xi", "cases", "responders", "deaths"),
               "n": ("n", "ni", "total", "patients", "samplesize")}),
    _set("events and person-time of one group",
              {"events": ("events", "event", "xi"), "time": ("ti", *_TIME)}),
    _set("mean of one group", {"mean": ("mean", "mi"), "sd": ("sd", "sdi"),
                                    "n": ("n", "ni")}),
    _set("median of one group", {"median": ("median",), "n": ("n", "ni")},
              optional={"q1": ("q1",), "q3": ("q3",), "min": ("min",), "max": ("max",)}),
    _set("change in one group",
              {"mean_before": ("meanbefore", "m2i"), "mean_after": ("meanafter", "m1i"),
               "sd_before": ("sdbefore", "sd2i"), "sd_after": ("sdafter", "sd1i"),
               "n": ("n", "ni"), "r": ("r", "ri")}),
    _set("alpha", {"alpha": ("alpha", "ai"), "items": ("items", "mi"), "n": ("n", "ni")}),
    _set("area under the curve",
              {"auc": ("auc", "ai"), "n_cases": ("ncases", "n1i"), "n_controls": ("ncontrols",
               "n2i")}),
)  # fmt: skip
SETS: Final = (
    *_GENERIC, *_OF_LOGS, *_OF_LOGS_WITH_LIMITS, *_PRINTED, *_PRINTED_WITH_ERROR, *_PRINTED_WITH_P,
    *_OTHERS,
)  # fmt: skip
