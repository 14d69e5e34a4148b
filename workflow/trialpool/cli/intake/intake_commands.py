"""The commands that take evidence in, and their options; `cli.intake.new_rows` does the work."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[Path, typer.Option("--config", help="The main configuration file.")]
DEFAULT_CONFIG = Path("config/config.yaml")

Raw = Annotated[
    Path | None,
    typer.Option(
        "--raw", help="Folder of the raw tables; by default the one of the configuration."
    ),
]
Out = Annotated[Path, typer.Option("--out", help="New folder for the tables; never written over.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def new_trial(
    trial_id: Annotated[str, typer.Argument(help="Its identifier, such as dapa-hf.")],
    arms: Annotated[
        list[str],
        typer.Option(
            "--arms",
            metavar="ID[=AGENT+AGENT]",
            help="Arms, the control last; repeat it, or separate by commas.",
        ),
    ],
    endpoint: Annotated[
        list[str],
        typer.Option(
            "--endpoint",
            metavar="CODE",
            help="As in config.yaml; repeat it, or separate by commas.",
        ),
    ],
    name: Annotated[str, typer.Option(help="Its name in words.")] = "",
    nct: Annotated[str, typer.Option(help="ClinicalTrials.gov number.")] = "",
    source: Annotated[str, typer.Option(help="Identifier of the report.")] = "",
    raw: Raw = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="New folder for the tables; else they are printed.")
    ] = None,
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Scaffold the rows of a new trial: identifiers filled in, numbers empty."""
    from trialpool.cli.intake import new_rows
    from trialpool.intake.scaffold import NewTrial

    new = NewTrial(
        trial_id=trial_id,
        arms=[part for text in arms for part in text.split(",")],
        endpoints=[part.strip() for text in endpoint for part in text.split(",")],
        name=name,
        nct=nct,
        source_id=source,
    )
    raise typer.Exit(new_rows.new_trial(new, config, raw, out, as_json=as_json))


def check_row(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="CSV files or folders with new rows; - or none: standard input."),
    ] = None,
    table: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Raw table of the rows, where the file does not say it."),
    ] = None,
    raw: Raw = None,
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Audit new rows as they would be in the raw tables; exit 1 on a fatal finding."""
    from trialpool.cli.intake import new_rows

    raise typer.Exit(new_rows.check_row(files or [], table, raw, config, as_json=as_json))


def add(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="CSV files or folders with new rows; - or none: standard input."),
    ] = None,
    table: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Raw table of the rows, where the file does not say it."),
    ] = None,
    raw: Raw = None,
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Audit new rows as check-row does, and put them into the raw tables: all of them or none.

    Exit 1 on a fatal finding, and nothing is written.
    """
    from trialpool.cli.intake import new_rows

    raise typer.Exit(new_rows.check_row(files or [], table, raw, config, as_json=as_json, add=True))


def sources(
    merge: Annotated[
        Path | None,
        typer.Option(
            "--merge", metavar="FILE", help="References in any format, to fill cells from."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="With --merge: new file for the merged table."),
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="With --merge: change sources.csv itself.")
    ] = False,
    raw: Raw = None,
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """List the used sources that lack a DOI or a PubMed number, those of pooled trials first.

    With --merge, fill empty cells of sources.csv from a bibliographic file, by DOI, PubMed number
    or title, and list what it says otherwise; no cell that holds something is changed, and without
    -o or --write nothing is written.
    """
    from trialpool.cli.intake import used_sources

    if merge is None:
        if output is not None or write:
            raise typer.BadParameter("goes with --merge", param_hint="--output, --write")
        raise typer.Exit(used_sources.list_unidentified(config, raw, as_json=as_json))
    if output is not None and write:
        raise typer.BadParameter("not together with --write", param_hint="--output")
    from trialpool.cli.intake import merged_sources

    raise typer.Exit(
        merged_sources.merge(merge, config, raw, output, in_place=write, as_json=as_json)
    )


imports = typer.Typer(
    help="Turn files of registries and other programs into raw tables.", no_args_is_help=True
)
ImportFile = Annotated[Path, typer.Argument(help="File to read.")]


