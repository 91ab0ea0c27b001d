"""check_page notices what it is for: each fault is planted on a page that has none."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

PLANT = "html => document.querySelector('main').insertAdjacentHTML('beforeend', html)"


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ('<p class="planted">lyst</p>', "axe color-contrast"),
        ("<input>", "axe label"),
        ('<img src="/finnes-ikke.png" alt="">', "404 for"),
        ('<img src="https://example.org/x.png" alt="">', "Content Security Policy"),
        ('<p style="color: red">rødt</p>', "Content Security Policy"),
    ],
)
def test_planted_html_is_noticed(
    page: Page, check_page: Callable[[Page], None], html: str, fault: str
) -> None:
    page.goto("/")
    check_page(page)
    page.evaluate(PLANT, html)
    # Colours set by script are not the policy's business, so this plants a fault that only axe can see.
    page.evaluate("document.querySelectorAll('.planted').forEach(p => p.style.color = '#ccc')")
    page.wait_for_timeout(300)
    with pytest.raises(AssertionError, match=fault):
        check_page(page)


def test_wide_content_is_noticed(page: Page, check_page: Callable[[Page], None]) -> None:
    page.goto("/")
    page.evaluate("document.querySelector('h1').style.width = '60rem'")
    with pytest.raises(AssertionError, match="scrolls sideways"):
        check_page(page)


def test_script_error_is_noticed(page: Page, check_page: Callable[[Page], None]) -> None:
    page.goto("/")
    page.evaluate("setTimeout(() => { throw new Error('planted') })")
    page.wait_for_timeout(100)
    with pytest.raises(AssertionError, match="planted"):
        check_page(page)
