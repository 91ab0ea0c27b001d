import time
from axe_playwright_python.sync_playwright import Axe
from tests.browser.test_pages_for_everyone import *
from tests.browser import conftest as c
def test_probe(open_browser, page_faults):
    page=open_browser(reduced_motion="reduce")
    log_in(page)
    e=Eyes(page,page_faults,"nb")
    page.goto("/bestill/kristiansand"); go_on(page); page.locator("#answer-no").check(); go_on(page)
    path=walk.draft_path(page)
    for u in ["/timeavtaler","/bestill/kristiansand",f"{path}/tidspunkt",f"{path}/tidspunkt?dato=2026-12-15"]:
        t=[time.time()]
        page.goto(u); t.append(time.time())
        c._sideways(page); t.append(time.time())
        c._inaccessible(page); t.append(time.time())
        c._inaccessible(page); t.append(time.time())
        e._unreadable_in_the_dark(); t.append(time.time())
        e._with(width=NARROW,font=16); t.append(time.time())
        e._with(width=PHONE,font=32); t.append(time.time())
        e._with(width=PHONE,font=16); t.append(time.time())
        print(u, "goto side axe axe dark narrow twice back", [round(b-a,3) for a,b in zip(t,t[1:])])
