"""Small reviews in both forms, built from their numbers."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from trialpool.intake.revman.written import TABLE

SETTINGS = (
    "Analysis group", "Analysis number", "Analysis name", "Analysis group name", "Data type",
    "Log-scale data", "Statistical method", "Effect measure", "Analysis model",
    "Heterogeneity estimator", "CI method", "Subgroup estimates", "Overall estimates",
    "Swap event and non-event", "CI/PI level", "Mean", "CI start", "CI end", "Heterogeneity Tau²",
    "Heterogeneity Chi²", "Heterogeneity I²",
)  # fmt: skip
ROWS = (
    "Analysis group", "Analysis number", "Subgroup", "Applicability", "Study", "GIV Mean", "GIV SE",
    "Experimental mean", "Experimental SD", "Experimental cases", "Experimental N", "Control mean",
    "Control SD", "Control cases", "Control N", "O-E", "Variance", "Mean", "CI start", "CI end",
)  # fmt: skip


def rm5(outcomes: str, studies: Sequence[str]) -> bytes:
    """A RevMan 5 review with these outcomes, as XML, and studies."""
    named = "".join(f'<STUDY ID="STD-{name}" NAME="{name}" YEAR="2001"/>' for name in studies)
    return (
        '<?xml version="1.0" encoding="UTF-8"?><COCHRANE_REVIEW REVMAN_VERSION="5">'
        "<STUDIES_AND_REFERENCES><STUDIES><INCLUDED_STUDIES>"
        f"{named}</INCLUDED_STUDIES></STUDIES></STUDIES_AND_REFERENCES><ANALYSES_AND_DATA>"
        f'<COMPARISON NO="1"><NAME>X versus Y</NAME>{outcomes}</COMPARISON>'
        "</ANALYSES_AND_DATA></COCHRANE_REVIEW>"
    ).encode()


def table(columns: Sequence[str], rows: Sequence[Mapping[str, object]]) -> bytes:
    """A table as a package holds it: byte order mark, CR LF."""
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return b"\xef\xbb\xbf" + buffer.getvalue().encode()


def package(
    path: Path,
    settings: Sequence[Mapping[str, object]],
    rows: Sequence[Mapping[str, object]],
    more: Mapping[str, bytes] | None = None,
) -> Path:
    """Write a data package with one row of settings per analysis."""
    with zipfile.ZipFile(path, "w") as archive:
        folder = "CD000001-analysis-data/CD000001-"
        archive.writestr(f"{folder}data-rows.csv", table(ROWS, rows))
        name = f"{folder}overall-estimates-and-settings.csv"
        archive.writestr(name, table(SETTINGS, settings))
        for part, content in (more or {}).items():
            archive.writestr(part, content)
    return path


def analyses(imported, number):
    """Rows of analyses.csv of one analysis, by subgroup."""
    return {row["subgroup"]: row for row in imported.beside[TABLE] if row["analysis"] == number}


def dichotomous(settings, tables):
    data = "".join(
        f'<DICH_DATA STUDY_ID="STD-S{i}" EVENTS_1="{a}" TOTAL_1="{n1}" EVENTS_2="{c}"'
        f' TOTAL_2="{n2}"/>'
        for i, (a, n1, c, n2) in enumerate(tables)
    )
    names = [f"S{i}" for i in range(len(tables))]
    return rm5(
        f'<DICH_OUTCOME NO="1" CI_TOTAL="95" {settings}><NAME>Event</NAME>{data}</DICH_OUTCOME>',
        names,
    )
