"""What a question on surrogacy asks for, and the pairs of effects that it sets against each other.

Each endpoint is selected as a comparison selects its own: same rows, policies and audit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from msgspec import structs

from trialpool.measures import Endpoint
from trialpool.questions.shared.selection.asked import asked_as
from trialpool.questions.shared.selection.comparative import (
    Selection,
    in_order,
    with_selection,
)
from trialpool.questions.shared.selection.early_endpoint import (
    Key,
    choose_side,
    early_settings,
    key_of,
    side_of,
)
from trialpool.questions.shared.selection.library import Library
from trialpool.records.groups import ExcludedRow, Heading
from trialpool.records.surrogacy.questions import SurrogacyAsked, SurrogacyQuestion
from trialpool.records.trials import SelectedTrial

# Stage of a row whose trial lacks the other endpoint.
ONE_ENDPOINT: Final = "one endpoint only"


class Pair(NamedTuple):
    """The two effects of one comparison of one trial."""

    early: SelectedTrial
    final: SelectedTrial


def asked(
    question_id: str,
    settings: Mapping[str, Any],
    pooling: Mapping[str, Any],
    endpoints: Mapping[str, Endpoint],
) -> SurrogacyAsked:
    """Make the typed question of its settings: what `early` does not say is as for the final."""
    early = early_settings(question_id, settings, settings["early"], pooling, endpoints)
    return asked_as(SurrogacyAsked, question_id, {**settings, "early": early}, pooling, endpoints)


def select(
    library: Library, asked: SurrogacyAsked
) -> tuple[SurrogacyQuestion, tuple[SelectedTrial, ...]]:
    """Choose one pair of effects per trial; the rows of all others are listed with the reason."""
    final = choose_side(library, side_of(asked))
    early = choose_side(library, side_of(asked, asked.early), final.named)
    pairs, left = paired(early.trials, final.trials, asked)
    label = label_of(asked)
    shown = [Pair(_named(one.early, label), _named(one.final, label)) for one in pairs]
    used = {row_id for pair in pairs for trial in pair for row_id in trial.row_ids}
    once = {
        item.row_id: item
        for item in (*early.excluded, *final.excluded, *left)
        if item.row_id not in used
    }
    selection = Selection(
        trials=tuple(trial for pair in shown for trial in pair),
        groups=(Heading(label=label, mechanism="", mechanisms=(), kind="surrogacy"),),
        excluded=in_order(once.values()),
    )
    question = with_selection(
        SurrogacyQuestion,
        library,
        asked,
        selection,
        early_trials=library.with_pages(pair.early for pair in shown),
    )
    return question, tuple(pair.final for pair in shown)


def label_of(asked: SurrogacyAsked) -> str:
    """Name the association: "Stroke by blood pressure"."""
    final, early = (" or ".join(side.endpoint_names.values()) for side in (asked, asked.early))
    return f"{final[:1].upper()}{final[1:]} by {early}"


def _named(trial: SelectedTrial, label: str) -> SelectedTrial:
    """Put a trial into the one group; what it compares is told by the names of its drugs."""
    return structs.replace(trial, comparison=trial.group, group=label, third_contrasts=())


def paired(
    early: Iterable[SelectedTrial], final: Iterable[SelectedTrial], asked: SurrogacyAsked
) -> tuple[list[Pair], list[ExcludedRow]]:
    """Pair the effects of the same arms, one comparison of each set of patients.

    Comparisons of one trial that share an arm share its patients, and their pairs would not be
    independent: the one that stands first in `choose` enters.

    Returns
    -------
    list of Pair
        In the order of the final effects.
    list of ExcludedRow
        The rows of effects without the other one, and of comparisons that share an arm.
    """
    firsts = {key_of(trial): trial for trial in early}
    seconds = {key_of(trial): trial for trial in final}
    both = [key for key in seconds if key in firsts]
    kept = _one_per_arm(both, asked.filters.choose)
    left: list[ExcludedRow] = []
    for own, other, side in ((firsts, seconds, asked), (seconds, firsts, asked.early)):
        missing = " or ".join(side.endpoint_names.values())
        for key, trial in own.items():
            if key not in other:
                reason = f"no {missing} of the same arms that can be pooled"
                left += _out(trial, ONE_ENDPOINT, reason)
            elif key not in kept:
                entering = next(one for one in kept if one[0] == key[0] and {*one[1:]} & {*key[1:]})
                reason = f"shares patients with {' v '.join(entering[1:])} of the same trial"
                left += _out(trial, "several arms", reason)
    return [Pair(firsts[key], seconds[key]) for key in both if key in kept], left


def _one_per_arm(keys: list[Key], choose: Mapping[str, tuple[tuple[str, str], ...]]) -> list[Key]:
    """Keep comparisons that share no arm with one kept before, in the order of `choose`."""

    def place(key: Key) -> int:
        named = choose.get(key[0], ())
        return named.index(key[1:]) if key[1:] in named else len(named)

    kept: list[Key] = []
    for key in sorted(keys, key=place):
        if not any(one[0] == key[0] and {*one[1:]} & {*key[1:]} for one in kept):
            kept.append(key)
    return kept


def _out(trial: SelectedTrial, stage: str, reason: str) -> Iterator[ExcludedRow]:
    for row_id in trial.row_ids:
        yield ExcludedRow(
            row_id=row_id, trial_id=trial.trial_id, label=trial.label, stage=stage, reason=reason
        )
