"""Steps of the pipeline beside the report's pages: what changed, workbook and document."""

from __future__ import annotations

from pathlib import Path

from trialpool.findings import Finding, InputError
from trialpool.settings import load_settings


def changes(config: Path, comparisons_file: Path, output: Path) -> None:
    """Write what moved since the last release that the configuration names; if none, say so.

    Raises
    ------
    InputError
        If the release is no folder, or its baselines cannot be read.
    """
    from trialpool.changes.folders import read_results
    from trialpool.changes.release import changes_since, read_release
    from trialpool.records.files import read_comparisons, write_record

    settings, _ = load_settings(config)
    release = None
    if "release" in settings.config["paths"]:
        folder = settings.path("release")
        if not folder.is_dir():
            remedy = "Name a results folder or a folder of baselines, or leave it out."
            fault = Finding(
                "fatal", "release-exists", config.name, column="paths.release",
                value=str(folder), message="there is no such folder", remedy=remedy,
            )  # fmt: skip
            raise InputError([fault])
        release = read_release(folder)
    built = read_results(settings.path("results"), settings.questions)
    renamed = read_comparisons(comparisons_file).renamed
    write_record(output, changes_since(release, built, renamed))
