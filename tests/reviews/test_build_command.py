"""trialpool build: where it runs Snakemake, and what it says of faults. No build is run here."""

import os
import sys
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from trialpool.cli.builds import building, progress
from trialpool.cli.builds.failures import reasons
from trialpool.cli.main import app, main
from trialpool.findings import InputError
from trialpool.settings import places

RUN = CliRunner()
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Commands that were started, each with status 0."""
    commands: list[list[str]] = []

    def run(command: list[str], *_: object) -> int:
        commands.append(command)
        return 0

    monkeypatch.setattr(building, "run_snakemake", run)
    return commands


def option(command: list[str], name: str) -> str:
    return command[command.index(name) + 1]


@pytest.mark.parametrize(
    ("here", "arguments"),
    [
        (".", []),
        ("config", ["--config", "config.yaml"]),
        ("data", [".."]),
        ("..", ["review"]),
        ("/", ["{review}"]),
        ("/", ["--config", "{review}/config/config.yaml"]),
        ("..", ["review", "--config", "config/config.yaml"]),
    ],
)
def test_it_runs_in_the_folder_of_the_review(
    review: Path, monkeypatch: pytest.MonkeyPatch, started, here: str, arguments: list[str]
) -> None:
    monkeypatch.chdir(review / here)
    filled = [argument.format(review=review) for argument in arguments]
    done = RUN.invoke(app, ["build", *filled, "--cores", "3", "--snakemake-args", "-n -q 'all'"])
    assert done.exit_code == 0, done.output
    (command,) = started
    assert command[:3] == [sys.executable, "-m", "snakemake"]
    assert review.samefile(option(command, "--directory"))
    assert Path(option(command, "--snakefile")) == ROOT / "Snakefile"
    assert (Path(option(command, "--workflow-profile")) / "config.yaml").is_file()
    assert option(command, "--cores") == "3"
    assert command[-3:] == ["-n", "-q", "all"]
    # What a killed build locked or began stops no other one.
    assert {"--nolock", "--rerun-incomplete"} < set(command)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("-n", {"dryrun": True, "targets": set()}),
        ("--profile 'my profile' -n", {"dryrun": True, "printshellcmds": True}),
        ("--report 'a report.zip'", {"report": Path("a report.zip")}),
        ("'results/a b.json'", {"targets": ["results/a b.json"]}),
        (r"--keep-going one\ target", {"keep_going": True, "targets": ["one target"]}),
        ("--forcerun pool_death report", {"forcerun": {"pool_death", "report"}}),
    ],
)
def test_snakemake_reads_further_arguments_as_a_shell_would_hand_them_on(
    review: Path, monkeypatch: pytest.MonkeyPatch, started, text: str, read: dict[str, object]
) -> None:
    from snakemake.cli import parse_args

    (review / "my profile").mkdir()
    (review / "my profile/config.yaml").write_text("printshellcmds: true\n", "utf-8")
    monkeypatch.chdir(review)
    done = RUN.invoke(app, ["build", "--snakemake-args", text])
    assert done.exit_code == 0, done.output
    _, arguments = parse_args(started[0][3:])
    found = vars(arguments)
    assert {name: found[name] for name in read} == read
    assert (arguments.cores, str(arguments.directory)) == (2, str(review))
    assert arguments.config == ['config_file= "config/config.yaml" ']


@pytest.mark.parametrize("text", ["-n 'open", "--config a=1", "--directory=there", "-s other"])
def test_further_arguments_name_no_other_review(review: Path, started, text: str) -> None:
    done = RUN.invoke(app, ["build", str(review), "--snakemake-args", text])
    assert done.exit_code == 2
    assert "--snakemake-args" in done.output
    assert started == []


@pytest.mark.parametrize("name", ["review.yaml", "meine Übersicht.yaml", "a: b #2.yaml", "1.0"])
def test_snakemake_reads_any_name_of_a_configuration(review: Path, started, name: str) -> None:
    from snakemake.cli import parse_config

    (review / name).write_bytes((review / "config/config.yaml").read_bytes())
    assert RUN.invoke(app, ["build", "--config", str(review / name)]).exit_code == 0
    given = option(started[0], "--config")
    assert parse_config([given]) == {"config_file": name}


def test_faults_of_the_configuration_are_told_at_once_and_nothing_else(
    review: Path, started
) -> None:
    questions = review / "config/questions.yaml"
    questions.write_text(questions.read_text("utf-8").replace("shard:", "shrd:"), "utf-8")
    (review / "data/raw/sources.csv").unlink()
    with pytest.raises(InputError) as caught:
        building.build(review, Path("config/config.yaml"), 1, "")
    assert {found.column for found in caught.value.findings} == {"shrd"}
    assert len(caught.value.findings) == 2
    assert started == []
    # They stand where the audit leaves its findings.
    assert (review / "results/audit.csv").read_text("utf-8").count("shrd") >= 2


def test_after_faults_of_the_main_file_the_audit_tells_nothing_else(review: Path) -> None:
    config = review / "config/config.yaml"
    config.write_text(config.read_text("utf-8").replace("paths:", "pathz:"), "utf-8")
    done = RUN.invoke(app, ["audit", str(review / "nowhere"), "--config", str(config)])
    assert done.exit_code == 1
    assert "pathz" in done.output
    assert "file-exists" not in done.output


def test_nobody_is_told_to_put_back_what_he_never_had(review: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        building.build(tmp_path / "empty", Path("config/config.yaml"), 1, "")
    assert "trialpool init" in str(caught.value)
    (review / "data/raw/arms.csv").unlink()
    done = RUN.invoke(
        app, ["audit", str(review / "data/raw"), "--config", str(review / "config/config.yaml")]
    )
    said = " ".join(done.output.split())
    assert "trial_id,arm_id,label,agents,role " in said
    assert "back" not in said


# What Snakemake 9.27 wrote of three jobs that failed: one said why, one was ended by a signal that
# its shell told of, one was the shell itself.
LOG = """RuleException:
CalledProcessError in file "/x/evidence.smk", line 10:
Command 'set -euo pipefail;  trialpool step gate' returned non-zero exit status 1.
[Mon Nov 30 19:24:14 2026]
Error in rule gate:
    message: Looking for fatal findings
    jobid: 2
    log: results/logs/gate.log (check log file(s) for error details)
