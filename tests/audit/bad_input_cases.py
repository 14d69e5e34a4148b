"""Faults of the input, one slip each, and the finding that must name them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

TTE = "data/raw/time_to_event.csv"
FIRST_ROW = "dapa-hf.cvd-hhf.t01,dapa-hf,dapa,placebo,CVD-HHF,,ITT,,,HR,0.74,0.65,0.85,95,"


def replace(file: str, old: str, new: str) -> Callable[[Path], None]:
    """A slip: `old` in a file becomes `new`, once."""

    def slip(folder: Path) -> None:
        path = folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return slip


def content(file: str, new: bytes) -> Callable[[Path], None]:
    """A file replaced as a whole."""
    return lambda folder: (folder / file).write_bytes(new) and None


def cell(old: str, new: str) -> Callable[[Path], None]:
    """A slip in the first row of time_to_event.csv."""
    return replace(TTE, FIRST_ROW, FIRST_ROW.replace(old, new, 1))


def append(file: str, line: str) -> Callable[[Path], None]:
    """A row added at the end of a file."""

    def slip(folder: Path) -> None:
        path = folder / file
        path.write_text(path.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")

    return slip


def file_becomes_folder(folder: Path) -> None:
    """A folder under the name of a table."""
    (folder / TTE).unlink()
    (folder / TTE).mkdir()


@dataclass(frozen=True)
class Case:
    name: str
    slip: Callable[[Path], None]
    rule: str
    file: str
    line: int | None = None
    column: str = ""
    value: str = ""


CASES = [
    Case("missing file", lambda f: (f / TTE).unlink(), "file-exists", "time_to_event.csv"),
    Case("empty file", content(TTE, b""), "file-not-empty", "time_to_event.csv"),
    Case("binary file", content(TTE, b"PK\x03\x04\x00\x00"), "text-file", "time_to_event.csv"),
    Case(
        "folder for a file",
        file_becomes_folder,
        "file-readable",
        "time_to_event.csv",
    ),
    Case(
        "wrong encoding",
        lambda f: (
            (f / "data/raw/sources.csv").write_bytes(
                (f / "data/raw/sources.csv").read_bytes().replace(b"Anker", b"Ank\xe9r")
            )
            and None
        ),
        "utf-8",
        "sources.csv",
        2,
        "",
        "0xe9",
    ),
    Case(
        "missing column",
        replace(TTE, ",ci_upper,", ",upper,"),
        "column-exists",
        "time_to_event.csv",
        1,
        "ci_upper",
    ),
    Case(
        "column twice",
        replace(TTE, "assessor,", "endpoint,"),
        "column-once",
        "time_to_event.csv",
        1,
        "endpoint",
    ),
    Case(
        "short row",
        append(TTE, "dapa-hf.extra,dapa-hf,dapa"),
        "row-length",
        "time_to_event.csv",
        10,
        "",
        "dapa-hf.extra,dapa-hf,dapa",
    ),
    Case("open quote", append(TTE, '"dapa-hf.extra'), "csv", "time_to_event.csv", 10),
    Case(
        "decimal comma",
        cell("0.74", '"0,74"'),
        "cell-is-ratio",
        "time_to_event.csv",
        2,
        "estimate",
        "0,74",
    ),
    Case(
        "word for a number",
        cell("0.85", "wide"),
        "cell-is-ratio",
        "time_to_event.csv",
        2,
        "ci_upper",
        "wide",
    ),
    Case("nan", cell("0.74", "nan"), "cell-is-ratio", "time_to_event.csv", 2, "estimate", "nan"),
    Case(
        "level of 5", cell(",95,", ",5,"), "cell-is-level", "time_to_event.csv", 2, "ci_level", "5"
    ),
    Case(
        "unknown measure",
        cell("HR", "hazard"),
        "cell-is-choice",
        "time_to_event.csv",
        2,
        "measure",
        "hazard",
    ),
    Case(
        "interval without its estimate",
        cell("0.74", "0.64"),
        "interval-holds-estimate",
        "time_to_event.csv",
        2,
        "estimate",
        "0.64",
    ),
    Case(
        "limits reversed",
        cell("0.65,0.85", "0.85,0.65"),
        "limits-in-order",
        "time_to_event.csv",
        2,
        "ci_lower",
        "0.85",
    ),
    Case(
        "negative ratio",
        cell("0.74", "-0.74"),
        "ratio-positive",
        "time_to_event.csv",
        2,
        "estimate",
        "-0.74",
    ),
    Case(
        "unknown trial",
        cell(",dapa-hf,", ",dapa-fh,"),
        "trial-known",
        "time_to_event.csv",
        2,
        "trial_id",
        "dapa-fh",
    ),
    Case(
        "unknown arm",
        cell(",dapa,", ",dappa,"),
        "arm-known",
        "time_to_event.csv",
        2,
        "experimental_arm",
        "dappa",
    ),
    Case(
        "unknown source",
        replace(TTE, "mcmurray2019", "mcmurray2091"),
        "source-known",
        "time_to_event.csv",
        2,
        "source_id",
        "mcmurray2091",
    ),
    Case(
        "unknown agent",
        replace("data/raw/arms.csv", "dapagliflozin;", "dapaglifozin;"),
        "agent-known",
        "arms.csv",
        2,
        "agents",
        "dapaglifozin; standard care",
    ),
    Case(
        "duplicate row",
        replace(TTE, "dapa-hf.cvd.t01", "dapa-hf.cvd-hhf.t01"),
        "key-once",
        "time_to_event.csv",
        3,
        "row_id",
        "dapa-hf.cvd-hhf.t01",
    ),
    Case(
        "trial that differs in case only",
        append("data/raw/trials.csv", "DAPA-HF,Other,,3,rct,double-blind,10,reported,,reduced"),
        "key-once",
        "trials.csv",
        6,
        "trial_id",
        "DAPA-HF",
    ),
    Case(
        "id beyond all systems",
        replace(TTE, "dapa-hf.cvd.t01", "x" * 101),
        "cell-is-id",
        "time_to_event.csv",
        3,
        "row_id",
        "x" * 101,
    ),
    Case(
        "unknown endpoint",
        cell("CVD-HHF,", "CVDHHF,"),
        "endpoint-known",
        "time_to_event.csv",
        2,
        "endpoint",
        "CVDHHF",
    ),
    Case(
        "question with an unknown field",
        replace("config/questions.yaml", "  shard: hard", "  shared: hard"),
        "config-additionalProperties",
        "questions.yaml",
        4,
        "shared",
    ),
    Case(
        "question with an unknown endpoint",
        replace("config/questions.yaml", "[CVD-HHF]", "[CVD-HFH]"),
        "question-setting",
        "questions.yaml",
        7,
        "endpoints",
        "CVD-HFH",
    ),
    Case(
        "question with an unknown filter",
        replace("config/questions.yaml", "ejection_fraction", "ejection"),
        "question-setting",
        "questions.yaml",
        8,
        "trials.ejection",
        "ejection",
    ),
    Case(
        "question beside one that is not asked",
        replace("config/questions.yaml", "beside: cardio", "beside: cardia"),
        "question-setting",
        "questions.yaml",
        14,
        "beside",
        "cardiavascular-death",
    ),
    Case(
        "question with a strategy of no comparison",
        replace(
            "config/questions.yaml",
            "multiarm: choose",
            "multiarm: choose\n  strategies: {all: {label: All, comparisons: [none]}}",
        ),
        "question-setting",
        "questions.yaml",
        13,
        "strategies.all",
        "none",
    ),
    Case(
        "question beside itself",
        replace("config/questions.yaml", "beside: cardiovascular-death", "beside: worsening"),
        "question-setting",
        "questions.yaml",
        14,
        "beside",
        "worsening",
    ),
    Case(
        "question twice",
        replace("config/questions.yaml", "cardiovascular-death:", "worsening:"),
        "yaml-key-once",
        "questions.yaml",
        17,
        "worsening",
    ),
    Case(
        "YAML that does not parse",
        replace("config/questions.yaml", "[CVD-HHF]", "[CVD-HHF"),
        "yaml",
        "questions.yaml",
        8,
    ),
    Case(
        "unknown setting",
        replace("config/config.yaml", "tau2: REML", "tau: REML"),
        "config-additionalProperties",
        "config.yaml",
        12,
        "pooling.tau",
    ),
    Case(
        "class compared under the name of no agent",
        replace(
            "config/taxonomy.yaml",
            "care, targeted: false}",
            "care, targeted: false, compared_as: none}",
        ),
        "agent-known",
        "taxonomy.yaml",
        3,
        "classes.care.compared_as",
        "none",
    ),
    Case(
        "comparisons told apart by a column that is not there",
        append("config/taxonomy.yaml", "comparison_columns: [{column: phase, only: {stage: [I]}}]"),
        "comparison-column-known",
        "taxonomy.yaml",
        18,
        "comparison_columns.0",
        "stage",
    ),
    Case(
        "mechanism without a class",
        replace("config/taxonomy.yaml", "class: sglt2, order", "class: sglt3, order"),
        "class-known",
        "taxonomy.yaml",
        6,
        "mechanisms.sglt2.class",
        "sglt3",
    ),
]
