"""A headless Chromium for the tests, patient: a machine that has other work to do is slow, not wrong."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

PROGRAMS = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
PATIENCE_MS = 60_000
"""How long a page may take for anything that is waited for; playwright's own bounds are 30 s, and 5 s for `expect`."""


@contextmanager
def patient_chromium() -> Iterator[Any]:
    """A browser; the test is skipped where none is found, unless one is demanded.

    Wait for what a click brings with `expect` or `wait_for`: what is read straight after a click may still be the page
    before. Not with `wait_for_function`: it polls through eval, which our Content-Security-Policy refuses.
    """
    program = next((path for path in PROGRAMS if Path(path).exists()), None)
    if program is None:
        if os.environ.get("ONBRAND_REQUIRE_BROWSER"):
            pytest.fail("No Chromium was found; install Debian's package chromium.")
        pytest.skip("No Chromium was found.")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            args=["--disable-gpu", "--disable-background-networking", "--disable-quic"],
            timeout=PATIENCE_MS,
        )
        opened = browser.new_context

        def patient_context(**wishes: Any) -> Any:
            context = opened(**wishes)
            context.set_default_timeout(PATIENCE_MS)
            return context

        browser.new_context = patient_context  # type: ignore[method-assign]
        yield browser
        browser.close()
