"""Small files of questions."""

from pathlib import Path
from textwrap import dedent
from typing import Any

from trialpool.findings import Finding
from trialpool.settings.inheritance import Origins
from trialpool.settings.questions import load_questions

BASE = """\
base:
  title: Base
  question: What of the base?
  shard: hard
  table: time_to_event
  measure: HR
  endpoints: [OS]
  trials:
    design: [rct]
    line: ["1"]
  populations: [itt]
  contrasts: [strategy]
  report_policy: latest
  multiarm: choose
  arm_names: {experimental: new, control: old}
  exclude_rows: {a.1: misprint}
  variants:
    - {id: primary-cut, label: Primary, settings: {report_policy: primary}}
  beside: base-too
  overall: null
  overall_reason: One group only.
  comment: About the base.
"""
WORDS = "title: Child\n  question: What of the child?"


def read(folder: Path, text: str) -> tuple[dict[str, Any], Origins, list[Finding]]:
    """Write a file of questions and load it."""
    file = folder / "questions.yaml"
    file.write_text(dedent(text), encoding="utf-8")
    return load_questions(file)


def child(settings: str, like: str = "base", name: str = "child") -> str:
    """One more question, its own settings indented by two."""
    return f"{name}:\n  {WORDS}\n  like: {like}\n{settings}"
