"""`trialpool release`: a bundle of a review as it is built and approved."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from trialpool.cli.builds.changes import read_settings, unapproved
from trialpool.files import write_bytes
from trialpool.findings import Finding, InputError
from trialpool.settings import Settings

if TYPE_CHECKING:
    from trialpool.changes.folders import Results
    from trialpool.records.changes.release import ReleaseChanges

# The lock file of a checkout; an installed package has none.
_LOCK: Final = Path(__file__).parents[4] / "requirements.lock"
_RECORDS: Final = ("effects.csv", "audit.csv", "curves.csv", "comparisons.json", "summaries.json")
_OF_A_QUESTION: Final = (
    *("input.csv", "excluded.csv", "question.json"),
    *("result.json", "multiverse.csv"),
)


def release(
    config: Path, version: str | None, day: str | None, output: Path, *, as_archive: bool
) -> int:
    """Write the bundle; return the exit status.

    Parameters
    ----------
    config : Path
    version, day : str or None
        By default ``report.version`` and ``report.data_date`` of the configuration.
    output : Path
        Folder of all releases: the bundle is a folder in it, named by the version.
    as_archive : bool
        Whether to write the bundle as a ZIP archive as well.

    Raises
    ------
    typer.BadParameter
        If there is no version or date, or one that cannot be.
    InputError
        If the version is there already, the build is not current, or results moved that nobody
        approved.
    """
    from trialpool.changes.folders import read_results
    from trialpool.release.bundle import Version, bundle, review_files
    from trialpool.report.exports.archive import archived_folder

    settings = read_settings(config)
    about = settings.config["report"]
    version = version or about.get("version")
    day = day or about.get("data_date")
    if not version or not day:
        missing, name = ("VERSION", "version") if not version else ("--date", "data_date")
        message = f"needed, or set report.{name} in {config.name}"
        raise typer.BadParameter(message, param_hint=f"'{missing}'")
    try:
        number = Version(str(version), str(day))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    folder = output / number.number
    archive = output / f"{number.number}.zip"
    if folder.exists() or archive.exists():
        raise _refused(str(folder), "this version is there already", "Give the next number.")
    built = read_results(settings.path("results"), settings.questions)
    files = review_files(settings, _LOCK)
    if stale := list(_stale(settings, files)):
        message = f"the build is not current: {', '.join(stale[:5])}"
        message += f" and {len(stale) - 5} more" if len(stale) > 5 else ""
        raise _refused(str(settings.path("results")), message, "Run: trialpool build.")
    if lines := unapproved(settings, built):
        message = f"results moved and were not approved: {lines[0]}"
        remedy = "Look at it, then: trialpool approve."
        raise _refused(str(settings.path("baseline")), message, remedy)
    changes, earlier = _since_the_last(settings, built)
    content = bundle(files, number, about, changes, earlier)
    # Whole or not at all: a bundle takes its name when it is complete.
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".release-", dir=output) as place:
        whole = Path(place) / number.number
        for name, data in content.items():
            write_bytes(whole / name, data)
        if as_archive:
            write_bytes(archive, archived_folder(whole))
        whole.rename(folder)
    typer.echo(f"{folder}: {len(content)} files. {changes.summary}")
    return 0


def _refused(place: str, message: str, remedy: str) -> InputError:
    return InputError([Finding("fatal", "release", place, message=message, remedy=remedy)])


def _since_the_last(settings: Settings, built: Results) -> tuple[ReleaseChanges, str]:
    """Compare with the release before; return its news as well."""
    from trialpool.changes.release import changes_since, read_release
    from trialpool.records.files import read_comparisons
    from trialpool.release.bundle import NEWS

    renamed = read_comparisons(settings.path("results") / "comparisons.json").renamed
    if "release" not in settings.config["paths"]:
        return changes_since(None, built, renamed), ""
    folder = settings.path("release")
    news = folder.parent / NEWS
    earlier = news.read_text(encoding="utf-8") if news.is_file() else ""
    return changes_since(read_release(folder), built, renamed), earlier


def _stale(settings: Settings, files: Mapping[str, bytes]) -> Iterator[str]:
    """Build all records again from the files of the bundle, and name those that differ.

    What a reader of the release would do; code that changed since the build is found as well as
    data and configuration.
    """
    from trialpool.cli.builds import pipeline

    with tempfile.TemporaryDirectory(prefix="trialpool-") as place:
        root = Path(place)
        for name, content in files.items():
            if not name.startswith("results/"):
                write_bytes(root / name, content)
        config = root / settings.config_file.relative_to(settings.root)
        results = root / settings.config["paths"]["results"]
        work = results / "staging"
        pipeline.effects(config, work / "effects.csv")
        pipeline.audit(config, results / "audit.csv")
        pipeline.gate(results / "audit.csv", work / "gate.json")
        pipeline.select(config, work / "effects.csv", results / "audit.csv")
        folders = [results / "questions" / question for question in settings.questions]
        for folder in folders:
            pipeline.pool(folder)
        listed = (results / "comparisons.json", results / "summaries.json")
        pipeline.comparisons(config, folders, *listed)
        names = [f"questions/{folder.name}/{name}" for folder in folders for name in _OF_A_QUESTION]
        for name in (*_RECORDS, *names):
            if files.get(f"results/{name}") != (results / name).read_bytes():
                yield name
