"""The sections of the methods text.

A sentence stands here only if some result used what it describes; where
questions differ, each sentence names its questions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from trialpool.questions.shared.words.references import REFERENCES, Reference
from trialpool.questions.shared.words.wording import Citations, Section
from trialpool.records.base import kind_of
from trialpool.records.results import ComparativeResult
from trialpool.report.methods import evidence, pooling, robustness
from trialpool.report.methods.verification import computed_twice
from trialpool.report.rooms import page_of

Writer = Callable[[Sequence[ComparativeResult], Citations], list[str]]


@dataclass(frozen=True)
class Methods:
    """The methods of a report and the papers that they rest on."""

    sections: tuple[Section, ...]
    references: tuple[Reference, ...]


def write_methods(
    results: Sequence[ComparativeResult], verification: Sequence[Mapping[str, str]] = ()
) -> Methods:
    """Write the methods of a set of results.

    Parameters
    ----------
    results : sequence of ComparativeResult
    verification : sequence of mapping
        Rows of results/verification.csv.

    Returns
    -------
    The sections that have something to say, and the papers cited in them.
    """
    cite = Citations()
    before: tuple[tuple[str, Writer], ...] = (
        ("From printed numbers to effect sizes", evidence.effect_sizes),
        ("Which results are used", evidence.selection),
        ("What is compared", evidence.comparisons),
        ("Pooling", pooling.pooling),
        ("Primary model", pooling.primary_model),
        ("Verdicts", pooling.verdicts),
        ("Non-inferiority and equivalence", pooling.margins),
        ("Differences between groups", pooling.group_differences),
    )
    after: tuple[tuple[str, Writer], ...] = (
        ("Sensitivity", pooling.sensitivity),
        ("Robustness", robustness.robustness),
    )
    sections = [Section(heading, tuple(write(results, cite))) for heading, write in before]
    sections += _of_kinds(results, cite)
    sections += [Section(heading, tuple(write(results, cite))) for heading, write in after]
    sections.append(Section("Computed twice", tuple(computed_twice(verification))))
    return Methods(
        tuple(section for section in sections if section.paragraphs),
        tuple(REFERENCES[key] for key in cite.keys),
    )


def _of_kinds(results: Sequence[ComparativeResult], cite: Citations) -> Iterator[Section]:
    """Sections on what only one kind of question does."""
    for kind in dict.fromkeys(map(kind_of, results)):
        ours = [result for result in results if kind_of(result) == kind]
        section = page_of(kind).methods(ours, cite)
        if section is not None:
            yield section
