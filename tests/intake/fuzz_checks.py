"""What must hold of any fuzzed table: findings are whole, no row is lost, garbage is named."""

from __future__ import annotations

import csv
import io

from fuzzing import NO_NUMBER, Mutant
from intake_tables import numeric_columns

from trialpool.evidence.tables import LINE


def findings_are_whole(findings) -> None:
    """Every finding has a rule and a message, and its place can be printed."""
    for finding in findings:
        assert finding.rule
        assert finding.message, finding
        text = str(finding).replace(finding.message, "")
        assert all(char.isprintable() for char in text), finding


def nothing_is_lost(mutant: Mutant, name: str, evidence, ours, effects) -> None:
    """Every row of the file is read, or a fatal finding names its line or the whole file."""
    whole_file = [f for f in ours if f.level == "fatal" and (f.line is None or f.line == 1)]
    stopped = [f for f in ours if f.rule in ("csv", "utf-8", "text-file")]
    if name not in evidence.tables:
        assert [f for f in ours if f.level == "fatal"], mutant.faults
        return
    read = {row[LINE] for row in evidence.rows(name)}
    named = {f.line for f in ours if f.level == "fatal"}
    text = mutant.raw.decode("utf-8-sig")
    reader = csv.reader(io.StringIO(text, newline=""))
    line, header = 1, False
    if not stopped and not whole_file:
        for cells in reader:
            start, line = line, reader.line_num + 1
            if header and any(cell.strip() for cell in cells):
                assert start in read | named, (mutant.faults, start)
            header = True
    derived = [record["line"] for record in effects if record["table"] == name]
    if name in {record["table"] for record in effects}:
        assert sorted(derived) == sorted(read)


def garbage_is_named(mutant: Mutant, name: str, evidence, ours) -> None:
    """A cell that holds no number in a column of numbers is a fatal finding."""
    if name not in evidence.tables:
        return
    for row in evidence.rows(name):
        for column in numeric_columns(name):
            if row[column] in {text.strip() for text in NO_NUMBER}:
                found = [
                    f for f in ours if (f.line, f.column, f.level) == (row[LINE], column, "fatal")
                ]
                assert found, (mutant.faults, column, row[column])
