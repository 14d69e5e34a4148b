"""The steps of the pipeline on the command line; `cli.builds.pipeline` does the work."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

step = typer.Typer(help="The steps that the pipeline runs, one by one.", no_args_is_help=True)

Config = Annotated[Path, typer.Option("--config", help="The main configuration file.")]
Output = Annotated[Path, typer.Option("--output", "-o", help="File to write.")]
DEFAULT_CONFIG = Path("config/config.yaml")


@step.command("effects")
def step_effects(output: Output, config: Config = DEFAULT_CONFIG) -> None:
    """Derive an effect size from every raw row that allows one."""
    from trialpool.cli.builds import pipeline

    pipeline.effects(config, output)


@step.command("audit")
def step_audit(
    output: Output,
    config: Config = DEFAULT_CONFIG,
    rules: Annotated[
        Path | None, typer.Option(help="File to write: the rules, what each judged and found.")
    ] = None,
) -> None:
    """Write all findings; succeeds whatever they are."""
    from trialpool.cli.builds import pipeline

    pipeline.audit(config, output, rules)


@step.command("gate")
def step_gate(
    findings: Annotated[Path, typer.Argument(help="Findings written by the audit step.")],
    output: Output,
) -> None:
    """Stop on a fatal finding, telling all of them."""
    from trialpool.cli.builds import pipeline

    pipeline.gate(findings, output)


@step.command("select")
def step_select(
    effects: Annotated[Path, typer.Option(help="Table written by the effects step.")],
    findings: Annotated[Path, typer.Option(help="Findings written by the audit step.")],
    config: Config = DEFAULT_CONFIG,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for all of it, not the results.")
    ] = None,
) -> None:
    """Write input.csv, excluded.csv and question.json of every question, and effects.csv."""
    from trialpool.cli.builds import pipeline

    pipeline.select(config, effects, findings, output)


Questions = Annotated[list[Path], typer.Argument(help="Folders of questions.")]
Code = Annotated[
    str | None,
    typer.Option(
        metavar="DIGEST",
        help="Of the step's code and libraries: with it the cache of the build is used.",
    ),
]


@step.command("pool")
def step_pool(folders: Questions, code: Code = None) -> None:
    """Pool questions: write result.json beside their input.csv."""
    from trialpool.cache import Cache
    from trialpool.cli.builds import pipeline

    cache = Cache.of_build(code)
    for folder in folders:
        pipeline.pool(folder, cache)


def _pair(text: str) -> tuple[str, str]:
    """Read "question=other"."""
    question, _, other = text.partition("=")
    if not (question and other):
        message = f"{text!r}; allowed: a question, =, and the one beside it"
        raise typer.BadParameter(message, param_hint="'--beside'")
    return question, other


@step.command("figures")
def step_figures(
    folders: Questions,
    settings: Annotated[
        str, typer.Option(metavar="JSON", help="What config.yaml says under figures.")
    ] = "{}",
    release: Annotated[
        Path | None, typer.Option(help="Folder of the last release: mark what is new since.")
    ] = None,
    beside: Annotated[
        list[str] | None,
        typer.Option(metavar="ID=OTHER", help="Question with the one beside it. Repeatable."),
    ] = None,
    risk_of_bias: Annotated[
        bool, typer.Option("--risk-of-bias", help="Draw the judgements of each question, too.")
    ] = False,
    code: Code = None,
) -> None:
    """Draw questions: write forest.svg, .pdf, .png and .csv beside their result.json.

    A question with another one beside it gets beside.svg, .pdf, .png and .csv as well, one of a
    review with judgements risk_of_bias.svg and so on.
    """
    import json

    from trialpool.cache import Cache
    from trialpool.cli.builds import pipeline

    try:
        chosen = json.loads(settings)
    except ValueError as error:
        raise typer.BadParameter(f"no JSON: {error}", param_hint="'--settings'") from None
    pairs = dict(_pair(text) for text in beside or ())
    cache = Cache.of_build(code)
    for folder in folders:
        other = pairs.get(folder.name)
        pipeline.figures(folder, chosen, release, other, risk_of_bias=risk_of_bias, cache=cache)


@step.command("overview")
def step_overview(folders: Questions, output: Output, code: Code = None) -> None:
    """Draw all questions on one page: .svg, .pdf and .csv; more than a hundred on several."""
    from trialpool.cache import Cache
    from trialpool.cli.builds import pipeline

    pipeline.overview(folders, output, Cache.of_build(code))


@step.command("chapters")
def step_chapters(
    folders: Questions,
    effects: Annotated[Path, typer.Option(help="Table written by the select step.")],
    output: Output,
    config: Config = DEFAULT_CONFIG,
    not_asked: Annotated[
        Path | None, typer.Option(help="File for the results that no question asks for.")
    ] = None,
) -> None:
    """Collect what results and rows say to each chapter of the review, and what is not asked."""
    from trialpool.cli.builds import pipeline

    pipeline.chapters(config, folders, effects, output, not_asked)


@step.command("comparisons")
def step_comparisons(
    folders: Questions,
    output: Output,
    config: Config = DEFAULT_CONFIG,
    summaries: Annotated[
        Path | None, typer.Option(help="File for what is found of each comparison.")
    ] = None,
) -> None:
    """List what is compared with what, which questions hold it, and what they find."""
    from trialpool.cli.builds import pipeline

    pipeline.comparisons(config, folders, output, summaries)


@step.command("changes")
def step_changes(
    folders: Questions,
    effects: Annotated[Path, typer.Option(help="Table written by the select step.")],
    comparisons: Annotated[Path, typer.Option(help="List written by the comparisons step.")],
    output: Output,
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Write what moved since the last release, and which rows moved it."""
    from trialpool.cli.builds import edition_steps

    edition_steps.changes(config, folders, effects, comparisons, output)