RuleException:
CalledProcessError in file "/x/synthesis.smk", line 6:
Command 'set -euo pipefail;  trialpool step pool' returned non-zero exit status 137.
[Mon Nov 30 19:24:15 2026]
Error in rule pool_hard:
    message: None
    log: results/logs/pool_hard.log (check log file(s) for error details)
Command 'set -euo pipefail;  trialpool step pool' died with <Signals.SIGTERM: 15>.
[Mon Nov 30 19:24:15 2026]
Error in rule pool_death:
    log: results/logs/pool_death.log (check log file(s) for error details)
RuleException:
Command 'set -euo pipefail;  trialpool step effects' returned non-zero exit status 1.
[Mon Nov 30 19:24:15 2026]
Error in rule effects:
    log: results/logs/effects.log (check log file(s) for error details)
"""


def test_why_jobs_failed_is_said_last(
    review: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    logs, told = review / "results/logs", review / ".snakemake/log"
    told.mkdir(parents=True)
    (told / "of_another_build.log").write_text(LOG.replace("gate", "report"), "utf-8")
    os.utime(told / "of_another_build.log", (978_307_200, 978_307_200))

    def run(*_: object) -> int:
        (logs / "gate.log").write_text("The input has 2 faults; nothing was built.\n", "utf-8")
        trace = "Traceback (most recent call last):\n  File x\nOSError: [Errno 28] No space left"
        (logs / "effects.log").write_text(trace, "utf-8")
        (told / "1.snakemake.log").write_text(LOG, "utf-8")
        return 1

    monkeypatch.setattr(building, "run_snakemake", run)
    assert building.build(review, Path("config/config.yaml"), 1, "") == 1
    faults, killed, ended, full = capsys.readouterr().err.strip().splitlines()
    assert faults == "The input has 2 faults; nothing was built."
    assert killed.startswith("pool_hard: the job was ended by signal 9 (SIGKILL); ")
    assert "memory" in killed
    assert ended == "pool_death: the job was ended by signal 15 (SIGTERM)."
    assert full.startswith("effects: OSError: [Errno 28] No space left (")


# What it wrote of a job of Slurm, shortened.
SUBMITTED = """Error in rule chapters:
    message: SLURM-job '3' failed, SLURM status is: 'OUT_OF_MEMORY'. Detailed failure reason \
unavailable (status command is not 'sacct').For further error details see the cluster/cloud log.
    jobid: 3
    log: results/logs/chapters.log, /there/.snakemake/slurm_logs/rule_chapters/3.log (check log \
file(s) for error details)
    shell:
        trialpool step chapters
        (command exited with non-zero exit code)
    external_jobid: 3
