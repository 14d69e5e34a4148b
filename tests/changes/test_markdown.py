"""What moved as the comment on a pull request, and the step of the workflow that writes it."""

import os
import subprocess
from pathlib import Path

import pytest
import yaml
from change_records import DAPA_HF, DELIVER, PRESERVED, SOLOIST, record, row, trial, write_results

import trialpool as tp
from trialpool.changes.folders import read_results
from trialpool.changes.markdown import describe_markdown
from trialpool.cli.builds import changes
from trialpool.reviews.scaffold import scaffold


def results(folder: Path, *printed, **cells: str) -> Path:
    rows = [row(one, **cells) for one in printed]
    return write_results(folder, [record([trial(one) for one in printed])], rows)


def markdown(old: Path, new: Path) -> str:
    return describe_markdown("base", read_results(old), read_results(new))


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """One trial of two has another number, one is new; the pool stays a benefit."""
    edited = (*DELIVER[:1], "0.80", "0.71", "0.90")
    old = results(tmp_path / "base/results", DAPA_HF, DELIVER)
    return old, results(tmp_path / "head/results", DAPA_HF, edited, SOLOIST)


def test_what_moved_stands_once_and_why(pair) -> None:
    text = markdown(*pair)
    assert text.startswith("**Since base: 1 new trial, 1 new row, 1 edited row, 1 moved pool.**\n")
    assert text.count("### Pools with the same conclusion") == 1
    assert "2 → 3 trials; benefit as before" in text
    assert "estimate 0.82 → 0.80" in text
    assert "New: SOLOIST-WHF (HR 0.67; row soloist-whf.cvd-hhf.t01)" in text
    assert "`questions/worsening.html`" in text
    assert "Changed conclusions" not in text


def test_a_changed_conclusion_comes_first(tmp_path: Path) -> None:
    old = results(tmp_path / "old", DAPA_HF, DELIVER, PRESERVED)
    new = results(tmp_path / "new", ("dapa-hf", "1.70", "1.50", "1.93"), DELIVER, PRESERVED)
    text = markdown(old, new)
    assert text.index("### Changed conclusions") < text.index("### Rows")
    assert "verdict benefit → " in text


def test_nothing_changed(pair) -> None:
    assert markdown(pair[0], pair[0]) == "**Nothing changed since base.**\n"


def test_what_stands_in_a_table_becomes_no_markup(tmp_path: Path) -> None:
    old = results(tmp_path / "old", DAPA_HF, table="t")
    new = results(tmp_path / "new", DAPA_HF, table="<img src=x> [a](b) @someone #12")
    write_results(new, [], [row(DAPA_HF, row_id="[a](b) <img> @someone #12 `x`"), row(DAPA_HF)])
    text = markdown(old, new)
    assert r"\[a\](b) \<img\> @" + "\u200b" + "someone #\u200b12 \\`x\\`" in text


def test_a_long_list_is_cut(tmp_path: Path) -> None:
    old = results(tmp_path / "old", DAPA_HF)
    rows = [row(DAPA_HF), *(row(DAPA_HF, row_id=f"r{i}") for i in range(57))]
    text = markdown(old, write_results(tmp_path / "new", [record([trial(DAPA_HF)])], rows))
    assert text.count("\n- r") == 40
    assert text.endswith("- and 17 more\n")


def test_the_step_of_the_shipped_workflow_writes_the_comment(
    pair, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the command's own text in place of the command, which needs a build first."""
    scaffold(tmp_path / "mine")
    flow = yaml.safe_load((tmp_path / "mine/.github/workflows/living-review.yml").read_text())
    assert flow["env"]["TRIALPOOL"] == f"trialpool[pipeline]=={tp.__version__}"
    (step,) = (
        s for s in flow["jobs"]["build"]["steps"] if s.get("name") == "Compare with the base"
    )
    assert changes.diff(*pair, "md", exit_code=False) == 0
    (tmp_path / "said").write_text(capsys.readouterr().out, "utf-8")
    command = tmp_path / "bin/trialpool"
    command.parent.mkdir()
    build = '[ "$1 $2" != "build base" ] || exit ${BUILDS:-0}\n'
    diff = '[ "$*" = "diff base/results results --format md" ] && cat said\n'
    command.write_text(f"#!/bin/sh\n{build}{diff}", "utf-8")
    command.chmod(0o755)

    def run(**more: str) -> str:
        environment = {
            **{"PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}", "RUN": "https://run"},
            **{"GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"), **more},
        }
        subprocess.run(
            ["bash", "-eo", "pipefail", "-c", step["run"]],
            check=True,
            cwd=tmp_path,
            env=environment,
        )
        return (tmp_path / "comment.md").read_text("utf-8")

    comment = run()
    assert comment.startswith("<!-- living review -->\n**Since base: 1 new trial")
    assert comment.endswith("[report](https://run#artifacts).\n")
    assert (tmp_path / "summary.md").read_text("utf-8") == comment
    assert "cannot be built" in run(BUILDS="1")
