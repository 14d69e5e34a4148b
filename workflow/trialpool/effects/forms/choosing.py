"""Which of the accepted sets of columns a table holds, and which measure it gives.

To add a form, write how its rows are checked and enter it in `FORMS`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from trialpool.effects.forms.computed import COMPUTED
from trialpool.effects.forms.form import Form, each_row
from trialpool.effects.forms.given import effect_and_variance, one_step
from trialpool.effects.forms.printed import PRINTED, PRINTED_FORMS
from trialpool.measures import MEASURES, Measure

FORMS: Final[tuple[Form, ...]] = (
    Form(
        "yi and vi (or sei)",
        ("yi",),
        tuple(MEASURES),
        "generic",
        each_row(effect_and_variance),
        alternatives=(("vi",), ("sei",)),
    ),
    *PRINTED_FORMS,
    *COMPUTED,
    Form(
        "o_minus_e and variance",
        ("o_minus_e", "variance"),
        ("HR", "OR"),
        "HR",
        each_row(one_step),
    ),
)
_ACCEPTED: Final = "accepted is one of: " + "; ".join(
    (
        FORMS[0].name,
        f"{', '.join(PRINTED)}, each with ci_lower and ci_upper (and ci_level), p_value or sei",
        *(form.name for form in FORMS[1:] if form not in PRINTED_FORMS),
    )
)

# Names that say too little, and what to call the column instead.
_AMBIGUOUS: Final[dict[str, str]] = {
    **dict.fromkeys(
        ("se", "stderr", "std_err", "std_error", "standard_error", "se_yi", "selogi"),
        "the standard error of yi is called sei",
    ),
    **dict.fromkeys(("var", "v", "v_yi"), "the sampling variance of yi is called vi"),
    "variance": "the sampling variance of yi is called vi; variance goes with o_minus_e",
    "sd": "a standard deviation is no standard error; the standard error of yi is called sei",
    "hr": "a hazard ratio needs ci_lower and ci_upper; its logarithm is called yi",
    **dict.fromkeys(
        ("log_hr", "loghr", "ln_hr", "lnhr", "log_or", "logor", "ln_or", "lnor"),
        "a logarithm of a ratio is called yi",
    ),
    **dict.fromkeys(
        ("estimate", "effect", "es", "te", "y"), "an effect on the analysis scale is called yi"
    ),
    **{
        column: f"{column} needs ci_lower and ci_upper, p_value or sei"
        for column in PRINTED
        if column != "hr"
    },
    **dict.fromkeys(("lower", "lcl", "ci_low", "cilower"), "the lower limit is called ci_lower"),
    **dict.fromkeys(("upper", "ucl", "ci_high", "ciupper"), "the upper limit is called ci_upper"),
}


def choose_form(names: Collection[str], measure: str | None = None) -> Form:
    """Find the one accepted set that the columns hold.

    Parameters
    ----------
    names : collection of str
        Columns of the table.
    measure : str, optional
        The measure that was asked for: it decides where columns hold several sets.

    Returns
    -------
    Form
        A set that is part of a larger complete one does not count.

    Raises
    ------
    ValueError
        If there is none, or more than one; the message names the accepted sets.
    """
    held = {form: form.held(names) for form in FORMS}
    every = [form for form in FORMS if held[form]]
    complete = [form for form in every if not any(held[form] < held[other] for other in every)]
    if len(complete) > 1 or not any(measure in form.measures for form in complete):
        giving = [form for form in every if measure in form.measures]
        largest = [form for form in giving if not any(held[form] < held[x] for x in giving)]
        complete = largest or complete
    if len(complete) == 1:
        return complete[0]
    if complete:
        both = " as well as ".join(form.name for form in complete)
        raise ValueError(f"there are {both}, and only one can be meant; {_ACCEPTED}")
    known = {column for form in FORMS for column in form.columns}
    hints = []
    for name in names:
        plain = name.lower()
        if name != plain and plain in known:
            hints.append(f"{name!r} is not accepted: column names are lower case, {plain!r}")
        elif plain in _AMBIGUOUS:
            hints.append(f"{name!r} does not say enough: {_AMBIGUOUS[plain]}")
    found = ", ".join(names) if names else "none"
    told = "".join(f". {hint}" for hint in hints)
    raise ValueError(f"no accepted set of columns; found: {found}; {_ACCEPTED}{told}")


def choose_measure(form: Form, measure: str | None) -> Measure:
    """Return the measure of a form.

    Raises
    ------
    ValueError
        If it must be named and is not, or the form cannot give it.
    """
    chosen = form.default if measure is None else measure
    if chosen is None or chosen not in form.measures:
        allowed = ", ".join(form.measures)
        if chosen is not None:
            problem = f"measure={chosen!r} is not possible with {form.name}"
        else:
            first = form.measures[0]
            problem = (
                f"measure is not given with {form.name}; say which, "
                f"as in --measure {first} (in Python measure={first!r})"
            )
        raise ValueError(f"{problem}; allowed: {allowed}")
    return MEASURES[chosen]
