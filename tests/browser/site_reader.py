"""Somebody who reads the report in a browser."""

from pathlib import Path

from playwright.sync_api import Browser, Page


class Reader:
    """Opens pages and keeps what the browser complained of and what it asked for."""

    def __init__(self, browser: Browser, site: Path) -> None:
        self.browser, self.site = browser, site
        self.context = browser.new_context()
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda m: self.complaints.append(f"{m.type}: {m.text}"))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def open(self, path: str, width: int = 1440, height: int = 900) -> Page:
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.goto((self.site / path).as_uri())
        return self.page

    def abroad(self) -> list[str]:
        """Requests that leave the folder."""
        inside = self.site.as_uri()
        return [url for url in self.requests if not url.startswith((inside, "data:"))]
