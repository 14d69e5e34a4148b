"""`trialpool diff`, `check` and `approve`: what they print and how they end."""

import contextlib
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from change_records import DAPA_HF, DELIVER, PRESERVED, SOLOIST, record, row, trial, write_results

from trialpool.cli.main import main


def trialpool(*arguments, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The command as the shell sees it; one test runs it in a process of its own."""
    command = ["trialpool", *map(str, arguments)]
    with contextlib.chdir(cwd or Path()), pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", command)
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main()
                status = 0
            except SystemExit as ended:
                status = int(ended.code or 0)
    return subprocess.CompletedProcess(command, status, out.getvalue(), err.getvalue())


def results(folder: Path, *trials, questions=("worsening", "cardiovascular-death")) -> Path:
    records = [record([trial(printed) for printed in trials], question) for question in questions]
    return write_results(folder, records, [row(printed) for printed in trials])


@pytest.fixture
def pair(tmp_path):
    old = results(tmp_path / "old", DAPA_HF, DELIVER)
    return old, results(tmp_path / "new", DAPA_HF, DELIVER, SOLOIST)


def test_diff_of_a_folder_with_itself(pair):
    done = trialpool("diff", pair[0], pair[0], "--exit-code")
    assert (done.returncode, done.stdout, done.stderr) == (0, "Nothing changed.\n", "")


def test_diff_from_the_shell(pair):
    command = [sys.executable, "-m", "trialpool.cli.main", "diff", *map(str, pair)]
    done = subprocess.run([*command, "--exit-code"], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, trialpool("diff", *pair).stdout)


def test_diff_exit_status(pair):
    assert trialpool("diff", *pair).returncode == 0
    assert trialpool("diff", *pair, "--exit-code").returncode == 1
    assert trialpool("diff", pair[0]).returncode == 2
    assert trialpool("diff", *pair, "--unknown").returncode == 2
    assert trialpool("diff", *pair, "--format", "pdf").returncode == 2


def test_diff_names_trial_row_question_and_numbers(pair):
    said = trialpool("diff", *pair).stdout
    assert "Trials added (1): soloist-whf" in said
    assert "soloist-whf.cvd-hhf.t01" in said
    for question in ("worsening", "cardiovascular-death"):
        assert f"{question} · SGLT2 inhibitor added" in said
    assert "k 2 → 3" in said


def test_diff_as_json_of_groups_without_a_verdict(pair):
    for path in (file for folder in pair for file in folder.rglob("result.json")):
        record = json.loads(path.read_text("utf-8"))
        for group in record["groups"]:
            group["verdict"] = None
        path.write_text(json.dumps(record), "utf-8")
    (group,) = json.loads(trialpool("diff", *pair, "--json").stdout)["questions"]["worsening"][
        "groups"
    ]
    assert (group["old"]["verdict"], group["new"]["verdict"]) == ("", "")


def test_diff_as_json(pair):
    done = trialpool("diff", *pair, "--json", "--exit-code")
    assert done.returncode == 1
    changes = json.loads(done.stdout)
    assert changes["changed"] is True
    assert changes["trials"]["added"] == ["soloist-whf"]
    assert changes["rows"]["added"] == ["soloist-whf.cvd-hhf.t01"]
    (group,) = changes["questions"]["worsening"]["groups"]
    assert (group["old"]["k"], group["new"]["k"]) == (2, 3)
    assert {"k", "estimate", "interval"} <= set(group["moved"])
    (cause,) = group["because_of"]
    assert cause["row_ids"] == ["soloist-whf.cvd-hhf.t01"]
    assert cause["change"] == "entered"
    assert cause["old"] is None
    assert group["new"]["ci_lower"] < group["new"]["estimate"] < group["new"]["ci_upper"]


def test_a_folder_that_is_no_results_folder(pair, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    for arguments, message in (
        ((empty, pair[1]), "this is not a results folder: it holds no effects.csv"),
        ((pair[0], tmp_path / "missing"), "there is no such folder"),
        ((pair[0], pair[0] / "effects.csv"), "there is no such folder"),
    ):
        done = trialpool("diff", *arguments)
        assert done.returncode == 1
        assert message in done.stderr
        assert len(done.stderr.splitlines()) == 1
        assert done.stdout == ""


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is no record that this version can read: Expecting property name"),
        ("[]", "is no record that this version can read: its kind is None"),
        ("{}", "its kind is None, known are comparison, "),
        ('{"kind": "comparison"}', "missing required field `schema_version`"),
    ],
)
def test_a_result_that_cannot_be_read_is_named(pair, content, message):
    (pair[1] / "questions/worsening/result.json").write_text(content, encoding="utf-8")
    done = trialpool("diff", *pair)
    assert done.returncode == 1
    assert "worsening" in done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def approved(review):
    """A review with a baseline that matches its results."""
    config = review / "config/config.yaml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("results: results", "results: results\n  baseline: approved"))
    results(review / "results", DAPA_HF, DELIVER, PRESERVED)
    done = trialpool("approve", cwd=review)
    assert (done.returncode, done.stderr) == (0, "")
    assert "2 written, 0 removed, 0 as they were" in done.stdout
    return review


def test_check_passes_what_was_approved(approved):
    done = trialpool("check", "--config", "config/config.yaml", cwd=approved)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "2 questions are as approved in approved.\n"
    assert json.loads(trialpool("check", "--json", cwd=approved).stdout)["passed"] is True


def test_check_fails_until_a_change_is_approved(approved):
    results(approved / "results", DAPA_HF, DELIVER, ("emperor-preserved", "0.81", "0.69", "0.90"))
    done = trialpool("check", cwd=approved)
    assert done.returncode == 1
    assert "worsening · SGLT2 inhibitor added" in done.stdout
    assert "row emperor-preserved.cvd-hhf.t01" in done.stdout
    assert "trialpool approve" in done.stdout
    said = trialpool("check", "--json", cwd=approved)
    assert said.returncode == 1
    assert set(json.loads(said.stdout)["questions"]) == {"worsening", "cardiovascular-death"}
    assert trialpool("approve", cwd=approved).returncode == 0
    assert trialpool("check", cwd=approved).returncode == 0


def test_check_of_other_results(approved, tmp_path):
    other = results(tmp_path / "other", DAPA_HF, DELIVER)
    done = trialpool("check", "--results", other, cwd=approved)
    assert done.returncode == 1
    assert "(leaves: removed from the tables)" in done.stdout
    assert trialpool("check", cwd=approved).returncode == 0


def test_every_question_needs_a_baseline_and_every_baseline_a_question(approved):
    (approved / "approved/worsening.json").rename(approved / "approved/old-question.json")
    done = trialpool("check", cwd=approved)
    assert done.returncode == 1
    assert "worsening: no baseline in approved" in done.stdout
    assert "old-question: a baseline in approved, but no such question" in done.stdout
    done = trialpool("approve", cwd=approved)
    assert "old-question: removed" in done.stdout
    assert trialpool("check", cwd=approved).returncode == 0


def test_a_question_that_was_not_built_is_named_and_nothing_is_approved(approved):
    (approved / "results/questions/worsening/result.json").unlink()
    (approved / "approved/cardiovascular-death.json").unlink()
    for command in ("check", "approve"):
        done = trialpool(command, cwd=approved)
        assert done.returncode == 1
        assert "worsening" in done.stderr
        assert "the question was not built" in done.stderr
    assert not (approved / "approved/cardiovascular-death.json").exists()


def test_a_review_without_a_baseline_says_so(review):
    for command in ("check", "approve"):
        done = trialpool(command, cwd=review)
        assert done.returncode == 1
        assert "this review has no baseline to compare with" in done.stderr
        assert "paths.baseline" in done.stderr


def test_a_fault_of_the_configuration_is_told(approved):
    (approved / "config/questions.yaml").write_text("one: [", encoding="utf-8")
    done = trialpool("check", cwd=approved)
    assert done.returncode == 1
    assert "questions.yaml" in done.stderr
    assert "Traceback" not in done.stderr