"""


def test_what_became_of_a_job_of_a_cluster_is_said_with_what_it_said(tmp_path: Path) -> None:
    (tmp_path / ".snakemake/log").mkdir(parents=True)
    (tmp_path / "results/logs").mkdir(parents=True)
    (tmp_path / ".snakemake/log/1.snakemake.log").write_text(SUBMITTED, "utf-8")
    (tmp_path / "results/logs/chapters.log").write_text("fatal: x\n", "utf-8")
    assert reasons(tmp_path, tmp_path / "results", 0) == [
        "chapters: SLURM-job '3' failed, SLURM status is: 'OUT_OF_MEMORY'.",
        "fatal: x",
    ]


@pytest.mark.parametrize("name", ["slurm", "kubernetes"])
@pytest.mark.parametrize("form", ["--profile {}", "--profile={}"])
def test_profiles_that_trialpool_brings_are_named_without_their_place(
    review: Path, started, name: str, form: str
) -> None:
    text = form.format(f"trialpool/{name}")
    assert RUN.invoke(app, ["build", str(review), "--snakemake-args", text]).exit_code == 0
    assert started[0][-1].removeprefix("--profile=") == str(ROOT / "workflow/profiles" / name)
    assert (ROOT / "workflow/profiles" / name / "config.yaml").is_file()


# What Snakemake 9.27 wrote of a build whose selection brought one question fewer, in part.
OUTPUT = """Building DAG of jobs...
Job stats:
job              count
audit                1
total                4

[Mon Nov 30 20:44:23 2026]
Job 4: Checking every number
[Mon Nov 30 20:44:27 2026]
Finished jobid: 4 (Rule: audit)
1 of 4 steps (25%) done
Updating checkpoint dependencies.
Job 2: Selecting the rows of each question
2 of 3 steps (67%) done
Job 0: All is built
Complete log(s): /x/1.snakemake.log
"""
PROGRAM = "import sys; print(sys.argv[1], end='', file=sys.stderr); sys.exit(int(sys.argv[2]))"


@pytest.mark.parametrize("status", [0, 1])
def test_a_build_says_a_line_for_each_job_and_keeps_the_rest(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], status: int
) -> None:
    told = tmp_path / "snakemake.txt"
    command = [sys.executable, "-c", PROGRAM, OUTPUT, str(status)]
    with (tmp_path / "lock").open("w+", encoding="utf-8") as lock:
        assert progress.run_snakemake(command, os.environ, lock, told) == status
        assert capfd.readouterr().err.splitlines() == [
            "1 of 3  Checking every number",
            "2 of 3  Selecting the rows of each question",
        ]
        assert told.read_text("utf-8") == OUTPUT
        # With --verbose all is shown, as it comes.
        assert progress.run_snakemake(command, os.environ, lock, None) == status
        assert capfd.readouterr().err == OUTPUT


def test_what_is_said_where_nothing_or_no_job_ran(
    review: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = "Nothing to be done (all requested files are present and up to date).\n"
    assert list(progress.shown([said])) == [
        "Nothing to be done: nothing changed since the last build."
    ]

    def run(_: object, __: object, ___: object, told: Path) -> int:
        told.write_text("WorkflowError:\nno such profile\n", "utf-8")
        return 1

    monkeypatch.setattr(building, "run_snakemake", run)
    assert building.build(review, Path("config/config.yaml"), 1, "") == 1
    assert capsys.readouterr().err.strip().splitlines() == ["WorkflowError:", "no such profile"]


def test_what_there_is_in_the_end(tmp_path: Path) -> None:
    for name, trials in {"none": (), "one": ("a", "b"), "two": ("b", "c")}.items():
        (tmp_path / "questions" / name).mkdir(parents=True)
        rows = "".join(f"{trial},1\n" for trial in trials)
        (tmp_path / "questions" / name / "input.csv").write_text(f"trial_id,yi\n{rows}", "utf-8")
    report = tmp_path / "report/index.html"
    why = tmp_path / "questions/none/excluded.csv"
    assert progress.what_there_is(tmp_path).splitlines() == [
        f"No trial in none: {why} says of each row why.",
        f"Report: {report} (3 questions, 3 trials)",
    ]


def test_what_is_not_installed_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(building, "find_spec", lambda _: None)
    with pytest.raises(InputError, match=r"pip install 'trialpool\[pipeline\]'"):
        building.require_pipeline()

    def missing() -> None:
        raise ModuleNotFoundError("No module named 'lifelines'", name="lifelines")

    monkeypatch.setattr("trialpool.cli.main.app", missing)
    with pytest.raises(SystemExit):
        main()
    assert "pip install 'trialpool[curves]'" in capsys.readouterr().err


def test_without_a_lock_file_versions_are_the_parameter() -> None:
    assert places.lock_file() == ROOT / "requirements.lock"
    found = dict(pair.split("==") for pair in places.installed_versions().split())
    import numpy

    assert found["numpy"] == numpy.__version__
    assert {"scipy", "snakemake", "statsmodels"} <= set(found)
    profile = yaml.safe_load(places.place("workflow/profiles/default/config.yaml").read_text())
    assert "params" in profile["rerun-triggers"]


def test_snakemake_keeps_its_files_beside_a_review_whose_user_has_no_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    assert "XDG_CACHE_HOME" not in building._environment(tmp_path, cache=True)
    monkeypatch.setattr(os, "access", lambda folder, mode: folder != tmp_path)
    environment = building._environment(tmp_path, cache=True)
    assert environment["XDG_CACHE_HOME"] == str(tmp_path / ".snakemake")
