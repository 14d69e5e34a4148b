"""The accepted forms of an effect size: which columns, and how a row becomes an effect."""

from trialpool.effects.forms.choosing import FORMS, choose_form, choose_measure
from trialpool.effects.forms.computed import COUNT_COLUMNS, PROPORTION_COLUMNS
from trialpool.effects.forms.form import Derived, Fault, Form, Numbers, RowEffect

__all__ = [
    "COUNT_COLUMNS",
    "FORMS",
    "PROPORTION_COLUMNS",
    "Derived",
    "Fault",
    "Form",
    "Numbers",
    "RowEffect",
    "choose_form",
    "choose_measure",
]
