"""What all tests share."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# A shell that starts the suite in the background lets it ignore Ctrl-C, and so would what the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def market_data() -> Path:
    """The folder of real market data: TRADY2_SHARED_DATA, or `shared/data` beside the checkout; skips without it."""
    folder = Path(os.environ.get("TRADY2_SHARED_DATA") or Path(__file__).parents[2] / "shared" / "data")
    if not (folder / "bars").is_dir():
        pytest.skip(f"no real market data in {folder}; set TRADY2_SHARED_DATA to test with it")
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium, driven by playwright; skips where it is not installed."""
    chromium = Path("/usr/bin/chromium")
    if not chromium.exists():
        pytest.skip(f"{chromium} is not installed; apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
        started = playwright.chromium.launch(executable_path=str(chromium), args=flags)
        yield started
        started.close()
