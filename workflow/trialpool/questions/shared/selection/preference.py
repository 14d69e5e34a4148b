"""Of several reports of one comparison the preferred one, by stated steps, and why not the others.

The steps of a policy are taken in turn. At each, every report goes that another one, still there,
comes before; what a step cannot tell apart stays. So the result depends on no order of rows, and
kinds of date that are not comparable (a cut-off here, a follow-up there) contradict nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from trialpool.evidence.assessors import Reader
from trialpool.evidence.grades import grade_rank
from trialpool.questions.shared.selection import cuts
from trialpool.questions.shared.selection.cuts import Report

R = TypeVar("R", bound=Report)


@dataclass(frozen=True)
class Step:
    """One step of a policy.

    Attributes
    ----------
    before : callable
        Whether the first of two reports comes before the second; must hold no circle.
    words : callable
        Why, of two of which it does.
    """

    before: Callable[[Report, Report], bool]
    words: Callable[[Report, Report], str]


def _by(key: Callable[[Report], object], words: Callable[[Report, Report], str]) -> Step:
    return Step(lambda one, other: key(one) < key(other), words)  # type: ignore[operator]


def _named(text: str, otherwise: str = "unknown") -> str:
    return text or otherwise


def _question_prefers(best: Report, other: Report) -> str:
    """Say by what the question itself prefers a report."""
    if best.endpoint != other.endpoint:
        return f"{best.endpoint} before {other.endpoint}"
    if best.timepoint != other.timepoint:
        return f"at {_named(best.timepoint)} before {_named(other.timepoint)}"
    if best.value != other.value:
        return f"{best.value} before {other.value}"
    if best.definition != other.definition:
        return f"definition {best.definition} before {other.definition}"
    if best.exactness != other.exactness:
        if not other.is_published:
            return f"its {best.of_arms} are surer"
        return "less adjusted" if best.is_published else f"{best.of_arms} before a published effect"
    if best.population != other.population:
        return f"population {best.population!r} before {other.population!r}"
    if best.level != other.level:
        return f"{_named(best.level, 'all patients')} before {_named(other.level, 'all patients')}"
    return "a printed standard error before one from a p-value or a curve"


def _months(report: Report) -> str:
    return f"{report.cut.follow_up:g}"


def _readers(first: Reader) -> Step:
    order: dict[Reader, int] = {"blinded": 1, "open": 1, "other": 2, "": 3, first: 0}
    return _by(
        lambda one: order[one.reader],
        lambda best, other: f"read by {_named(best.assessor)} before {_named(other.assessor)}",
    )


def _words_in_order(*words: str) -> Step:
    return _by(
        lambda one: words.index(one.maturity) if one.maturity in words else len(words),
        lambda best, other: (
            f"{_named(best.maturity, 'undated')} before "
            f"{_named(other.maturity, 'undated')} analysis"
        ),
    )


_ASKED: Final = _by(lambda one: one.rank, _question_prefers)
# The data are the same, so nothing later is lost; the article was reviewed, and corrects what was
# shown at the congress and copied from there.
_SAME_CUT: Final = Step(
    lambda one, other: (
        grade_rank(one.grade) < grade_rank(other.grade) and cuts.same_cut(one, other)
    ),
    lambda best, other: f"{_named(best.grade)} before {_named(other.grade)} of the same analysis",
)
_LATEST: Final = (
    Step(
        cuts.cut_later,
        lambda best, other: f"data cut-off {best.cut.cutoff} before {other.cut.cutoff}",
    ),
    Step(
        cuts.cut_after_report,
        lambda best, other: f"data cut-off {best.cut.cutoff}, after the report of {other.cut.year}",
    ),
    Step(
        cuts.followed_longer,
        lambda best, other: f"follow-up of {_months(best)} before {_months(other)} months",
    ),
    Step(
        cuts.reported_later,
        lambda best, other: f"report of {best.cut.year} before {other.cut.year}",
    ),
)
_MATURE_FIRST: Final = _words_in_order("final", "update", "primary", "interim")
_PRIMARY_FIRST: Final = _words_in_order("primary", "final", "update", "interim")
_BLINDED: Final = _readers("blinded")
_INVESTIGATOR: Final = _readers("open")
# What remains equal: a better source, two readers before one, then the id of the row.
_EQUAL: Final = (
    _by(
        lambda one: grade_rank(one.grade),
        lambda best, other: (
            f"{_named(best.grade, 'unknown source')} before {_named(other.grade, 'unknown source')}"
        ),
    ),
    _by(lambda one: one.extraction != "double", lambda *_: "two readers before one"),
    _by(lambda one: one.row_ids, lambda *_: "equal in every other respect, first by row id"),
)
_POLICIES: Final[Mapping[str, tuple[Step, ...]]] = {
    "latest": (_SAME_CUT, *_LATEST, _MATURE_FIRST, _BLINDED),
    "primary": (_SAME_CUT, _PRIMARY_FIRST, _BLINDED, *_LATEST),
    "blinded-primary": (_SAME_CUT, _BLINDED, _PRIMARY_FIRST, *_LATEST),
    "investigator-primary": (_SAME_CUT, _INVESTIGATOR, _PRIMARY_FIRST, *_LATEST),
    "surest-count": (_SAME_CUT, _LATEST[-1]),
    "surest-number": (_SAME_CUT, _LATEST[-1]),
    "all-arms": (_LATEST[-1],),
}


def prefer(reports: Sequence[R], policy: str) -> tuple[R, list[tuple[R, str]]]:
    """Return the preferred report, and of each other one why it is not.

    Parameters
    ----------
    reports : sequence of Report
        Of one comparison, at least one.
    policy : str
        `report_policy` of the question. One that is not known here leaves it to the question's
        own order and to what decides between equals.

    Returns
    -------
    best : Report
    others : list of (Report, str)
        With the rows that are preferred to it, and why.
    """
    left, reasons = list(reports), {}
    for step in (_ASKED, *_POLICIES.get(policy, ()), *_EQUAL):
        gone = {
            at: [one for one in left if step.before(one, other)] for at, other in enumerate(left)
        }
        stays = [other for at, other in enumerate(left) if not gone[at]]
        for at, better in gone.items():
            if better:
                # Of several the one that stays, where one of them does.
                best = next((one for one in better if one in stays), better[0])
                words = f"{' + '.join(best.row_ids)} is preferred: {step.words(best, left[at])}"
                reasons[left[at].row_ids] = words
        left = stays
    best = left[0]
    return best, [(other, reasons[other.row_ids]) for other in reports if other is not best]
