"""Every public result is a table of printed numbers, the same as text and as HTML."""

from __future__ import annotations

import inspect
import math
import re
import typing
from html.parser import HTMLParser

import pytest

import trialpool as tp
from trialpool.pooling.plain_values import Shown
from trialpool.shown.present import TABLES, table_of
from trialpool.shown.table import ShownTable

LABELS = ["Alpha & Co", "<b>Beta</b>", "Gamma", "Delta", "Epsilon", "Zeta"]
YI = [-0.5, -0.1, 0.2, -0.3, -0.4, 0.05]
VI = [0.04, 0.02, 0.05, 0.03, 0.09, 0.015]
FRAME = {
    "study": LABELS,
    "yi": YI,
    "vi": VI,
    "year": [2001, 1999, 2005, 2003, 2010, 2008],
    "region": ["east", "west", "east", "west", "east", "west"],
    "team": ["a", "a", "b", "b", "c", "c"],
}


def effects():
    return tp.effect_sizes(FRAME, measure="OR")


def network():
    return tp.network(
        study=["1", "2", "3", "4"], treat1=["A", "A", "B", "A"], treat2=["B", "C", "C", "B"],
        yi=[0.2, 0.5, 0.4, 0.1], sei=[0.2, 0.3, 0.25, 0.2], measure="OR", reference="A",
    )  # fmt: skip


def counts(method):
    typed = tp.effect_sizes(
        events_experimental=[4, 0, 7], n_experimental=[50, 40, 60],
        events_control=[9, 3, 12], n_control=[52, 41, 58], measure="OR",
    )  # fmt: skip
    return tp.pool(typed, method)


RESULTS = {
    "EffectSizes": effects,
    "PooledEffect": lambda: tp.pool(effects()),
    "PooledEffects": lambda: tp.random_effects_many([YI, YI[::-1]], [VI, VI]),
    "PooledCounts": lambda: counts("glmm"),
    "BayesianPool": lambda: tp.bayesian_random_effects(effects(), prior="half-normal:0.5"),
    "DependentEffects": lambda: tp.dependent_effects(effects(), cluster="team"),
    "Subgroups": lambda: tp.subgroups(effects(), by="region"),
    "SubgroupDifference": lambda: tp.subgroups(effects(), by="region").difference,
    "LeaveOneOut": lambda: tp.leave_one_out(effects()),
    "Cumulative": lambda: tp.cumulative(effects(), order="year"),
    "Influence": lambda: tp.influence(effects()),
    "Baujat": lambda: tp.baujat(effects()),
    "Gosh": lambda: tp.gosh(effects()),
    "RegressionTest": lambda: tp.egger(effects()),
    "RankTest": lambda: tp.rank_test(effects()),
    "TrimAndFill": lambda: tp.trim_and_fill(effects()),
    "SelectionModel": lambda: tp.selection_model(effects(), steps=[0.5]),
    "PetPeese": lambda: tp.pet_peese(effects()),
    "MetaRegression": lambda: tp.meta_regression(effects(), moderators=["year", "region"]),
    "BivariateFit": lambda: tp.bivariate(YI, VI, YI[::-1], VI),
    "Surrogacy": lambda: tp.surrogacy(YI, VI, [y / 2 + 0.03 * i for i, y in enumerate(YI)], VI),
    "NetworkResult": network,
    "AdditiveResult": lambda: tp.network_components(network(), inactive="A"),
    "ClassesResult": lambda: tp.network_classes(
        network(), {"B": "new", "C": "new"}, effects="equal"
    ),
    "NetworkRegression": lambda: tp.network_regression(
        network(), {"1": 1.0, "2": 2.0, "3": 4.0, "4": 3.0}, covariate="dose"
    ),
    "InformationSize": lambda: tp.information_size(VI, 0.01, math.log(0.8)),
    "OneMore": lambda: tp.one_more_trial(YI, VI, prior="half-normal:0.5"),
}
# What results have in common.
ABSTRACT = {"Doubted", "Refits", "ComparedTreatments", "JoinedResult"}
# Functions that give no result of an analysis.
NO_RESULT = {"boundaries", "forest", "read_evidence", "save_plot", "specification_curve"}


class Cells(HTMLParser):
    """Texts of the cells of a table, tags inside cells counted."""

    def __init__(self) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag in ("th", "td", "caption"):
            self.cells.append("")

    def handle_data(self, data):
        self.cells[-1] += data


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_shows_itself_as_text_and_as_html(name):
    result = RESULTS[name]()
    assert type(result).__name__ == name
    table = table_of(result)
    reader = Cells()
    reader.feed(result._repr_html_())
    assert reader.tags <= {"table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"}
    cells = [cell for row in (table.header, *table.rows) for cell in row]
    assert reader.cells == [table.title, *cells, *table.notes]
    text = repr(result)
    for cell in (table.title, *cells, *table.notes):
        assert cell in text
    assert not re.search(r"nan|None|\d\.\d{6}|\de[-+]\d", text), text


