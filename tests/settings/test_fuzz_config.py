"""A thousand damaged configurations: a fault that is named, or a result; never a traceback."""

import contextlib
import hashlib
import shutil
import signal
from collections import Counter
from pathlib import Path

import heart_failure_builds
import pytest
import yaml
from config_mutants import CHANGES, mutant

from trialpool.audit.run import audit
from trialpool.findings import Finding, InputError, fatal
from trialpool.reviews import example
from trialpool.settings import load_settings

HEART_FAILURE = example("heart-failure")
CONFIG = Path("config/config.yaml")
# About a file as a whole.
NO_LINE = ("file-exists", "file-readable", "record-readable")
LONGEST = 60


def copied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(HEART_FAILURE, folder, ignore=shutil.ignore_patterns("results", ".snakemake"))
    return folder


def faults_of(review: Path) -> list[Finding]:
    """Fatal findings as `trialpool build` tells them: of the form first, and then all others."""
    with contextlib.chdir(review):
        settings, found = load_settings(CONFIG)
        if not fatal(found):
            found = audit(settings.path("raw"), settings.tables, settings, found)
    return fatal(found)


def built(review: Path) -> dict[str, str]:
    """Digest of every record, or nothing where a step named a fault."""
    try:
        results = heart_failure_builds.build(review)
    except InputError as error:
        named(list(error.findings))
        return {}
    return {
        str(path.relative_to(results)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(results.rglob("*"))
        if path.is_file()
    }


def named(faults: list[Finding]) -> None:
    for fault in faults:
        assert fault.file, fault
        assert fault.rule, fault
        assert fault.message, fault
        assert fault.remedy, fault
        assert fault.line is not None or fault.rule in NO_LINE, fault
        assert str(fault).isprintable(), fault


def contents(review: Path) -> list[object]:
    """What another reader of YAML finds in the three files, the keys in their order.

    It refuses some blanks that libyaml takes, and dates that are none: that is like no other file.
    """
    files = sorted((review / "config").glob("*.yaml"))
    try:
        return [yaml.safe_dump(yaml.safe_load(f.read_bytes()), sort_keys=False) for f in files]
    except (yaml.YAMLError, ValueError):
        return [review, object()]


def try_mutants(numbers: range, folder: Path) -> Counter[str]:
    def hangs(*_: object) -> None:
        raise TimeoutError(f"more than {LONGEST} s")

    signal.signal(signal.SIGALRM, hangs)
    whole = copied(folder / "review")
    before, expected = contents(whole), built(whole)
    found: Counter[str] = Counter()
    for number in numbers:
        review = copied(folder / "review")
        file, change = mutant(number, review / "config")
        signal.alarm(LONGEST)
        try:
            faults = faults_of(review)
            named(faults)
            records = {} if faults else built(review)
            if records and contents(review) == before:
                assert records == expected
        except Exception as error:
            error.add_note(f"mutant {number}: {change} of {file}.yaml")
            raise
        finally:
            signal.alarm(0)
        found[change, "named" if not records else "built"] += 1
    return found


@pytest.mark.fuzz
def test_a_thousand_damaged_configurations(tmp_path: Path) -> None:
    found = try_mutants(range(1000), tmp_path)
    assert {change for change, _ in found} == {change.__name__ for change in CHANGES}
    assert sum(n for (_, how), n in found.items() if how == "named") >= 600
    assert sum(n for (_, how), n in found.items() if how == "built") >= 100


def test_a_dozen_damaged_configurations(tmp_path: Path) -> None:
    assert try_mutants(range(1000, 1012), tmp_path).total() == 12
