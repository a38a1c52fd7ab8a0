"""People at a real Chromium in front of the running console; nothing there may fail silently or ask another machine."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright
from product import Product, add_person

INSTALL = "there is no Chromium; to run the browser tests: sudo apt-get install chromium fonts-noto-cjk"
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip
OFFICE = ViewportSize(width=1366, height=768)
PATIENCE = 60_000  # ms; the machine may be busy


@dataclass
class Person:
    """Somebody at the screen, what went wrong there, where the browser went, and the pictures."""

    context: BrowserContext
    url: str
    pictures: Path
    wrong: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def page(self) -> Page:
        """Open a page that notes every error of its scripts and every request."""
        page = self.context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda said: self.wrong.append(f"{page.url}: {said.text}") if said.type == "error" else None)
        page.on("pageerror", lambda error: self.wrong.append(f"{page.url}: {error}"))
        page.on("request", lambda request: self.asked.append(request.url))
        return page

    def picture(self, page: Page, name: str) -> None:
        """Take a picture of what is on the screen."""
        page.screenshot(path=self.pictures / f"{name}.png")

    def all_well(self) -> None:
        """Fail if the browser complained, or asked another machine for anything."""
        assert self.wrong == []
        hosts = {urlsplit(url).netloc for url in self.asked if not url.startswith("data:")}
        assert hosts <= {urlsplit(self.url).netloc}


def chromium() -> str:
    """Return the browser of this machine; without one the test is skipped, and fails in CI."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        if os.environ.get("HUIYING_TEST_BROWSER") == "required":
            pytest.fail(INSTALL)
        pytest.skip(INSTALL)
    return program


@contextmanager
def browser() -> Iterator[Browser]:
    """Give a running browser that reaches this machine only."""
    program = chromium()
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as play:
        one = play.chromium.launch(executable_path=program, args=list(ARGUMENTS), timeout=PATIENCE)
        yield one
        one.close()


def sign_in(page: Page, name: str, password: str) -> None:
    """Fill in the sign-in form."""
    page.get_by_label("用户名").fill(name)
    page.get_by_label("密码", exact=True).fill(password)
    page.get_by_role("button", name="登录").click()


def window(one: Browser, url: str, pictures: Path) -> Person:
    """Open a window of an office computer, not signed in."""
    return Person(one.new_context(base_url=url, viewport=OFFICE, locale="zh-CN"), url, pictures)


@contextmanager
def signed_in(one: Browser, product: Product, pictures: Path, who: tuple[str, str, str]) -> Iterator[Person]:
    """Give somebody new who has signed in and changed the first password; who: user name, name, role."""
    username, first = add_person(product, *who)
    person = window(one, product.url, pictures)
    page = person.page()
    page.goto("/")
    sign_in(page, username, first)
    expect(page).to_have_url(re.compile("/password$"))
    page.get_by_label("原密码").fill(first)
    page.get_by_label(re.compile("^新密码")).fill(f"my own {first}")
    page.get_by_label("再输一次").fill(f"my own {first}")
    page.get_by_role("button", name="修改密码").click()
    expect(page.get_by_text("密码已修改")).to_be_visible()
    sign_in(page, username, f"my own {first}")
    expect(page.get_by_role("heading", name="待签收预警")).to_be_visible()
    page.close()
    yield person
    person.context.close()
