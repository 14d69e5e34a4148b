"""Everything that a page may read: the records of one build, and where its files lie."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from trialpool.cache import Cache
from trialpool.evidence.tables import Evidence
from trialpool.measures import Endpoint
from trialpool.provenance.explain import explain_trial
from trialpool.provenance.material import Material
from trialpool.records.changes.release import ReleaseChanges
from trialpool.records.chapters import Chapters, NotAsked
from trialpool.records.comparisons import Comparisons
from trialpool.records.explanations import TrialExplanation
from trialpool.records.results import ComparativeResult, Result
from trialpool.records.summary.findings import Outcome, SummariesOfFindings
from trialpool.report.compared.outcomes import Compared, compared
from trialpool.report.shown import ShownQuestion, shown_question
from trialpool.report.site.page import slug
from trialpool.report.sources import Source, all_sources
from trialpool.report.svg import InlineFigure, SharedStyles, inline_figure
from trialpool.settings import overview_pages

# A figure in a page; the styles of the page after it; letters that it sets, by weight and style.
_Inlined = tuple[InlineFigure, dict[str, str], list[tuple[int, str, str]]]


@dataclass(frozen=True, eq=False)
class Review:
    """The records of a build.

    Attributes
    ----------
    settings : mapping
        The part "report" of config.yaml: ``title`` and, where given, ``subtitle, authors,
        description, data_note, framework, framework_source, limits, citation``.
    results : tuple of Result
        In the order of questions.yaml.
    about : mapping
        review.yaml: what only people can say of the review; empty without it.
    comparisons : Comparisons or None
    summaries : SummariesOfFindings or None
    changes : ReleaseChanges or None
        What moved since the last release.
    chapters : Chapters or None
    not_asked : NotAsked or None
        Results in the data that no question asks for.
    findings, rules : sequence of mapping
        Rows of audit.csv and of the table of rules.
    verification : sequence of mapping
        Rows of verification.csv: pools beside those of a second engine.
    curves : sequence of mapping
        Rows of curves.csv: reconstructed curves beside what was printed.
    effects : sequence of mapping
        Rows of effects.csv.
    evidence : Evidence
        The raw tables.
    taxonomy : mapping
        taxonomy.yaml.
    endpoints : mapping of str to Endpoint
        As config.yaml declares them, in its order.
    folders : mapping of str to Path
        Question id -> folder with its files and figures.
    beside : mapping of str to str
        Question id -> id of the question that is drawn beside it.
    overview : Path or None
        The figure over all questions, in any of its formats.
    data : mapping of str to Path
        Further files of the build that pages may offer: name -> file.
    editions : mapping of str to Path
        Other editions of the report, such as a workbook: place on the site -> file.
    cache : Cache
        Of figures as pages hold them.
    """

    settings: Mapping[str, Any]
    results: tuple[Result, ...]
    about: Mapping[str, Any] = field(default_factory=dict)
    comparisons: Comparisons | None = None
    summaries: SummariesOfFindings | None = None
    changes: ReleaseChanges | None = None
    chapters: Chapters | None = None
    not_asked: NotAsked | None = None
    findings: Sequence[Mapping[str, str]] = ()
    rules: Sequence[Mapping[str, str]] = ()
    verification: Sequence[Mapping[str, str]] = ()
    curves: Sequence[Mapping[str, str]] = ()
    effects: Sequence[Mapping[str, str]] = ()
    evidence: Evidence = field(default_factory=lambda: Evidence({}))
    taxonomy: Mapping[str, Any] = field(default_factory=dict)
    endpoints: Mapping[str, Endpoint] = field(default_factory=dict)
    folders: Mapping[str, Path] = field(default_factory=dict)
    beside: Mapping[str, str] = field(default_factory=dict)
    overview: Path | None = None
    data: Mapping[str, Path] = field(default_factory=dict)
    editions: Mapping[str, Path] = field(default_factory=dict)
    cache: Cache = field(default_factory=Cache)

    @property
    def own_limits(self) -> tuple[str, ...]:
        """What the review itself says that it cannot say."""
        return tuple(map(str, self.settings.get("limits", ())))

    @cached_property
    def in_whom(self) -> tuple[str, str]:
        """Column of trials.csv that foremost says in whom, and its heading; empty without one."""
        named = self.taxonomy.get("trial_columns", {})
        return next(((str(column), str(heading)) for column, heading in named.items()), ("", ""))

    @cached_property
    def by_id(self) -> dict[str, Result]:
        """Results by the id of their question."""
        return {result.id: result for result in self.results}

    @cached_property
    def compared(self) -> tuple[ComparativeResult, ...]:
        """Results that compare two sides."""
        return tuple(one for one in self.results if isinstance(one, ComparativeResult))

    @cached_property
    def trials(self) -> dict[str, str]:
        """Id and name of every trial of the data or of a record, by name."""
        named = {row["trial_id"]: row["trial"] for row in self.evidence.rows("trials")}
        for trial_id, name in self._named():
            if trial_id:
                named.setdefault(trial_id, name or trial_id)
        return dict(sorted(named.items(), key=lambda item: (item[1].casefold(), item[0])))

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """Outcomes of all summaries of findings."""
        found = self.summaries.summaries if self.summaries else ()
        return tuple(outcome for one in found for outcome in one.outcomes)

    @cached_property
    def by_comparison(self) -> tuple[Compared, ...]:
        """What the results say of each comparison, in the order of comparisons.json."""
        listed = self.comparisons.comparisons if self.comparisons else ()
        found = self.summaries.summaries if self.summaries else ()
        by_id = {summary.comparison: summary for summary in found}
        return tuple(compared(one, self.by_id, by_id.get(one.id), self.endpoints) for one in listed)

    def _named(self) -> Iterator[tuple[str, str]]:
        """Trials that the records name."""
        for result in self.results:
            yield from ((one.trial_id, one.label) for one in result.trials)
            yield from ((row.trial_id, row.label) for row in result.excluded)
        for chapter in self.chapters.chapters if self.chapters else ():
            for strategy in chapter.strategies:
                yield from ((one.trial_id, one.trial) for one in strategy.not_pooled)
            for sets in chapter.markers.sets().values():
                yield from ((one.trial_id, one.trial) for one in sets)
        if self.chapters:
            yield from ((one.trial_id, one.trial) for one in self.chapters.review_trials)
        if self.not_asked:
            yield from ((one.trial_id, one.trial) for one in self.not_asked.results)

    @cached_property
    def questions(self) -> dict[str, ShownQuestion]:
        """What pages show of each question, by its id: rows and texts that are ready to print."""
        return {result.id: shown_question(result) for result in self.results}

    @cached_property
    def sources(self) -> dict[str, Source]:
        """Sources of pooled trials by id, those of the better grades first."""
        return {source.source_id: source for source in all_sources(self.results)}

    @cached_property
    def explanations(self) -> dict[str, TrialExplanation]:
        """Of every trial: its arms, its rows, where each is pooled and why others are not."""
        material = Material(self.evidence, self.effects, self.findings, self.results)
        return {trial_id: explain_trial(material, trial_id) for trial_id in self.trials}

    @cached_property
    def chained(self) -> frozenset[str]:
        """Rows whose way from the square to the paper stands on the page of their trial."""
        records = self.explanations.values()
        return frozenset(row.row_id for record in records for row in record.pooled)

    def offered(self, name: str) -> dict[str, Path]:
        """File of the build by its place on the site, none where it is not there."""
        return {f"data/{name}": self.data[name]} if name in self.data else {}

    def overview_files(self) -> dict[str, Path]:
        """Figures over all questions by their place on the site, in the formats that are small."""
        if self.overview is None:
            return {}
        names = overview_pages([*self.folders])
        endings = ("svg", "pdf", "csv")
        drawn = [self.overview.with_name(f"{n}.{ending}") for n in names for ending in endings]
        return {path.name: path for path in drawn if path.is_file()}

    def drug_words(self, agents: Iterable[str]) -> tuple[str, ...]:
        """Return what drugs are called, their short names too, for the search."""
        known = self.taxonomy.get("agents", {})
        names = dict.fromkeys(agents)
        shorts = [known.get(name, {}).get("short", "") for name in names]
        return (*names, *filter(None, shorts))

    def figure(
        self, question_id: str, name: str, styles: SharedStyles, *, words_beside: bool = False
    ) -> InlineFigure | None:
        """Return a figure of a question to stand in a page; None where none was drawn.

        Parameters
        ----------
        name : str
            "forest", "beside", or one that the kind of question names.
        styles : SharedStyles
            Of the page, which holds their rules.
        words_beside : bool
            Whether the page prints the description of the figure itself.
        """
        path = self.folders.get(question_id, Path()) / f"{name}.svg"
        if not path.is_file():
            return None
        svg = path.read_text(encoding="utf-8")
        own = question_id if name == "forest" else f"{question_id}-{name}"
        if name == "beside":
            own = f"{question_id}-beside-{self.beside[question_id]}"
        return self._inline(svg, own, styles, words_beside=words_beside)

    def _inline(
        self, svg: str, own: str, styles: SharedStyles, *, words_beside: bool
    ) -> InlineFigure:
        """Take a figure into a page, from the cache where it came into the same styles before."""

        def make() -> dict[str, bytes]:
            new = SharedStyles(dict(styles.classes))
            figure = inline_figure(svg, own, new, words_beside=words_beside)
            letters = [(*face, "".join(sorted(held))) for face, held in new.characters.items()]
            return {"figure": msgspec.json.encode((figure, new.classes, letters))}

        before = msgspec.json.encode((own, words_beside, list(styles.classes.items())))
        found = self.cache.made(["inline", before, svg], make)["figure"]
        figure, classes, letters = msgspec.json.decode(found, type=_Inlined)
        styles.classes.update(classes)
        for weight, style, held in letters:
            styles.characters.setdefault((weight, style), set()).update(held)
        return figure

    def files(self, question_id: str, *names: str) -> dict[str, Path]:
        """Files of a question by their place on the site; those that are not there are left out.

        They lie beside the page: "questions/mortality/forest.svg".
        """
        folder = self.folders.get(question_id)
        if folder is None:
            return {}
        found = {f"questions/{slug(question_id)}/{name}": folder / name for name in names}
        return {place: path for place, path in found.items() if path.is_file()}
