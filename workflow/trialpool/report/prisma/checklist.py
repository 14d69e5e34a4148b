"""The checklist of PRISMA 2020 with its living extension, from records and config/review.yaml.

Numbers are those of the statements (Page 2021, BMJ 372:n71; Akl 2024, BMJ 387:e079183); topics are
in words of this project.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple

from trialpool import formatting as fmt
from trialpool.evidence.risk_of_bias_summary import (
    coverage_sentence,
    results_of,
    summarise,
)
from trialpool.evidence.tables import Evidence
from trialpool.measures import get_measure
from trialpool.records.reanalyses import Moderator, Reanalysis, SmallStudy
from trialpool.records.results import Result
from trialpool.records.review.prisma import ChecklistItem, Flow


@dataclass(frozen=True, eq=False)
class Known:
    """What the checklist may be filled from.

    Attributes
    ----------
    settings : mapping
        The part "report" of config.yaml.
    about : mapping
        config/review.yaml; empty without it.
    evidence : Evidence
    results : sequence of Result
    flow : Flow
    changes : str
        What changed since the last release, in a sentence; empty where none is named.
    """

    settings: Mapping[str, Any]
    about: Mapping[str, Any]
    evidence: Evidence
    results: Sequence[Result]
    flow: Flow
    changes: str = ""

    @cached_property
    def readers(self) -> dict[str, int]:
        """Rows of the raw tables of results by how many readers found the number."""
        found: dict[str, int] = {}
        for table in self.flow.tables:
            for row in self.evidence.rows(table):
                reader = str(row.get("extraction") or "")
                found[reader] = found.get(reader, 0) + 1
        return found

    def said(self, place: str) -> str:
        """Return what config/review.yaml says: keys joined by a dot; empty: nothing."""
        value: Any = self.about
        for key in place.split("."):
            value = value.get(key, "") if isinstance(value, Mapping) else ""
        if isinstance(value, list):
            return "; ".join(_entry(one) for one in value)
        return " ".join(str(value).split())

    def people(self, *places: str) -> str:
        """Return what people say of several things, one after another."""
        return " ".join(_sentence(text) for place in places if (text := self.said(place)))


def _entry(value: object) -> str:
    if isinstance(value, Mapping):
        roles = value.get("roles")
        return f"{value['name']} ({roles})" if roles else str(value["name"])
    return str(value)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _counted(n: int, noun: str) -> str:
    return f"{fmt.whole(n)} {noun}" + ("" if n == 1 else "s")


def _title(known: Known) -> str:
    return _sentence(" – ".join(filter(None, map(known.settings.get, ("title", "subtitle")))))


def _version(known: Known) -> str:
    version = known.said("version")
    return f"Version {version}." if version else ""


def _status(known: Known) -> str:
    status = known.said("living.status")
    return f"Status: {status}." if status else ""


def _search(known: Known) -> str:
    last = known.said("search.last")
    dated = f" Last searched: {last}." if last else ""
    return known.people("search.sources") + dated


def _objectives(known: Known) -> str:
    return f"{_counted(len(known.results), 'question')}, each in a sentence on its page."


def _eligibility(known: Known) -> str:
    return (
        "The settings of each question: column of the trials and allowed values, endpoints, "
        "populations, what may differ between the arms, and what is one group."
    )


def _readers(known: Known) -> str:
    double = known.readers.get("double", 0)
    read = double + known.readers.get("single", 0)
    counted = f"{fmt.whole(double)} of {_counted(read, 'row')} found by two readers."
    return " ".join(filter(None, [known.people("data_collection"), counted if double else ""]))


def _outcomes(known: Known) -> str:
    names = dict.fromkeys(name for one in known.results for name in one.endpoint_names.values())
    return _sentence(f"Asked: {', '.join(names)}") if names else ""


def _measures(known: Known) -> str:
    names = dict.fromkeys(get_measure(one.measure).name for one in known.results)
    return _sentence(f"By question: {'; '.join(names)}") if names else ""


def _sensitivities(known: Known) -> str:
    labels = dict.fromkeys(
        one.label
        for result in known.results
        for one in result.sensitivity
        if isinstance(one, Reanalysis) and one.results
    )
    return f"{_counted(len(labels), 'kind')} of re-analyses beside the main ones." if labels else ""


def _moderators(known: Known) -> str:
    tested = [one.title for one in known.results if one.subgroup_test is not None]
    regressed = [
        result.title
        for result in known.results
        if any(isinstance(one, Moderator) for one in result.sensitivity)
    ]
    parts = [
        f"tests between groups in {_counted(len(tested), 'question')}" if tested else "",
        f"meta-regression in {_counted(len(regressed), 'question')}" if regressed else "",
    ]
    told = ", ".join(filter(None, parts))
    return _sentence(told[:1].upper() + told[1:]) if told else "No such analysis was asked for."


def _small_study(known: Known) -> str:
    groups = [
        group
        for result in known.results
        for one in result.sensitivity
        if isinstance(one, SmallStudy)
        for group in one.results
    ]
    enough = sum(group.enough for group in groups)
    tested = f"In {_counted(enough, 'group')}" if enough else "No group has enough trials for"
    left = known.flow.stages[-2].rows
    return (
        f"{tested} tests of small-study effects. {_counted(left, 'row')} within a question and not "
        "pooled: in its list, with the printed number and the reason."
    )


def _flow(known: Known) -> str:
    pooled = known.flow.stages[-1]
    return (
        f"{fmt.whole(pooled.rows)} of {fmt.whole(known.flow.rows)} rows, "
        f"{fmt.whole(pooled.trials)} of {fmt.whole(known.flow.trials)} trials pooled. The tables "
        "begin with what was extracted: records that were screened before are not in them."
    )


def _coverage(known: Known) -> str:
    trials = [trial for one in known.results for trial in one.trials]
    return coverage_sentence(summarise(results_of(trials)))


def _risk_method(known: Known) -> str:
    return known.people("risk_of_bias")


def _certainty(known: Known) -> str:
    judged = len(known.evidence.rows("certainty"))
    return f"{_counted(judged, 'judgement')}." if judged else "Not judged."


def _left_out(known: Known) -> str:
    return "Every row that came near a question, with the reason and its number as printed."


def _authors(known: Known) -> str:
    return known.people("authors") or _sentence_or_none(known.settings.get("authors"))


def _sentence_or_none(text: object) -> str:
    return _sentence(str(text)) if text else ""


def _always(text: str) -> Callable[[Known], str]:
    return lambda known: text


def _people(*places: str) -> Callable[[Known], str]:
    return lambda known: known.people(*places)


class _Item(NamedTuple):
    """Number, section, topic; what fills it; the page that holds it."""

    number: str
    section: str
    topic: str
    fill: Callable[[Known], str]
    page: str = ""


_METHODS: Final = "methods.html"
_FRONT: Final = "index.html"
_AUDIT: Final = "audit.html"
_LIMITS: Final = "limits.html"
ITEMS: Final[tuple[_Item, ...]] = (
    _Item("1", "Title", "Named as a systematic review", _title, _FRONT),
    _Item("1, living", "Title", "Named as living, with its version", _version, _FRONT),
    _Item("2", "Abstract", "Abstract by its own checklist", _people("abstract")),
    _Item("2, living", "Abstract", "Whether it stays living", _status),
    _Item("3", "Introduction", "Why the review is made", _people("rationale")),
    _Item("3, living", "Introduction", "Why it is kept living", _people("living.reason")),
    _Item("4", "Introduction", "What it asks", _objectives, _FRONT),
    _Item("L1", "Methods", "When searches and other steps are repeated, when that ends",
          _people("living.schedule", "living.retirement")),
    _Item("5", "Methods", "Which trials may enter, and how they are grouped", _eligibility,
          _METHODS),
    _Item("6", "Methods", "Where was searched, and when last", _search),
    _Item("7", "Methods", "The search as it was run", _people("search.strategy")),
    _Item("8", "Methods", "Who screened, and how", _people("selection")),
    _Item("9", "Methods", "Who copied the numbers, and how", _readers, _AUDIT),
    _Item("10a", "Methods", "Outcomes, and which of several results", _outcomes, _METHODS),
    _Item("10b", "Methods", "What else was recorded",
          _always("The columns of the raw tables: trial, design, whom it enrolled, arms, agents, "
                  "markers, source and place in it."), _METHODS),
    _Item("11", "Methods", "How risk of bias was judged", _risk_method),
    _Item("12", "Methods", "Measures of effect", _measures, _METHODS),
    _Item("13a", "Methods", "Which results enter which pool",
          _always("By the settings of each question; rows that fall out are listed there."),
          _METHODS),
    _Item("13b", "Methods", "How numbers were made ready",
          _always("Every effect names its printed cells and its formula."), _METHODS),
    _Item("13c", "Methods", "How results are shown",
          _always("Forest plots, tables and records made from the same file."), _METHODS),
    _Item("13d", "Methods", "How results were pooled", _always("Models and intervals as used."),
          _METHODS),
    _Item("13e", "Methods", "How differences between results were looked into", _moderators,
          _METHODS),
    _Item("13f", "Methods", "Sensitivity analyses", _sensitivities, _METHODS),
    _Item("14", "Methods", "How missing results were looked for", _small_study, _METHODS),
    _Item("15", "Methods", "How certainty was judged", _people("certainty")),
    _Item("L2", "Methods", "Changes of the methods since the last version",
          _people("living.changes_to_methods")),
    _Item("16a", "Results", "The flow from what was found to what was pooled", _flow),
    _Item("16a, living", "Results", "What led to this version", _people("living.trigger")),
    _Item("16b", "Results", "What came near and was left out, and why", _left_out, _FRONT),
    _Item("17", "Results", "Each trial, cited",
          _always("A page for each trial, with its reports."), "trials.html"),
    _Item("18", "Results", "Risk of bias of each trial", _coverage, _LIMITS),
    _Item("19", "Results", "Each result, with its interval",
          _always("Forest plots and tables of trials of each question."), _FRONT),
    _Item("20a", "Results", "Trials and risk of bias behind each pool",
          _always("On the page of each question."), _FRONT),
    _Item("20b", "Results", "Each pool, its interval and heterogeneity",
          _always("On the page of each question."), _FRONT),
    _Item("20c", "Results", "What was found of differences between results", _moderators, _FRONT),
    _Item("20d", "Results", "What sensitivity analyses gave", _sensitivities, _FRONT),
    _Item("21", "Results", "What was found of missing results", _small_study, _FRONT),
    _Item("22", "Results", "Certainty of each result", _certainty),
    _Item("L3", "Results", "Changes of the results since the last version",
          lambda known: known.changes, "changes.html"),
    _Item("23a", "Discussion", "What it means beside other evidence", _people("interpretation")),
    _Item("23b", "Discussion", "Limits of the evidence",
          _always("A list that follows from the records."), _LIMITS),
    _Item("23c", "Discussion", "Limits of how the review was made",
          _people("limits_of_process")),
    _Item("23d", "Discussion", "What follows for practice and research",
          _people("implications")),
    _Item("24a", "Other", "Registration", _people("registration.register")),
    _Item("24b", "Other", "Protocol", _people("registration.protocol")),
    _Item("24c", "Other", "Changes of registration or protocol",
          _people("registration.amendments")),
    _Item("25", "Other", "Funding", _people("funding")),
    _Item("26", "Other", "Competing interests", _people("competing_interests")),
    _Item("27", "Other", "Where data and code are", _people("availability")),
    _Item("L4", "Other", "Authors and what each did", _authors),
)  # fmt: skip
# What no record can say.
_OF_PEOPLE: Final = frozenset(
    {"1, living", "2", "2, living", "3", "3, living", "L1", "6", "7", "8", "11", "15", "L2",
     "16a, living", "23a", "23c", "23d", "24a", "24b", "24c", "25", "26", "27", "L4"}
)  # fmt: skip


def checklist_of(known: Known) -> tuple[ChecklistItem, ...]:
    """Fill the checklist with what is known."""
    return tuple(_filled(known))


def _filled(known: Known) -> Iterator[ChecklistItem]:
    for item in ITEMS:
        text = item.fill(known)
        yield ChecklistItem(
            number=item.number,
            section=item.section,
            topic=item.topic,
            by="people" if item.number in _OF_PEOPLE else "project",
            text=text,
            page=item.page if text else "",
        )
