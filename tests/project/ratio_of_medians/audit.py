"""It names no marker."""


def markers_named(settings):
    return ()