@imports.command("ctgov")
def import_ctgov(
    file: ImportFile,
    out: Out,
    trial_id: Annotated[
        str | None, typer.Option("--trial-id", help="Identifier of the trial.")
    ] = None,
    group: Annotated[
        list[str] | None,
        typer.Option(
            "--group",
            metavar="TITLE=ARM",
            help="Arm of a result group that is spelt otherwise; may be repeated.",
        ),
    ] = None,
    experimental: Annotated[
        list[str] | None,
        typer.Option(metavar="ARM", help="An experimental arm, where the record says otherwise."),
    ] = None,
    control: Annotated[
        list[str] | None,
        typer.Option(metavar="ARM", help="A control arm, where the record says otherwise."),
    ] = None,
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Read a study with results of ClinicalTrials.gov (JSON of API v2).

    Every outcome of two arms becomes a table for `trialpool pool`; outcomes whose title names an
    endpoint of the configuration become rows of raw tables too.
    """
    from trialpool.cli.intake import new_rows

    sides = (experimental or [], control or [])
    raise typer.Exit(
        new_rows.ctgov(file, out, trial_id, group or [], sides, config, as_json=as_json)
    )


@imports.command("bibtex", hidden=True)
@imports.command("pubmed", hidden=True)
@imports.command("ris", hidden=True)
@imports.command("references")
def import_references(
    files: Annotated[list[Path], typer.Argument(help="Files to read; the format is seen.")],
    out: Out,
    as_json: AsJson = False,
) -> None:
    """Read references into sources.csv: RIS, BibTeX, PubMed, EndNote, Web of Science.

    One file or several, of any format; what stands in two of them is entered once and named.
    `ris`, `bibtex` and `pubmed` are other names of this command.
    """
    from trialpool.cli.intake import new_rows

    raise typer.Exit(new_rows.references(files, out, as_json=as_json))


@imports.command("excel")
def import_excel(file: ImportFile, out: Out, as_json: AsJson = False) -> None:
    """Read a workbook (.xlsx) whose sheets are named like the raw tables."""
    from trialpool.cli.intake import new_rows

    raise typer.Exit(new_rows.excel(file, out, as_json=as_json))


Design = Annotated[
    str, typer.Option(metavar="NAME", help="Of all included studies: rct or single-arm.")
]


@imports.command("revman")
def import_revman(
    file: ImportFile,
    out: Out,
    design: Design = "",
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Read a Cochrane review: the data package (.zip) of RevMan Web and the Cochrane Library, .rm5.

    Each analysis becomes a table to pool, with the command that repeats the review; analyses.csv
    has the review's own total beside ours.
    """
    from trialpool.cli.intake import new_rows

    raise typer.Exit(new_rows.revman(file, out, design, config, as_json=as_json))


@imports.command("rm5")
def import_rm5(
    file: ImportFile,
    out: Out,
    design: Design = "",
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Read a RevMan 5 review (.rm5), as `trialpool import revman` does."""
    from trialpool.cli.intake import new_rows

    raise typer.Exit(new_rows.revman(file, out, design, config, as_json=as_json))


@imports.command("risk-of-bias")
def import_risk_of_bias(
    file: ImportFile,
    out: Out,
    tool: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="RoB 2, ROBINS-I, Cochrane 2011 or your own; by default as the file tells.",
        ),
    ] = "",
    raw: Raw = None,
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Read judgements of risk of bias into risk_of_bias.csv: a table as of robvis, or a review.

    Studies are looked up in trials.csv by id, name or registration, where there is a review.
    """
    from trialpool.cli.intake import new_rows

    raise typer.Exit(new_rows.risk_of_bias(file, out, tool, config, raw, as_json=as_json))


def register(app: typer.Typer) -> None:
    """Add the commands to `trialpool`."""
    app.command("new-trial")(new_trial)
    app.command("check-row")(check_row)
    app.command("add")(add)
    app.command("sources")(sources)
    app.add_typer(imports, name="import")
