"""Templates of the pages: one environment, the same for every page."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from trialpool import formatting as fmt
from trialpool.questions import registry
from trialpool.report.site.page import (
    formula_anchor,
    marker_path,
    network_path,
    source_anchor,
    trial_path,
)
from trialpool.report.sources import page_links

if TYPE_CHECKING:
    from jinja2 import Environment
    from jinja2.bccache import Bucket

    from trialpool.cache import Cache

# Templates of the pages, and of the parts that the rooms of the kinds of questions bring.
_TEMPLATES: Final = (Path(__file__).parents[1] / "templates", Path(registry.__file__).parent)


def render(template: str, **shown: Any) -> str:
    """Render a template; what it shows is escaped.

    Parameters
    ----------
    template : str
        Below report/templates, or below the folder of the rooms.
    **shown
        What it shows; besides there are the functions and values of `environment`.

    Returns
    -------
    str
        HTML; links inside the site begin with "site:".
    """
    return environment().get_template(template).render(**shown)


def keep_templates(kept: Cache) -> None:
    """Take compiled templates from a cache: to compile them takes as long as to fill them."""
    from jinja2 import BytecodeCache

    class Kept(BytecodeCache):
        def load_bytecode(self, bucket: Bucket) -> None:
            found = kept.kept(("template", bucket.key, bucket.checksum))
            if found is not None:
                bucket.bytecode_from_string(found["code"])

        def dump_bytecode(self, bucket: Bucket) -> None:
            code = bucket.bytecode_to_string()
            kept.keep(("template", bucket.key, bucket.checksum), {"code": code})

    environment().bytecode_cache = Kept()


@cache
def environment() -> Environment:
    """Return the environment of all templates."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.globals.update(
        dash=fmt.NOT_AVAILABLE,
        whole=fmt.whole,
        page_links=page_links,
        marker_link=lambda chapter_id: f"site:{marker_path(chapter_id)}",
        network_link=lambda question_id: f"site:{network_path(question_id)}",
        source_anchor=source_anchor,
        trial_link=lambda trial_id: f"site:{trial_path(trial_id)}",
        source_link=lambda source_id: f"site:sources.html#{source_anchor(source_id)}",
        formula_link=lambda *formula: f"site:methods.html#{formula_anchor(*formula)}",
    )
    return made
