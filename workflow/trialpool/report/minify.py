"""The same page in fewer bytes: what HTML lets an author leave out is left out.

A page of some thousand table cells is to a tenth end tags and quotation marks that every
browser supplies by itself (HTML Living Standard, 13.1.2.3 "Unquoted attribute value syntax"
and 13.1.2.4 "Optional tags"). No text, attribute or element changes.
"""

from __future__ import annotations

import re
from typing import Final

_TAG: Final = re.compile(r"<[a-zA-Z][^<>]*>")
# A value of such characters needs no quotes, unless a slash follows that would join it.
_QUOTED: Final = re.compile(r' ([a-z-]+)="([A-Za-z0-9_.:#-]+)"(?=[ >])')
_BLANK: Final = re.compile(r"\n\s*\n+")
# End tag -> what must follow so that it may be left out.
_IMPLIED: Final = {
    "td": r"<t[dh][ >]|</tr>",
    "th": r"<t[dh][ >]|</tr>",
    "tr": r"<tr[ >]|</t(?:head|body)>|</table>",
    "li": r"<li[ >]|</[ou]l>",
    "dt": r"<d[td][ >]",
    "dd": r"<d[td][ >]|</dl>",
    "thead": r"<tbody[ >]",
    "tbody": r"<tbody[ >]|</table>",
}
_END: Final = re.compile(
    "|".join(f"</{name}>(?=\\s*(?:{after}))" for name, after in _IMPLIED.items())
)


def minify(html: str) -> str:
    """Leave out quotation marks, end tags and blank lines that a parser does not need.

    Parameters
    ----------
    html : str
        A page without ``pre`` and ``textarea``, in which blank lines mean nothing.

    Raises
    ------
    ValueError
        If the page has an element whose blank lines count.
    """
    if re.search(r"<(?:pre|textarea)[ >]", html):
        raise ValueError("a page with <pre> or <textarea> is not written shorter: its lines count")
    shorter = _TAG.sub(lambda tag: _QUOTED.sub(r" \1=\2", tag[0]), html)
    return _BLANK.sub("\n", _END.sub("", shorter))
