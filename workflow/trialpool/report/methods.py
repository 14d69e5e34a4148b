"""The methods text, written from the settings that the records were made with.

A sentence stands here only if some record used what it describes; where
questions differ, each sentence names its questions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trialpool.report import (
    methods_course,
    methods_evidence,
    methods_pooling,
    methods_robustness,
)
from trialpool.report.methods_verification import computed_twice
from trialpool.report.references import REFERENCES, Reference
from trialpool.report.wording import Citations

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Section:
    """A part of the methods: a heading and its paragraphs."""

    heading: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True)
class Methods:
    """The methods of a report and the papers that they rest on."""

    sections: tuple[Section, ...]
    references: tuple[Reference, ...]


def write_methods(
    records: Sequence[Record], verification: Sequence[Mapping[str, str]] = ()
) -> Methods:
    """Write the methods of a set of result records.

    Parameters
    ----------
    records : sequence of mapping
        Result records as in docs/result-record.md.
    verification : sequence of mapping
        Rows of results/verification.csv.

    Returns
    -------
    The sections that have something to say, and the papers cited in them.
    """
    cite = Citations()
    writers: tuple[tuple[str, Callable[[Sequence[Record], Citations], list[str]]], ...] = (
        ("From printed numbers to effect sizes", methods_evidence.effect_sizes),
        ("Which results are used", methods_evidence.selection),
        ("What is compared", methods_evidence.comparisons),
        ("Pooling", methods_pooling.pooling),
        ("Few trials", methods_pooling.few_trials),
        ("Non-inferiority and equivalence", methods_pooling.margins),
        ("Differences between groups", methods_pooling.group_differences),
        ("Curves over time", methods_course.course),
        ("Sensitivity", methods_pooling.sensitivity),
        ("Robustness", methods_robustness.robustness),
    )
    sections = [Section(heading, tuple(write(records, cite))) for heading, write in writers]
    sections.append(Section("Computed twice", tuple(computed_twice(verification))))
    return Methods(
        tuple(section for section in sections if section.paragraphs),
        tuple(REFERENCES[key] for key in cite.keys),
    )
