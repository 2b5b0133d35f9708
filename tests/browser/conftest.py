"""A real browser on the running admin."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.factories import UserFactory
from users.models import User

DEADLINE_MILLISECONDS = 20_000
PASSWORD = "correct horse battery staple"  # noqa: S105 (a test's own)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium; where there is none, the tests that need it are skipped."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("no Chromium is installed (Debian package: chromium)")
    # The database is used in the test's own thread, where Playwright runs its event loop.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=DEADLINE_MILLISECONDS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def staff(transactional_db: None) -> User:
    """Somebody of the staff, with a password."""
    user = UserFactory.create(email="staff@example.com", is_staff=True, is_superuser=True)
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def console() -> list[str]:
    """What the browser complained about on its console."""
    return []


@pytest.fixture
def page(
    chromium: Browser, live_server: LiveServer, staff: User, console: list[str]
) -> Iterator[Page]:
    """A page of a fresh browser, at the admin's login."""
    with chromium.new_context(base_url=live_server.url) as context:
        page = context.new_page()
        page.set_default_timeout(DEADLINE_MILLISECONDS)
        page.on("pageerror", lambda error: console.append(str(error)))
        page.on(
            "console",
            lambda message: (
                console.append(f"{message.text} {message.location}")
                if message.type == "error" and message.location["url"]  # axe-core's has none
                else None
            ),
        )
        page.goto("/admin/")
        yield page
