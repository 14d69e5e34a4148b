"""Writing what is approved, and comparing with it."""

import json
from pathlib import Path

import msgspec
import pytest
from change_records import DAPA_HF, DELIVER, PRESERVED, record, trial

from trialpool.changes.baseline import read_baseline, write_baseline
from trialpool.changes.compare import compare_with_summaries
from trialpool.files import read_json, write_json
from trialpool.findings import InputError
from trialpool.records.files import result_of, to_plain
from trialpool.records.summaries import NumericalSettings

APPROVED = Path(__file__).parents[1] / "baseline"


def records(*questions, last=PRESERVED):
    return {q: result_of(plain(q, last)) for q in questions}


def plain(question, last=PRESERVED):
    return record([trial(printed) for printed in (DAPA_HF, DELIVER, last)], question)


def test_round_trip(tmp_path):
    content = records("one", "two")
    done = write_baseline(tmp_path, content)
    assert (done.written, done.kept, done.removed) == (("one", "two"), (), ())
    approved = read_baseline(tmp_path)
    assert list(approved) == ["one", "two"]
    assert not compare_with_summaries(approved, content)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.iterdir()}
    assert write_baseline(tmp_path, content).kept == ("one", "two")
    after = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.iterdir()}
    assert after == before


def test_a_baseline_is_small_and_holds_what_is_compared(tmp_path):
    write_baseline(tmp_path, records("one"))
    content = json.loads((tmp_path / "one.json").read_text(encoding="utf-8"))
    (group,) = content["groups"]
    assert [t["row_ids"] for t in group["trials"]] == [
        ["dapa-hf.cvd-hhf.t01"],
        ["deliver.cvd-hhf.t01"],
        ["emperor-preserved.cvd-hhf.t01"],
    ]
    assert set(group["trials"][0]) == {"row_ids", "trial_id", "label", "estimate", "se"}
    assert group["k"] == 3
    assert set(group["models"]) == {"common-effect", "hk", "hk-adhoc"}
    assert group["verdict"] == "benefit"


def test_what_moved_is_found_against_a_baseline(tmp_path):
    write_baseline(tmp_path, records("one", "two"))
    new = records("one") | records("two", last=("emperor-preserved", "0.80", "0.69", "0.90"))
    changes = compare_with_summaries(read_baseline(tmp_path), new)
    (question,) = changes.questions
    assert question.id == "two"
    (cause,) = question.groups[0].causes
    assert (cause.row_ids, cause.change) == (("emperor-preserved.cvd-hhf.t01",), "changed")


def test_only_baselines_of_questions_no_longer_asked_are_removed(tmp_path):
    write_baseline(tmp_path, records("one", "two"))
    (tmp_path / "notes.json").write_text('{"mine": true}', encoding="utf-8")
    assert write_baseline(tmp_path, records("one")).removed == ("two",)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes.json", "one.json"]
    assert list(read_baseline(tmp_path)) == ["one"]


def test_last_digits_are_not_written_again(tmp_path):
    content = plain("one")
    write_baseline(tmp_path, {"one": result_of(content)})
    content["groups"][0]["estimate"] *= 1 + 1e-12
    assert write_baseline(tmp_path, {"one": result_of(content)}).written == ()


def test_a_broken_baseline_is_named(tmp_path):
    write_baseline(tmp_path, records("one"))
    (tmp_path / "one.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match=r"one\.json: cannot be read as JSON"):
        read_baseline(tmp_path)
    assert write_baseline(tmp_path, records("one")).written == ("one",)
    old = (tmp_path / "one.json").read_text(encoding="utf-8")
    (tmp_path / "one.json").write_text(
        old.replace('"baseline_version": 1', '"baseline_version": 0'), encoding="utf-8"
    )
    with pytest.raises(InputError, match="form 0, not 1"):
        read_baseline(tmp_path)
    (tmp_path / "one.json").write_text(old.replace('"tau2": ', '"tau": '), encoding="utf-8")
    with pytest.raises(InputError, match=r"one\.json: is no summary .* field `tau2`"):
        read_baseline(tmp_path)


def test_every_kind_of_settings_comes_back_as_it_was_approved(tmp_path):
    """Proportions have no prior of tau and no interval of tau²: their baselines name none."""
    every = msgspec.structs.fields(NumericalSettings)
    always = [field for field in every if field.required]
    approved = sorted(APPROVED.glob("*.json"))
    assert {len(read_json(path)["settings"]) for path in approved} == {len(always), len(every)}
    for question, summary in read_baseline(APPROVED).items():
        write_json(tmp_path / "again.json", {"baseline_version": 1, **to_plain(summary)})
        assert (tmp_path / "again.json").read_bytes() == (
            APPROVED / f"{question}.json"
        ).read_bytes()
