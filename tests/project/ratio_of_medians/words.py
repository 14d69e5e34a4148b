"""What a ratio of medians says: how much later, with no claim."""

import math

from trialpool.questions.shared.words.sentences import Voice
from trialpool.questions.shared.words.sides import Conclusion

UNIT = ""


def describe_side(side, result):
    return f"{'earlier' if side == 'lower' else 'later'} events"


VOICE = Voice(describe_side)


def conclude(group, result):
    return Conclusion("", f"median {math.exp(group.estimate):.1f} times that of the control")


def on_markers(result):
    return None