@step.command("exports")
def step_exports(
    folders: Questions,
    summaries: Annotated[Path, typer.Option(help="Record written by the comparisons step.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write into.")],
    config: Config = DEFAULT_CONFIG,
    verification: Annotated[
        Path | None, typer.Option(help="Table written by the verify step.")
    ] = None,
    code: Code = None,
) -> None:
    """Write tables.xlsx and summary.docx."""
    from trialpool.cache import Cache
    from trialpool.cli.builds import edition_steps

    cache = Cache.of_build(code)
    edition_steps.exports(config, folders, summaries, verification, output, cache)


@step.command("zip")
def step_zip(
    folder: Annotated[Path, typer.Argument(help="Folder to pack.")], output: Output
) -> None:
    """Pack a folder: the same files give the same bytes."""
    from trialpool.cli.builds import edition_steps

    edition_steps.pack(folder, output)


@step.command("verify")
def step_verify(
    folders: Questions, output: Output, config: Config = DEFAULT_CONFIG, code: Code = None
) -> None:
    """Compute the pools a second time by statsmodels; exit 1 where a number differs."""
    from trialpool.cache import Cache
    from trialpool.cli.builds import edition_steps

    edition_steps.verify(config, folders, output, Cache.of_build(code))


Findings = Annotated[Path, typer.Option(help="Findings written by the audit step.")]
Rules = Annotated[Path | None, typer.Option(help="Table of rules written by the audit step.")]
Effects = Annotated[
    Path | None, typer.Option(help="Table written by the select step, to explain trials by.")
]
Curves = Annotated[Path | None, typer.Option(help="Table of curves written by the select step.")]
Chapters = Annotated[Path | None, typer.Option(help="Record written by the chapters step.")]
Unasked = Annotated[
    Path | None, typer.Option(help="Results that no question asks for, by the chapters step.")
]
Compared = Annotated[Path | None, typer.Option(help="Record written by the comparisons step.")]
Summaries = Annotated[
    Path | None, typer.Option(help="Summaries of findings, by the comparisons step.")
]
Verification = Annotated[Path | None, typer.Option(help="Table written by the verify step.")]


@step.command("report")
def step_report(
    folders: Questions,
    findings: Findings,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the pages.")],
    config: Config = DEFAULT_CONFIG,
    chapters: Chapters = None,
    rules: Rules = None,
    effects: Effects = None,
    overview: Annotated[
        Path | None, typer.Option(help="Figure written by the overview step.")
    ] = None,
    curves: Curves = None,
    verification: Verification = None,
    not_asked: Unasked = None,
    comparisons: Compared = None,
    summaries: Summaries = None,
    changes: Annotated[
        Path | None, typer.Option(help="Record written by the changes step.")
    ] = None,
    edition: Annotated[
        list[Path] | None,
        typer.Option(help="File written by the exports step, for the site. Repeatable."),
    ] = None,
    code: Code = None,
) -> None:
    """Write the report over the questions: a folder of pages."""
    from trialpool.cache import Cache
    from trialpool.cli.builds.reporting import Built, report

    built = Built(
        findings=findings,
        rules=rules,
        effects=effects,
        curves=curves,
        chapters=chapters,
        not_asked=not_asked,
        comparisons=comparisons,
        summaries=summaries,
        changes=changes,
        editions=tuple(edition or ()),
        verification=verification,
        overview=overview,
    )
    report(config, folders, built, output, Cache.of_build(code))


@step.command("printed")
def step_printed(
    folders: Questions,
    findings: Findings,
    output: Output,
    config: Config = DEFAULT_CONFIG,
    rules: Rules = None,
    effects: Effects = None,
    curves: Curves = None,
    verification: Verification = None,
    comparisons: Compared = None,
    summaries: Summaries = None,
    code: Code = None,
) -> None:
    """Write the report over the questions as one PDF to print."""
    from trialpool.cache import Cache
    from trialpool.cli.builds.reporting import Built, printed

    built = Built(
        findings=findings,
        rules=rules,
        effects=effects,
        curves=curves,
        comparisons=comparisons,
        summaries=summaries,
        verification=verification,
    )
    printed(config, folders, built, output, Cache.of_build(code))


@step.command("publish")
def step_publish(
    built: Annotated[Path, typer.Argument(help="Folder with everything to publish.")],
    results: Annotated[Path, typer.Argument(help="Folder to publish into.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Manifest to write.")],
    record: Annotated[
        Path, typer.Option(help="The manifest of the last build, kept for this one.")
    ],
) -> None:
    """Put what was built in the place of what was published before."""
    from trialpool.cache import prune_of_build
    from trialpool.cli.builds.publishing import publish

    publish(built, results, output, record)
    prune_of_build(sum(1 for _ in (built / "questions").glob("*/")))
