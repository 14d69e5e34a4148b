"""What a question comes to: every setting, with the question and line that it was written in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from trialpool.findings import Finding, InputError
from trialpool.settings import Settings, load_settings
from trialpool.settings.kinds import merged_settings, settings_of


@dataclass(frozen=True)
class SettledSetting:
    """One setting, or one key of a block that is taken over key by key.

    Attributes
    ----------
    place : str
        Its name, the key after a dot.
    value : object
    question : str
        The question that wrote it, empty where it is what the kind says.
    line : int or None
        The line in the file of questions.
    """

    place: str
    value: Any
    question: str
    line: int | None


def run(question_id: str, config: Path, *, as_json: bool) -> int:
    """Print the settings of one question; return the exit status."""
    settings, faults = load_settings(config)
    if faults:
        raise InputError(faults)
    if question_id not in settings.questions:
        known = list(settings.questions)
        shown = ", ".join(get_close_matches(question_id, known, 3) or known)
        raise InputError(
            [
                Finding(
                    "fatal",
                    "question-known",
                    settings.file_names["questions"],
                    value=question_id,
                    message=f"no question of this id is asked; there are {shown}",
                    remedy="Correct the spelling.",
                )
            ]
        )
    question = settings.questions[question_id]
    settled = list(settle(settings, question_id))
    print(_as_json(question_id, question, settled) if as_json else _text(question_id, settled))  # noqa: T201
    return 0


def settle(settings: Settings, question_id: str) -> Iterator[SettledSetting]:
    """Yield the settings of a question in the order of the schema of its kind."""
    question, origins = settings.questions[question_id], settings.origins
    merged = merged_settings()

    def settled(place: str, value: Any) -> SettledSetting:
        where = origins.owner(question_id, place), origins.line(question_id, place)
        return SettledSetting(place, value, *where)

    for name in settings_of(question["kind"]):
        if name not in question:
            continue
        if name in merged and question[name]:
            for key, value in question[name].items():
                yield settled(f"{name}.{key}", value)
        else:
            yield settled(name, question[name])


def _as_json(question_id: str, question: Mapping[str, Any], settled: list[SettledSetting]) -> str:
    record = {
        "id": question_id,
        "kind": question["kind"],
        "settings": dict(question),
        "written": [
            {"setting": one.place, "question": one.question or None, "line": one.line}
            for one in settled
        ],
    }
    return json.dumps(record, ensure_ascii=False, indent=2)


def _text(question_id: str, settled: list[SettledSetting]) -> str:
    """Three columns: where it was written, the setting, its value as YAML in one line."""
    rows = [(_where(question_id, one), one.place, _one_line(one.value)) for one in settled]
    widths = [max(len(row[at]) for row in rows) for at in (0, 1)]
    lines = [f"{where:<{widths[0]}}  {place:<{widths[1]}}  {value}" for where, place, value in rows]
    return "\n".join([question_id, *lines])


def _where(question_id: str, one: SettledSetting) -> str:
    if not one.question:
        return "the kind's own"
    return f"line {one.line}" + ("" if one.question == question_id else f", {one.question}")


def _one_line(value: Any) -> str:
    import yaml

    if isinstance(value, str):
        return value.strip()
    text = yaml.safe_dump(
        value, default_flow_style=True, width=float("inf"), allow_unicode=True, sort_keys=False
    )
    return text.removesuffix("\n").removesuffix("\n...")
