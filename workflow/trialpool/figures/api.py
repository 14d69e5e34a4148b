"""`trialpool.forest`: a forest plot from a record, a pool, or effect sizes."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from trialpool.figures.forest.draw import ForestFigure, forest_of
from trialpool.figures.forest.options.display_options import Choice
from trialpool.figures.forest.options.forest_options import ForestOptions
from trialpool.figures.forest.options.preset_changes import adapted
from trialpool.figures.forest.options.presets import Preset
from trialpool.figures.forest.panels.beside import draw_beside
from trialpool.figures.forest.words.flags import with_flags
from trialpool.figures.given.anything import Asked, record_of_anything
from trialpool.figures.given.records import Told
from trialpool.records.results import Result
from trialpool.records.summaries import released_trials

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from trialpool.effects.typed import EffectSizes
    from trialpool.figures.given.anything import Drawable


def forest(
    result: Drawable,
    effects: EffectSizes | None = None,
    *,
    ax: Axes | None = None,
    preset: Preset | str = "default",
    columns: Sequence[str] | None = None,
    columns_right: Sequence[str] | None = None,
    arms: tuple[str, str] | None = None,
    favours: tuple[str, str] | None = None,
    order: str = "given",
    width_mm: float | str | None = None,
    title: bool | str = True,
    rows_per_page: int | None = 60,
    cells: Sequence[Mapping[str, Any]] | None = None,
    mark_single_reader: bool = False,
    previous: Result | Mapping[str, Any] | None = None,
    pi_style: str | None = None,
    squares: str | None = None,
    cid: float | tuple[float, float] | None = None,
    digits: int | None = None,
    limits: tuple[float, float] | None = None,
    stripes: bool | None = None,
    symmetric: bool | None = None,
    label_style: str | None = None,
    method_line: bool | None = None,
    test_line: bool | None = None,
    totals_row: bool | None = None,
    stamp: bool | str | None = None,
    rob_columns: Sequence[str] | None = None,
    rob_names: Mapping[str, str] | None = None,
    levels: bool = True,
    shrunken: bool | None = None,
    cluster: str | Sequence[Hashable] | None = None,
    reference: str | None = None,
    beside: Drawable | tuple[Drawable, EffectSizes] | None = None,
    beside_cells: Sequence[Mapping[str, Any]] | None = None,
    names: tuple[str, str] | None = None,
) -> ForestFigure:
    """Draw a forest plot.

    Parameters
    ----------
    result : Result, mapping, pool, NetworkResult or EffectSizes
        A result record, or what was loaded from a ``result.json``; a pool, together with
        `effects`: by inverse variance, of counts (Mantel-Haenszel, Peto, mixed models), by
        the Bayesian model, or of clusters; a network: each treatment against `reference`,
        by direct, indirect and network evidence; or effect sizes, which are pooled with the
        defaults of `trialpool.pool`. Proportions, rates and means of single arms are drawn as
        they are printed, proportions and rates with exact intervals.
    effects : EffectSizes, optional
        What a pool holds, shape (k,).
    ax : matplotlib.axes.Axes, optional
        Draw into these axes, shrunk as far as they ask for. By default the plot gets a
        figure of the size that its content needs, of which no window or global state knows.
    preset : Preset or str
        "default", "jama", "bmj", "revman5" or "lancet".
    columns, columns_right : sequence of str, optional
        Columns between trials and plot, and after the plot: "comparison", "counts",
        "effect", "weight", "margin", "rob" (risk of bias), "p" (test against no
        difference), and any field of the trials or
        column of `cells`. By default those of the preset for which there is something to print.
    arms : (str, str), optional
        Treatment names over events and numbers of patients: experimental, control.
    favours : (str, str), optional
        What an effect below and above the null means. A record knows; a pool does not.
    order : str
        Of the trials within their group: "given", "estimate", "precision", "year", "label",
        or any field of the trials.
    width_mm : float or str, optional
        Final width in mm, or "lancet-column" (75), "column" (89), "lancet-page" (154),
        "page" (183).
    title : bool or str
        False leaves the title to the page, a text replaces it.
    rows_per_page : int or None
        A plot of more rows goes on on further pages with header and axis; None never splits.
    cells : sequence of mapping, optional
        Rows of the table that the effects came from, for their columns.
    mark_single_reader : bool
        Note on the row of each trial whose number one reader alone found.
    previous : Result or mapping, optional
        Record of an earlier release: trials that are new or changed since get a note.
        Beside another result it is that of the first.
    pi_style : {"bar", "line", "polygon", "shade", "density"}, optional
        How prediction intervals are drawn. "shade" and "density" show the distribution
        behind them: t, normal, or the posterior predictive.
    squares : {"weight", "exact", "equal", "events"}, optional
        What the area of a square is proportional to: the weight (the smallest are enlarged
        to be seen, by "exact" none), nothing, or the events of the trial.
    cid : float or (float, float), optional
        Differences too small to matter, as printed: 0.8 of a ratio is the grey band from
        0.8 to 1.25.
    digits : int, optional
        Decimals of the effects, 0 to 8. By default as many as show two significant digits of
        the intervals, of ratios two decimals or more. Ratios of 10 and more have one fewer.
    limits : (float, float), optional
        Ends of the axis, as printed (percent of proportions); what lies beyond has an arrow.
        By default all but the widest intervals are on it, and trials that weigh less than a
        tenth of an equal share only where they are near.
    stripes : bool, optional
        A grey ground behind every other trial.
    symmetric : bool, optional
        An axis that reaches as far on both sides of the null.
    label_style : {"comma", "source", "parentheses"}, optional
        "Name, 2020"; "Name,¹² 2020" with a numbered list of sources; "Name (2020)".
    method_line, test_line, totals_row : bool, optional
        "IV, Random, 95% CI" over the plot; the test of each pool under it; the sums of the
        arms in a row instead of the group's heading. On in "revman5".
    stamp : bool or str, optional
        A last line with the version of the data: a hash of the trials' numbers, or a text.
    rob_columns : sequence of str, optional
        Columns of `cells` with judgements of risk of bias; by default those named "rob_…".
    rob_names : mapping of str to str, optional
        What the domains of risk of bias are called in the legend.
    levels : bool
        Whether a question about an interaction shows the levels of each trial beside their
        ratio, or the ratios alone.
    shrunken : bool, optional
        Under each trial its true effect by the Bayesian model.
    cluster : str or sequence of hashable, optional
        With a pool of clusters: that of each effect, or the column of the effects' data.
    reference : str, optional
        With a network: what the others are compared with; by default its reference.
    beside : as `result`, or (pool, EffectSizes), optional
        A second result, drawn on the same rows with a plot, axis and pools of its own:
        one outcome beside another. `columns` of both stand once, those of one
        endpoint ("counts", "weight") with its plot; `columns_right` after each plot.
    beside_cells : sequence of mapping, optional
        As `cells`, for the second result.
    names : (str, str), optional
        What stands over the two plots; by default the names of their endpoints.

    Returns
    -------
    ForestFigure
        `figure`, `geometry` (place of every mark and text), `save`; shown by notebooks.

    Raises
    ------
    TypeError
        If `result` is none of these, or a pool comes without its effects.
    ValueError
        Naming the argument, the value and what is allowed.
    """
    own_title = title if isinstance(title, str) else ""
    asked = Asked(cluster, reference)
    told = Told(cells, own_title, favours, rob_columns=rob_columns)
    record = record_of_anything(result, effects, told, asked)
    before = None if previous is None else released_trials(previous)
    record = with_flags(record, single_reader=mark_single_reader, previous=before)
    looks = adapted(
        preset,
        pi_style=pi_style,
        squares=squares,
        cid=cid,
        digits=digits,
        limits=limits,
        stripes=stripes,
        symmetric=symmetric,
        label_style=label_style,
        method_line=method_line,
        test_line=test_line,
        totals_row=totals_row,
        stamp=stamp,
        shrunken=shrunken,
    )
    options = ForestOptions(
        preset=looks,
        choice=Choice(
            columns=None if columns is None else tuple(columns),
            columns_right=None if columns_right is None else tuple(columns_right),
            arms=arms,
            order=order,
            rob_names=rob_names or {},
        ),
        width_mm=width_mm,
        title=title,
        rows_per_page=None if ax is not None else rows_per_page,
        ax=ax,
        levels=levels,
    )
    if beside is None:
        if names is not None or beside_cells is not None:
            raise ValueError("names and beside_cells go with beside, a second result")
        return forest_of(record, options)
    one, sizes = beside if isinstance(beside, tuple) else (beside, None)
    other = record_of_anything(one, sizes, replace(told, cells=beside_cells), asked)
    other = with_flags(other, single_reader=mark_single_reader)
    return draw_beside(record, other, options, names=names)