def public_results():
    """Types that public functions say they return."""
    found = set()
    for name in tp.__all__:
        function = getattr(tp, name)
        if not inspect.isfunction(function) or name.endswith("_plot") or name in NO_RESULT:
            continue
        returned = inspect.signature(function).return_annotation
        found |= set(re.findall(r"\w+", str(returned))) - {"None"}
    return found


def test_no_public_function_returns_what_cannot_be_shown():
    returned = public_results() - {"Path", "tuple", "str", "DataFrame"}
    assert {"PooledEffect", "LeaveOneOut", "NetworkResult"} <= returned
    assert returned <= set(RESULTS)
    own = {cls.__name__ for cls in _below(Shown)} - ABSTRACT
    assert own <= set(RESULTS) | {"GoshSummary"}
    assert set(TABLES) <= own | {"Refits", "ComparedTreatments"}


def _below(cls):
    for one in cls.__subclasses__():
        yield one
        yield from _below(one)


def test_labels_and_measure_go_through_every_analysis():
    for name in ("LeaveOneOut", "Influence", "Baujat", "Cumulative", "TrimAndFill", "Gosh"):
        found = RESULTS[name]()
        assert (found.about.measure, found.about.labels) == ("OR", tuple(LABELS)), name
    assert "<b>Beta</b>" in repr(RESULTS["LeaveOneOut"]())
    assert "&lt;b&gt;Beta&lt;/b&gt;" in RESULTS["LeaveOneOut"]()._repr_html_()
    last = RESULTS["Cumulative"]()
    assert [last.about.label(trial) for trial in last.trial.tolist()][:2] == LABELS[1::-1]


def test_a_pool_is_printed_turned_back():
    """Two equal log odds ratios of variance 0.5: exp(0.5), se = 0.5 with 1.96."""
    found = tp.random_effects([0.5, 0.5], [0.5, 0.5], tau2="CE", ci="wald", measure="OR")
    assert "1.65  0.62 to 4.39  0.32" in repr(found)
    assert repr(found).startswith("odds ratio (OR): 2 trials, common effect")


def test_a_table_holds_rows_of_one_length():
    with pytest.raises(ValueError, match="needs 2 cells"):
        ShownTable("title", ("a", "b"), (("1",),))


def test_results_of_typed_effects_are_those_of_arrays():
    typed = effects()
    for function, options in (
        (tp.leave_one_out, {}), (tp.influence, {}), (tp.baujat, {}), (tp.egger, {}),
        (tp.rank_test, {}), (tp.trim_and_fill, {}), (tp.pet_peese, {}),
        (tp.random_effects, {"tau2": "DL"}), (tp.selection_model, {"steps": [0.5]}),
        (tp.bayesian_random_effects, {"prior": "half-normal:0.5"}),
    ):  # fmt: skip
        assert _values(function(typed, **options)) == _values(
            function(YI, VI, **options, **_measured(function))
        ), function
    regressed = tp.meta_regression(typed, moderators="year")
    assert (
        regressed.coefficients
        == tp.meta_regression(YI, VI, FRAME["year"], names=["year"]).coefficients
    )
    by = tp.subgroups(typed, by="region")
    assert by.difference == tp.subgroups(YI, VI, FRAME["region"]).difference


def _measured(function):
    takes = "measure" in inspect.signature(function).parameters
    return {"measure": "OR"} if takes else {}


def _values(result):
    found = {name: value for name, value in vars(result).items() if name != "about"}
    return {
        name: value.tolist() if hasattr(value, "tolist") else
        _values(value) if isinstance(value, Shown) else value
        for name, value in found.items()
    }  # fmt: skip


def test_what_is_missing_or_twice_is_said():
    typed = effects()
    with pytest.raises(TypeError, match="leave vi out"):
        tp.leave_one_out(typed, VI)
    with pytest.raises(TypeError, match="vi is missing: yi is list"):
        tp.leave_one_out(YI)
    with pytest.raises(ValueError, match="the effects are OR"):
        tp.random_effects(typed, measure="HR")
    with pytest.raises(ValueError, match="by='phase' is no column; there are: study, yi"):
        tp.subgroups(typed, by="phase")
    with pytest.raises(TypeError, match="give the group of each trial"):
        tp.subgroups(typed)
    with pytest.raises(TypeError, match="order is missing"):
        tp.cumulative(typed)
    with pytest.raises(ValueError, match="effects from effect_sizes"):
        tp.cumulative(YI, VI, "year")


def test_hints_of_public_functions_resolve():
    """A reader's type checker sees what the functions take and give."""
    for name in ("pool", "leave_one_out", "effect_sizes", "meta_regression"):
        function = getattr(tp, name)
        space = {**vars(inspect.getmodule(function)), "pd": __import__("pandas")}
        assert typing.get_type_hints(function, space)["return"] is not None
