"""The browser that is installed, headless and without a network; where there is none, its tests are left out."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, Page, Request, sync_playwright

from prodigy_action.model.results import RunResult
from prodigy_action.report.page.details import ReadExcerpt
from prodigy_action.report.page.render import render_page

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",  # root, as in containers and on CI machines, has none
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The browser, of one module: an open playwright keeps an event loop running, and others cannot start theirs."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield browser
        browser.close()


class Reader:
    """Someone who reads a page, and everything that went wrong meanwhile."""

    def __init__(self, browser: Browser, directory: Path, **context: object) -> None:
        self._context = browser.new_context(viewport={"width": 1280, "height": 900}, **context)  # type: ignore[arg-type]  # options of any kind
        self._directory = directory
        self.wrong: list[str] = []
        self.page: Page = self._context.new_page()
        self.page.on("console", lambda message: self.wrong.append(f"console: {message.text}"))
        self.page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        self.page.on("dialog", self._note_dialog)
        self.page.on("request", self._note_request)

    def _note_dialog(self, dialog: Dialog) -> None:
        self.wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _note_request(self, request: Request) -> None:
        if not request.url.startswith("file://"):
            self.wrong.append(f"request: {request.url}")

    def open(
        self, result: RunResult, read: ReadExcerpt = lambda path, most, part: ("", 0), *, address: str = ""
    ) -> Page:
        """Write the page of a run and open it."""
        path = self._directory / "report.html"
        with path.open("w", encoding="utf-8", errors="surrogateescape") as file:
            file.writelines(render_page(result, read))
        return self.open_file(path, address=address)

    def open_file(self, path: Path, *, address: str = "") -> Page:
        self.page.goto(f"file://{path}{address}")
        return self.page

    def close(self) -> None:
        self._context.close()


@pytest.fixture
def reader(browser: Browser, tmp_path: Path) -> Iterator[Reader]:
    """A reader to whom nothing goes wrong."""
    reader = Reader(browser, tmp_path)
    yield reader
    reader.close()
    assert reader.wrong == []


@pytest.fixture
def dark_reader(browser: Browser, tmp_path: Path) -> Iterator[Reader]:
    """One whose system is dark."""
    reader = Reader(browser, tmp_path, color_scheme="dark")
    yield reader
    reader.close()
    assert reader.wrong == []
