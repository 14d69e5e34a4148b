"""Which table of network evidence is this? Column sets of the programs that people use.

Headers are compared without capitals, spaces and signs: `sampleSize`, `sample_size` and
`Sample size` are one. Own names come first, then those of netmeta, gemtc, multinma, BUGSnet,
metafor, and of tables for WinBUGS.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from trialpool.effects.table_files.column_sets import plain

Kind = Literal["contrasts", "effects of arms", "counts", "means", "rates", "wide"]

# Per role the headers that play it, the first that is there.
_ROLES: Final[Mapping[str, tuple[str, ...]]] = {
    "study": ("study", "studlab", "studyc", "trial", "studyname", "studyid", "trialid", "label",
              "author", "authors", "firstauthor", "slab", "acronym", "citation", "reference",
              "studyn", "sid", "id", "s"),
    "treat1": ("treat1", "trt1", "treatment1", "t1", "tx1"),
    "treat2": ("treat2", "trt2", "treatment2", "t2", "tx2"),
    "treatment": ("treatment", "treat", "trt", "trtc", "arm", "drug", "intervention", "trtn",
                  "treatmentid", "tid", "t"),
    "yi": ("yi", "te", "diff", "lnor", "logor", "lor", "lnrr", "logrr", "lnhr", "loghr", "lhr",
           "y", "effect", "estimate"),
    "sei": ("sei", "sete", "stderrdiff", "sediff", "diffse", "stderr", "selnor", "selogor",
            "selnrr", "selogrr", "selnhr", "seloghr", "se", "seyi"),
    "vi": ("vi", "var", "variance"),
    "hr": ("hr", "hazardratio", "or", "oddsratio", "rr", "riskratio"),
    "ci_lower": ("cilower", "lower", "lcl", "cilow", "lowerci"),
    "ci_upper": ("ciupper", "upper", "ucl", "cihigh", "upperci"),
    "ci_level": ("cilevel",),
    "o_minus_e": ("ominuse",),
    "variance": ("variance",),
    "events": ("events", "event", "r", "responders", "xi", "cases", "deaths", "death", "d",
               "eventn"),
    "n": ("n", "samplesize", "ni", "total", "ntotal", "patients", "randomized", "randomised",
          "totaln"),
    "mean": ("mean", "y", "m", "mi"),
    "sd": ("sd", "stddev", "stdev", "sdi"),
    "se": ("se", "stderr", "sem"),
    "exposure": ("exposure", "e", "persontime", "personyears", "time", "years", "ti", "totaltime"),
    "n1": ("n1", "n1i", "nexperimental"),
    "n2": ("n2", "n2i", "ncontrol"),
}  # fmt: skip
_MEASURES: Final = {
    **dict.fromkeys(("lnor", "logor", "lor"), "OR"),
    **dict.fromkeys(("lnrr", "logrr"), "RR"),
    **dict.fromkeys(("lnhr", "loghr", "lhr"), "HR"),
    **dict.fromkeys(("or", "oddsratio"), "OR"),
    **dict.fromkeys(("rr", "riskratio"), "RR"),
}
# Columns of one arm in a table with one row per trial: header, number of the arm.
_WIDE: Final[Mapping[str, tuple[str, ...]]] = {
    "treatment": ("treat", "trt", "treatment", "t", "tx"),
    "events": ("event", "events", "r", "x", "responders", "d"),
    "n": ("n", "samplesize"),
    "mean": ("mean", "y", "m"),
    "sd": ("sd", "stddev"),
    "se": ("se", "stderr"),
    "exposure": ("e", "exposure", "time", "years"),
}
_TWO_ARMS: Final = {
    "eventsexperimental": ("events", 1), "nexperimental": ("n", 1), "eventscontrol": ("events", 2),
    "ncontrol": ("n", 2), "ai": ("events", 1), "n1i": ("n", 1), "ci": ("events", 2),
    "n2i": ("n", 2),
}  # fmt: skip


@dataclass(frozen=True)
class Recognised:
    """What a table is, by its columns.

    Attributes
    ----------
    kind : Kind
    columns : mapping of str to str
        Header by role; of wide tables by role and arm, as in ``events 2``.
    measure : str or None
        That the header of the effect names.
    arms : int
        Of wide tables, the most that a row holds.
    """

    kind: Kind
    columns: Mapping[str, str]
    measure: str | None = None
    arms: int = 0

    def words(self) -> str:
        """Say it in one sentence."""
        named = ", ".join(dict.fromkeys(self.columns.values()))
        kinds = {
            "contrasts": "contrasts, one row each",
            "effects of arms": "one row per arm with an effect against the baseline arm, or an "
            "estimate of each arm",
            "counts": "one row per arm with its events and patients",
            "means": "one row per arm with its mean",
            "rates": "one row per arm with its events and person-time",
            "wide": f"one row with up to {self.arms} arms",
        }
        return f"{kinds[self.kind]} ({named})"


def recognise(headers: Sequence[str]) -> Recognised | None:
    """Find out what the columns of a table are; None where that cannot be said.

    Where several readings are possible, effects with errors come before counts and these before
    means: who wrote an effect down meant it to be used.

    Parameters
    ----------
    headers : sequence of str
    """
    there: dict[str, str] = {}
    for header in headers:
        there.setdefault(plain(header), header)
    there.pop("", None)
    roles = {
        role: next(name for name in names if name in there)
        for role, names in _ROLES.items()
        if any(name in there for name in names)
    }

    def having(kind: Kind, *names: str, more: Sequence[str] = ()) -> Recognised | None:
        if not all(name in roles for name in names):
            return None
        own = [*names, *(name for name in more if name in roles)]
        columns = {name: there[roles[name]] for name in own}
        effect = next((roles[name] for name in ("yi", "hr") if name in own), "")
        measure = _MEASURES.get(effect)
        if len(set(columns.values())) < len(columns):
            return None
        return Recognised(kind, columns, measure)

    pair = ("study", "treat1", "treat2")
    sizes = ("n1", "n2")
    arm = ("study", "treatment")
    relative = roles.get("yi") in ("yi", "te", "diff", *_MEASURES)
    found = (
        having("contrasts", *pair, "yi", "sei", more=(*sizes, "vi"))
        or having("contrasts", *pair, "yi", "vi", more=sizes)
        or having("contrasts", *pair, "hr", "ci_lower", "ci_upper", more=("ci_level", *sizes))
        or having("contrasts", *pair, "o_minus_e", "variance", more=sizes)
    )
    if found is None and relative:
        found = having("effects of arms", *arm, "yi", "sei", more=("n",)) or having(
            "effects of arms", *arm, "yi", "vi", more=("n",)
        )
    return (
        found
        or having("counts", *arm, "events", "n")
        or having("means", *arm, "mean", "sd", "n")
        or (
            having("means", *arm, "mean", "se", more=("n",))
            if roles.get("mean") == "mean"
            else None
        )
        or having("rates", *arm, "events", "exposure")
        or having("effects of arms", *arm, "yi", "sei", more=("n",))
        or having("effects of arms", *arm, "yi", "vi", more=("n",))
        or _wide(there, roles)
    )


def _wide(there: Mapping[str, str], roles: Mapping[str, str]) -> Recognised | None:
    """Find arms side by side: t1, r1, n1, t2, r2, n2 and the like."""
    columns: dict[str, str] = {}
    for name, header in there.items():
        if name in _TWO_ARMS:
            role, arm = _TWO_ARMS[name]
            columns.setdefault(f"{role} {arm}", header)
            continue
        match = re.fullmatch(r"([a-z]+?)0?([1-9]\d?)i?", name)
        if match is None:
            continue
        for role, names in _WIDE.items():
            if match[1] in names:
                columns.setdefault(f"{role} {int(match[2])}", header)
    arms = 0
    while f"treatment {arms + 1}" in columns:
        arms += 1
    sets = (("events", "n"), ("mean", "sd", "n"), ("mean", "se"), ("events", "exposure"))
    numbers = next(
        (own for own in sets
         if arms >= 2 and all(f"{r} {i}" in columns for r in own for i in range(1, arms + 1))),
        None,
    )  # fmt: skip
    if numbers is None:
        return None
    kept = {
        f"{role} {i}": columns[f"{role} {i}"]
        for i in range(1, arms + 1)
        for role in ("treatment", *numbers)
    }
    study = {"study": there[roles["study"]]} if "study" in roles else {}
    return Recognised("wide", study | kept, None, arms)
