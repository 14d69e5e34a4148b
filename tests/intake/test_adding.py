"""Rows added to the raw tables: all or none, and the bytes that were there stay."""

import csv
from pathlib import Path

import pytest

from trialpool import files
from trialpool.evidence.schemas import TABLES
from trialpool.findings import InputError

ROW = (
    "deliver.cvd.t09,deliver,dapa,placebo,CVD,,ITT,,,HR,0.88,0.74,1.05,95,"
    ",,,,,,,,,update,solomon2022,Table 3,,,single"
)
SOURCE = "new2024,New,2024,Lancet,A new report,10.1000/xyz,12345678,article"


def snapshot(review: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (review / "data/raw").iterdir()}


def write_new(review: Path, table: str, *rows: str, columns: str = "") -> Path:
    header = columns or (review / f"data/raw/{table}.csv").read_text("utf-8").splitlines()[0]
    path = review / "new" / f"{table}.csv"
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join((header, *rows, "")), "utf-8")
    return path


def test_rows_go_below_the_bytes_that_were_there(review: Path, run) -> None:
    before = snapshot(review)
    write_new(review, "time_to_event", ROW)
    write_new(review, "sources", SOURCE)
    done = run("add", review / "new", "--config", review / "config/config.yaml")
    assert done.exit_code == 0, done.output
    after = snapshot(review)
    assert after["time_to_event.csv"] == before["time_to_event.csv"] + f"{ROW}\n".encode()
    assert after["sources.csv"] == before["sources.csv"] + f"{SOURCE}\n".encode()
    assert after["trials.csv"] == before["trials.csv"]
    # A second time the keys are taken: every fault is told, nothing is written.
    done = run("add", review / "new", "--config", review / "config/config.yaml")
    assert done.exit_code == 1
    assert "deliver.cvd.t09" in done.output
    assert "new2024" in done.output
    assert "Nothing was added." in done.output
    assert snapshot(review) == after


def test_order_of_columns_line_ends_and_new_columns_are_the_tables_own(
    review: Path, run_json
) -> None:
    sources = review / "data/raw/sources.csv"
    text = sources.read_text("utf-8").rstrip("\n").replace("\n", "\r\n")
    sources.write_bytes(b"\xef\xbb\xbf" + text.encode())
    new = review / "sources.csv"
    new.write_text(
        "source_id,kind,status,first_author,year,journal,title,doi,pmid\n"
        'new2024,article,corrected,"New, A",2024,Lancet,Title,,\n',
        "utf-8",
    )
    told = run_json("add", new, "--config", review / "config/config.yaml")
    assert told["ok"]
    assert told["written"] == [str(sources)]
    lines = sources.read_bytes().decode("utf-8-sig").split("\r\n")
    assert lines[0].endswith(",kind,status")
    assert lines[1].endswith(",article,")
    assert lines[-2] == 'new2024,"New, A",2024,Lancet,Title,,,article,corrected'
    assert lines[-1] == ""
    assert sources.read_bytes().startswith(b"\xef\xbb\xbf")


def test_rows_with_few_columns_go_into_a_table_with_all_and_the_other_way(
    review: Path, run
) -> None:
    cells = dict(zip(header(review), ROW.split(","), strict=True))
    needed = TABLES["time_to_event"].required
    few = [name for name in cells if name in needed or name == "population"]
    row = ",".join(cells[name] for name in few)
    new = review / "new/time_to_event.csv"
    new.parent.mkdir()
    new.write_text(f"{','.join(few)}\n{row}\n", "utf-8")
    config = review / "config/config.yaml"
    assert run("add", new, "--config", config).exit_code == 0
    with (review / "data/raw/time_to_event.csv").open(encoding="utf-8") as stream:
        added = list(csv.DictReader(stream))[-1]
    want = dict.fromkeys(cells, "") | {name: cells[name] for name in few} | {"measure": "HR"}
    assert added == want
    # A table without the column of the measure, and a row that says nothing else: no column more.
    raw = review / "data/raw/time_to_event.csv"
    raw.write_text(f"{','.join(few)}\n{row}\n", "utf-8")
    whole = ROW.replace("t09", "t08").replace(",update,", ",,").replace("0.88", "0.89")
    write_new(review, "time_to_event", whole, columns=",".join(cells))
    assert run("add", review / "new", "--config", config).exit_code == 0
    assert set(header(review)) == {*few, "ci_level", "locator", "extraction"}


def test_a_misspelt_column_of_the_reviews_own_is_refused(review: Path, run) -> None:
    trials = review / "data/raw/trials.csv"
    before = trials.read_bytes()
    names = before.decode().splitlines()[0].split(",")
    assert "ejection_fraction" in names
    new = review / "trials.csv"
    slip = ",".join(names).replace("ejection_fraction", "ejVction_fraction")
    new.write_text(f"{slip}\nnew,NEW,NCT03057999,3,rct,double-blind,3730,,,reduced\n", "utf-8")
    done = run("add", new, "--config", review / "config/config.yaml")
    assert done.exit_code != 0
    assert "'ejVction_fraction', and these rows lack its 'ejection_fraction'" in str(done.exception)
    assert trials.read_bytes() == before


def test_a_table_without_a_row_is_refused(review: Path, run) -> None:
    before = snapshot(review)
    names = (review / "data/raw/trials.csv").read_text("utf-8").splitlines()[0]
    (review / "trials.csv").write_text(f"{names[:57]}", "utf-8")  # as a full disk leaves it
    done = run("add", review / "trials.csv", "--config", review / "config/config.yaml")
    assert isinstance(done.exception, InputError)
    assert [(one.rule, one.file) for one in done.exception.findings] == [
        ("rows-exist", "trials.csv")
    ]
    (review / "trials.csv").unlink()
    assert snapshot(review) == before


def header(review: Path) -> list[str]:
    text = (review / "data/raw/time_to_event.csv").read_text("utf-8")
    return text.splitlines()[0].split(",")


def test_a_fault_in_one_file_keeps_all_out(review: Path, run) -> None:
    before = snapshot(review)
    write_new(review, "sources", SOURCE)
    write_new(review, "time_to_event", ROW.replace("0.74,1.05", "0.94,1.05"))
    done = run("add", review / "new", "--config", review / "config/config.yaml")
    assert done.exit_code == 1
    assert snapshot(review) == before


def test_a_table_that_the_review_does_not_read_is_refused(review: Path, run) -> None:
    new = review / "certainty.csv"
    new.write_text("comparison,question,domain,judgement,reason,by,date\n", "utf-8")
    done = run("add", new, "--config", review / "config/config.yaml")
    assert isinstance(done.exception, InputError)
    assert "Name it in 'tables'" in str(done.exception)


def test_a_file_that_cannot_be_written_leaves_the_others(tmp_path: Path, monkeypatch) -> None:
    one, two, new = tmp_path / "a.csv", tmp_path / "b.csv", tmp_path / "new.csv"
    one.write_bytes(b"a")
    two.write_bytes(b"b")
    whole = files.write_bytes

    def failing(path: Path, content: bytes) -> None:
        if path == two:
            raise OSError("disk full")
        whole(path, content)

    monkeypatch.setattr(files, "write_bytes", failing)
    with pytest.raises(OSError, match="disk full"):
        files.write_all({new: b"n", one: b"A", two: b"B"})
    assert (one.read_bytes(), two.read_bytes(), new.exists()) == (b"a", b"b", False)
