"""The markup of the site: landmarks, headings, ids, links, files; the same bytes each time."""

from __future__ import annotations

import hashlib
import itertools
import math
import os
import posixpath
import re
import subprocess
import sys
from typing import Any

from html_reader import Page
from pooled_records import pooled
from report_records import (
    FINDINGS,
    excluded_rows,
    figures,
    question,
    response,
    survival_trials,
)
from site_pages import texts

Json = dict[str, Any]


def test_tables_are_captioned_and_headers_scoped(page: Page) -> None:
    assert page.tables == page.captions > 8
    assert set(page.scopes) == {"col", "row", "rowgroup"}


def test_headings_are_in_order(site: dict[str, str]) -> None:
    for html in site.values():
        headings = Page(html).headings
        assert headings[0] == 1
        assert headings.count(1) == 1
        steps = itertools.pairwise(headings)
        assert all(after <= before + 1 for before, after in steps)


def test_ids_are_unique_and_described_by_something(site: dict[str, str]) -> None:
    for html in site.values():
        page = Page(html)
        assert len(page.ids) == len(set(page.ids))
        described = ("aria-labelledby", "aria-describedby", "for")
        named = {v for _, name, v in page.attributes if name in described}
        assert {part for value in named for part in value.split()} <= set(page.ids)


def test_links_inside_the_site_are_relative_and_lead_to_a_page(site: dict[str, str]) -> None:
    ids = {path: set(Page(html).ids) for path, html in site.items()}
    for path, html in site.items():
        for tag, name, value in Page(html).attributes:
            if name != "href" or tag != "a" or value.startswith("https://"):
                continue
            place, _, anchor = value.partition("#")
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), place))
            if not place:
                target = path
            assert not value.startswith("/")
            if target.endswith(".html"):
                assert not anchor or anchor in ids[target], (path, value)


def test_landmarks_and_language(site: dict[str, str]) -> None:
    for html in site.values():
        assert html.startswith('<!DOCTYPE html>\n<html lang="en">')
        for tag in ("main", "header", "footer", "h1"):
            assert len(re.findall(rf"<{tag}[ >]", html)) == 1
        assert all("aria-label" in nav for nav in re.findall(r"<nav[^>]*>", html))


def test_pages_load_only_what_lies_in_the_folder(site: dict[str, str]) -> None:
    for html in site.values():
        page = Page(html)
        assert "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'" in html
        loading = {"src", "srcset", "data", "poster", "action", "xlink:href", "background"}
        loaded = [value for _, name, value in page.attributes if name in loading]
        loaded += [v for tag, name, v in page.attributes if (tag, name) == ("link", "href")]
        assert {value.removeprefix("../") for value in loaded} <= {
            *("assets/site.js", "assets/style.css", "assets/figures.css"),
            *("assets/compared.css", "assets/findings.css"),
        }
        assert not [name for _, name, _ in page.attributes if name.startswith("on")]
        assert html.count("<script") == 1
        styles = "".join(re.findall(r"<style.*?</style>", html, re.DOTALL))
        assert "@import" not in styles
        assert "http" not in styles


def test_a_page_offers_its_files(page: Page) -> None:
    hrefs = {value for _, name, value in page.attributes if name == "href"}
    for name in ("forest.svg", "forest.pdf", "forest.csv", "records.zip"):
        assert f"../questions/metastatic-os/{name}" in hrefs
    assert "../questions/metastatic-os/forest.png" not in hrefs, "it is not there"
    outside = {href for href in hrefs if href.startswith("http")}
    wanted = r"https://(doi\.org/10\.|pubmed\.ncbi\.nlm\.nih\.gov/\d+/$)"
    assert all(re.match(wanted, href) for href in outside)


def test_same_input_same_bytes_whatever_the_hash_seed(site: dict[str, str]) -> None:
    code = (
        "import sys, hashlib; sys.path[:0] = sys.argv[1:]\n"
        "from report_records import FINDINGS, figures, records\n"
        "from site_pages import texts\n"
        "site = texts(records(), figures(), findings=FINDINGS)\n"
        "print(hashlib.sha256(repr(site).encode()).hexdigest())\n"
    )
    folder = __file__.rpartition("/")[0]
    seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    elsewhere = subprocess.run(
        [sys.executable, "-c", code, folder, folder.rpartition("/")[0]],
        env={"PYTHONHASHSEED": seed, "TZ": "Asia/Tokyo"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert elsewhere.strip() == hashlib.sha256(repr(site).encode()).hexdigest()


def test_a_changed_number_changes_only_the_pages_that_show_it(site: dict[str, str]) -> None:
    trials = survival_trials()
    trials[3] |= {"estimate": math.log(0.76), "row_ids": ["emilia.os.t09"]}
    other = pooled(question("metastatic-os", trials, excluded=excluded_rows()), trials)
    after = texts([other, response()], figures(), findings=FINDINGS)
    assert set(after) == set(site)
    changed = {path for path in site if site[path] != after[path]}
    # The front page has sentences of pools only, and EMILIA is alone in its group.
    assert changed == {"questions/metastatic-os.html"}
