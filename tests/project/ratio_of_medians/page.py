"""No parts of its own."""

FOREST_REMARK = "Ratios of medians are never pooled."


def figures(result):
    return ()


def parts(result):
    return ()


def methods(results, cite):
    return None
