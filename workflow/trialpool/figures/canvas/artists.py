"""Lines and shapes whose place the layout knows: nothing cuts them, no limit follows from them.

matplotlib finds the extent of each artist for scaling axes and gives each a box to be cut by;
on axes of fixed limits, where nothing is cut, that is half the time of putting them there.
"""

from __future__ import annotations

from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, PathPatch, Polygon


class Uncut:
    """What is never cut."""

    def set_clip_path(self, path: Any, transform: Any = None) -> None:
        """Need no box."""


class Line(Uncut, Line2D):
    """A line through points."""


class Area(Uncut, Polygon):
    """A closed polygon."""


class Disc(Uncut, Circle):
    """A circle."""


class Outline(Uncut, PathPatch):
    """Many shapes of one look."""


def put(axes: Axes, artist: Artist) -> None:
    """Put an artist on axes without asking for its extent."""
    artist.set_clip_on(False)
    axes.add_artist(artist)


def in_order(axes: Axes) -> None:
    """Let the order of the layout decide what covers what, not the kind of artist."""
    for order, artist in enumerate(axes.get_children()):
        artist.zorder = order
