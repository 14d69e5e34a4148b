"""Building a review: Snakemake with the workflow of this trialpool, in the folder of the review."""

from __future__ import annotations

import json
import os
import shlex
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import typer

from trialpool.cache import FOLDER
from trialpool.cli.builds import untouched
from trialpool.cli.builds.failures import reasons
from trialpool.cli.builds.guarding import alone, date, mend
from trialpool.cli.builds.progress import SAID, run_snakemake, what_there_is
from trialpool.files import write_rows
from trialpool.findings import FINDING_COLUMNS, Finding, InputError, fatal
from trialpool.settings import Settings, load_settings
from trialpool.settings.places import place

DEFAULT_CONFIG: Final = Path("config/config.yaml")
# Options of Snakemake that say which review is built, by which workflow.
_OURS: Final = {"--config", "-C", "--snakefile", "-s", "--directory", "-d"}
# Before the name of a profile that trialpool brings: a user may have one called the same.
_PROFILES: Final = "trialpool/"


def build(
    folder: Path | None,
    config: Path,
    cores: int,
    further: str,
    *,
    verbose: bool = False,
    cache: bool = True,
) -> int:
    """Build a review; return the exit status.

    Parameters
    ----------
    folder : Path, optional
        Folder of the review, which `config` is then relative to.
    config : Path
        Its main configuration file.
    cores : int
        How many jobs run at once.
    further : str
        Arguments of Snakemake, as a shell would take them.
    verbose : bool
        Show all that Snakemake says; so does any further argument.
    cache : bool
        Whether steps may take from `.trialpool-cache` what they made of the same before.

    Raises
    ------
    InputError
        Every fault of the form of the configuration (what follows from one is not told), another
        build that is running, a folder of results that is of another review, or a file whose date
        of the future cannot be changed.
    typer.BadParameter
        Further arguments with a quote that does not end, or those that are set here.
    """
    arguments = _further(further)
    require_pipeline()
    settings, faults = load_settings(config_of(folder, config))
    if stopping := fatal(faults):
        _leave(settings, stopping)
        raise InputError(stopping)
    review, results = settings.root.absolute(), settings.path("results").absolute()
    command = [*_snakemake(review, settings.config_file, cores), *arguments]
    with alone(settings) as lock:
        date(settings)
        mend(results)
        read = untouched.state_read(settings)
        if not arguments and untouched.is_untouched(settings, read):
            _say("Nothing to be done: nothing was touched since the last build.")
            return 0
        started = time.time_ns()
        # Every process of the build holds the lock that is its standard input.
        told = None if verbose or arguments else results / SAID
        status = run_snakemake(command, _environment(review, cache=cache), lock, told)
        if status:
            why = reasons(review, results, started)
            # Snakemake tells of the jobs after what stopped them: that is said once more.
            _say("", *(why or _all_of(told)))
        elif not arguments:
            untouched.note(settings, read)
            print(what_there_is(settings.path("results")))  # noqa: T201
    return 1 if status else 0


def _all_of(told: Path | None) -> list[str]:
    """Return what Snakemake said where it was not shown: no job of it says why it failed."""
    return [told.read_text(encoding="utf-8", errors="replace").rstrip()] if told else []


def require_pipeline() -> None:
    """Stop where what builds reviews is not installed.

    Raises
    ------
    InputError
        With the command that installs it.
    """
    if find_spec("snakemake") is None:
        message = "Snakemake, which builds reviews, is not installed"
        remedy = "pip install 'trialpool[pipeline]'"
        finding = Finding("fatal", "installed", "trialpool", message=message, remedy=remedy)
        raise InputError([finding])


def config_of(folder: Path | None, config: Path) -> Path:
    """Return the configuration file: in a folder that is given, by its path from there."""
    if folder is None:
        return config
    beside = folder / config.name
    return beside if not (folder / config).exists() and beside.exists() else folder / config


def _further(text: str) -> list[str]:
    """Split further arguments of Snakemake; another review than the one named here is refused."""
    option = "'--snakemake-args'"
    try:
        arguments = shlex.split(text)
    except ValueError as error:
        raise typer.BadParameter(f"{error}: {text}", param_hint=option) from None
    for argument in arguments:
        if argument.split("=")[0] in _OURS:
            message = f"{argument}: what is built is said by FOLDER and --config of trialpool build"
            raise typer.BadParameter(message, param_hint=option)
    return [_ours(argument) for argument in arguments]


def _ours(argument: str) -> str:
    """Return an argument, with the place of a profile that trialpool brings instead of its name."""
    option, _, name = argument.rpartition("=")
    folder = place("workflow/profiles") / name.removeprefix(_PROFILES)
    if option in ("", "--profile") and name.startswith(_PROFILES) and folder.is_dir():
        return f"{option}={folder}" if option else str(folder)
    return argument


def _snakemake(review: Path, config: Path, cores: int) -> list[str]:
    """Return the command that starts Snakemake."""
    # Snakemake takes outer quotes away, and reads what is left as YAML: blanks keep these quotes.
    named = json.dumps(os.path.relpath(config.absolute(), review), ensure_ascii=False)
    return [
        *(sys.executable, "-m", "snakemake"),
        *("--snakefile", str(place("Snakefile")), "--directory", str(review)),
        *("--workflow-profile", str(place("workflow/profiles/default"))),
        # The build's own lock ends with its processes; what a killed one began is begun again.
        *("--nolock", "--rerun-incomplete"),
        # Last an option that takes one value: it leaves targets among the further arguments alone.
        *("--config", f"config_file= {named} ", "--cores", str(cores)),
    ]


def _environment(review: Path, *, cache: bool) -> dict[str, str]:
    """Return the environment of the jobs: each is a process, and compiled modules are kept."""
    # Snakemake asks who builds, and fails where a container runs as a user that it does not know.
    unnamed = {"USER": f"user-{os.getuid()}"}
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    # It also keeps files of its own at home, where a user of a service or a container has none.
    # Path.expanduser would raise an error there.
    home = os.path.expanduser("~/.cache")  # noqa: PTH111
    caches = Path(os.environ.get("XDG_CACHE_HOME") or home).absolute()
    there = next(folder for folder in (caches, *caches.parents) if folder.exists())
    homeless = {} if os.access(there, os.W_OK) else {"XDG_CACHE_HOME": str(review / ".snakemake")}
    return unnamed | kept | homeless | ({} if cache else {FOLDER: ""})


def _leave(settings: Settings, faults: list[Finding]) -> None:
    """Write the faults where the audit would, if the main file says where."""
    if settings.config_file.name not in {fault.file for fault in faults}:
        rows = (finding.as_row() for finding in faults)
        write_rows(settings.path("results") / "audit.csv", FINDING_COLUMNS, rows)


def _say(*lines: str) -> None:
    print(*lines, sep="\n", file=sys.stderr)  # noqa: T201
