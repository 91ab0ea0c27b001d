"""Looks at a page as people meet it: light and dark, on a phone and on a narrow one, with text twice as large.

One page load is looked at in all those ways, so that the whole house costs a minute. With NETTLEGE_PICTURES=<folder>
pictures of each state are kept: so people look at the pages, too.
"""

import os
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.conftest import DESKTOP, PHONE

NARROW = {"width": 320, "height": 640}
ORDINARY, TWICE = 16, 32
"""Chromium's default font size, as one sets it under Appearance; media queries in rem follow it, too."""

UNREADABLE = """async () => {
  const options = { runOnly: ["color-contrast"], resultTypes: ["violations"] };
  const { violations } = await axe.run(document, options);
  return violations.flatMap(({ nodes }) => nodes.map(({ target }) => `cannot be read: ${target}`));
}"""
CUT_OR_OUTSIDE = """() => {
  const width = document.documentElement.clientWidth, faults = new Set();
  const name = (element) => `${element.tagName}.${element.className} «${element.textContent.trim().slice(0, 30)}»`;
  for (const element of document.body.querySelectorAll("*")) {
    if (element.closest(".ds-sr-only, .ds-skip-link, svg") || !element.checkVisibility()) continue;
    const box = element.getBoundingClientRect(), style = getComputedStyle(element);
    if (box.width && (box.right > width + 1 || box.left < -1)) faults.add(`outside: ${name(element)}`);
    const clips = style.overflowX !== "visible" && element.tagName !== "TEXTAREA" && element.tagName !== "INPUT";
    if (clips && (element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1))
      faults.add(`cut: ${name(element)}`);
  }
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode, around = text.parentElement;
    const frame = around.closest(".ds-button, .choice, .time, .date, .ds-tag, .ds-card, button");
    if (!frame || !text.data.trim() || around.closest(".ds-sr-only") || !frame.checkVisibility()) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const box = frame.getBoundingClientRect();
    for (const line of range.getClientRects())
      if (line.left < box.left - 1 || line.right > box.right + 1 || line.bottom > box.bottom + 2)
        faults.add(`text leaves its frame: ${name(frame)}`);
  }
  return [...faults];
}"""


class Eyes:
    """Looks at the page that is open in all the ways people meet it, and remembers what was wrong."""

    def __init__(self, page: Page, page_faults: Callable[[Page], list[str]], language: str) -> None:
        self.page = page
        self.faults: list[str] = []
        self._page_faults = page_faults
        self._language = language
        self._font = page.context.new_cdp_session(page)
        folder = os.environ.get("NETTLEGE_PICTURES")
        self._pictures = Path(folder) if folder else None

    def look(self, state: str) -> None:
        """Everything that is wrong with this state of the page, in every way of looking at it."""
        found = self._page_faults(self.page)
        if self.page.locator("html").get_attribute("lang") != self._language:
            found.append(f"is not in {self._language}")
        found += [f"dark: {fault}" for fault in self._unreadable_in_the_dark()]
        found += [f"320 px: {fault}" for fault in self._with(width=NARROW, font=ORDINARY)]
        found += [f"200 %: {fault}" for fault in self._with(width=PHONE, font=TWICE)]
        self._with(width=PHONE, font=ORDINARY)
        self.faults += [f"{state}: {fault}" for fault in found]
        if self._pictures:
            self._keep_pictures(self._pictures, state)

    def _unreadable_in_the_dark(self) -> list[str]:
        self.page.emulate_media(color_scheme="dark")
        found: list[str] = self.page.evaluate(
            UNREADABLE
        )  # axe is in the page since it was asked about the light one
        self.page.emulate_media(color_scheme="light")
        return found

    def _with(self, *, width: dict[str, int], font: int) -> list[str]:
        self.page.set_viewport_size(width)
        self._font.send("Page.setFontSizes", {"fontSizes": {"standard": font, "fixed": font}})
        return self.page.evaluate(CUT_OR_OUTSIDE)

    def _keep_pictures(self, folder: Path, state: str) -> None:
        for scheme in ("light", "dark"):
            self.page.emulate_media(color_scheme=scheme)
            for width in (PHONE, NARROW, DESKTOP):
                self._with(width=width, font=ORDINARY)
                self.page.screenshot(path=folder / f"{state}.{self._language}.{scheme}.{width['width']}.png")
        self.page.emulate_media(color_scheme="light")
        self._with(
            width={"width": 390, "height": 2000}, font=TWICE
        )  # a picture of the whole page forgets the font
        self.page.screenshot(path=folder / f"{state}.{self._language}.large.png")
        self._with(width=PHONE, font=ORDINARY)
        self.page.screenshot(path=folder / f"{state}.{self._language}.whole.png", full_page=True)
        self._page_faults(self.page)
