"""A small review with every raw table, for the fuzz: heart failure, with invented responses."""

from __future__ import annotations

import shutil
from pathlib import Path

from trialpool.evidence.schemas import TABLES
from trialpool.reviews import example
from trialpool.settings import Settings, load_settings

HEART_FAILURE = example("heart-failure")
_ORIGIN = "mcmurray2019,Table 2,,,single"
_MORE = {
    "responses": (
        f"dapa-hf.orr.r01,dapa-hf,dapa,ORR,,,,40,100,40.0,30.3,50.3,{_ORIGIN}",
        f"dapa-hf.orr.r02,dapa-hf,placebo,ORR,,,,,120,25,,,{_ORIGIN}",
        f"dapa-hf.orr.r03,dapa-hf,placebo,ORR,ITT,,,,,50,,,{_ORIGIN}",
    ),
    "biomarker_contrasts": (
        "dapa-hf.os.b01,dapa-hf,pooled,OS,NT-proBNP,high,low,HR,1.50,1.20,1.88,95,<.001,"
        f"2000,2700,300,250,,,{_ORIGIN}",
        "dapa-hf.os.b02,dapa-hf,pooled,OS,NT-proBNP,high,low,percent,,,,,,"
        f"2000,2700,,,15.0,9.3,{_ORIGIN}",
    ),
    "reconstructed_survival": (
        "dapa-hf.dapa.placebo.os.12,dapa-hf,dapa,placebo,OS,12,2373,2371,276,329,0.83,0.71,0.97,"
        "0.42,,,11.6,0.03,11.5,0.04,0.95,0.005,0.94,0.005,31535829,2",
        "dapa-hf.dapa.placebo.os.24,dapa-hf,dapa,placebo,OS,24,2373,2371,276,329,0.83,0.71,0.97,"
        "0.42,,,22.3,0.09,21.9,0.10,0.88,0.008,0.86,0.008,31535829,2",
    ),
    "review_trials": ("1.1,DAPA-HF,NCT03036124,dapa-hf", "1.2,DELIVER,,deliver"),
}


# The tables that are put under fuzz.
FUZZED = ("trials", "arms", "sources", "time_to_event", *_MORE)


def build(target: Path) -> tuple[Path, Settings, dict[str, str]]:
    """Write the review; return the folder of its tables, its settings, each table's text."""
    shutil.copytree(HEART_FAILURE, target, ignore=shutil.ignore_patterns("results", ".snakemake"))
    raw = target / "data" / "raw"
    for name, rows in _MORE.items():
        header = ",".join(column.name for column in TABLES[name].columns)
        (raw / f"{name}.csv").write_text("\n".join((header, *rows, "")), encoding="utf-8")
    settings, faults = load_settings(target / "config" / "config.yaml", target)
    assert not faults
    return raw, settings, {name: (raw / f"{name}.csv").read_text("utf-8") for name in FUZZED}


def numeric_columns(name: str) -> tuple[str, ...]:
    """Columns of a table that hold numbers."""
    kinds = ("number", "ratio", "count", "percent", "level", "p-value")
    return tuple(column.name for column in TABLES[name].columns if column.kind in kinds)
