"""Looks at a page of the visit on a phone upright, on a phone on its side and on a laptop, light and dark.

With NETTLEGE_PICTURES=<folder> a picture of each is kept: so people look at them, too.
"""

import os
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.eyes import UNREADABLE

ON_ITS_SIDE = {"width": 844, "height": 390}
SIZES = (PHONE, ON_ITS_SIDE, DESKTOP)
MISPLACED = """() => {
  const { innerWidth: width, innerHeight: height } = window, faults = [];
  const box = (element) => element.getBoundingClientRect();
  if (document.documentElement.scrollWidth > width) faults.push('scrolls sideways');
  const room = document.querySelector('#room');
  if (!room) return faults;
  const shown = (selector) => [...room.querySelectorAll(selector)].filter((one) => one.checkVisibility());
  for (const button of shown('.control')) {
    const { left, top, right, bottom } = box(button);
    const name = button.innerText.trim();
    if (left < 0 || top < 0 || right > width + 1 || bottom > height + 1) faults.push(`out of reach: ${name}`);
    if (right - left < 44 || bottom - top < 44) faults.push(`too small for a thumb: ${name}`);
    const words = button.querySelector('[data-part=words]');
    if (words.scrollWidth > button.clientWidth + 1) faults.push(`words leave their button: ${name}`);
  }
  const upright = height > width && width < 700;
  for (const bar of shown('#controls'))
    if (upright && box(bar).top < height / 2) faults.push('buttons above the thumb');
  const stage = box(room.querySelector('#stage'));
  if (stage.height < 130 || stage.width < 240) faults.push(`the other is small: ${stage.width} × ${stage.height}`);
  for (const part of shown('#self, .room-bar, #controls, .sides')) {
    const { left, top, right, bottom } = box(part);
    const beside = right <= stage.left + 1 || left >= stage.right - 1;
    const apart = beside || bottom <= stage.top + 1 || top >= stage.bottom - 1;
    if (right > left && bottom > top && !apart) faults.push(`lies over the other: ${part.id || part.className}`);
  }
  for (const part of shown('.room-bar, .room-status, .side'))
    if (box(part).right > width + 1 || part.scrollWidth > part.clientWidth + 1) faults.push(`cut: ${part.id}`);
  return faults;
}"""


class Looks:
    """Remembers everything that is wrong with the states of one page."""

    def __init__(self, page: Page, page_faults: Callable[[Page], list[str]]) -> None:
        self.page = page
        self.faults: list[str] = []
        self._size = page.viewport_size or PHONE
        self._page_faults = page_faults
        folder = os.environ.get("NETTLEGE_PICTURES")
        self._pictures = Path(folder) if folder else None
        # Colours that are still on their way from light to dark are neither.
        page.emulate_media(reduced_motion="reduce")

    def look(self, state: str) -> None:
        """Axe once, what can be read in the dark and where things stand at every size."""
        found = self._page_faults(self.page)
        for size in SIZES:
            width = size["width"]
            self.page.set_viewport_size(size)  # type: ignore[arg-type]
            found += [f"{width} px: {fault}" for fault in self.page.evaluate(MISPLACED)]
            if self._pictures:
                self.page.screenshot(path=self._pictures / f"{state}.{width}.png")
            if size == ON_ITS_SIDE:
                continue
            self.page.emulate_media(color_scheme="dark")
            found += [f"{width} px, dark: {fault}" for fault in self.page.evaluate(UNREADABLE)]
            if self._pictures:
                self.page.screenshot(path=self._pictures / f"{state}.{width}.dark.png")
            self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size(self._size)
        if self._pictures:
            self._page_faults(
                self.page
            )  # taking pictures sets style attributes, which the page's policy reports
        self.faults += [f"{state}: {fault}" for fault in found]

    def find_nothing(self) -> None:
        """Fail with all that was found."""
        assert not self.faults, "\n- ".join(["", *self.faults])
