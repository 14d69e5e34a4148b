"""The usual forest plot."""

from trialpool.figures.forest.one_panel import draw_effects


def forest(result, options):
    return draw_effects(result, options)


def plots(result):
    return {}
