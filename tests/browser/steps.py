"""What several browser tests do on the page."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright, expect

from tests.browser.conftest import FLAGS, chromium
from tests.conftest import ROOT

CARD = "knowledge/cards/linear-models/why-linear.yaml"


def one_card(folder: Path) -> Path:
    """The shipped content with a single card, so that the page is there at once."""
    for name in ("prompts", "knowledge/cards"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for path in (*(ROOT / "knowledge").glob("*.yaml"), *(ROOT / "prompts").glob("*.md"), ROOT / CARD):
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    return folder


@contextmanager
def with_microphone(driver: Playwright, sound: Path | None) -> Iterator[Browser]:
    """A browser whose microphone plays a file, or is denied without one."""
    path = chromium()
    assert path is not None
    flags = [*FLAGS, "--use-fake-device-for-media-stream"]
    if sound is not None:
        flags += ["--use-fake-ui-for-media-stream", f"--use-file-for-fake-audio-capture={sound}%noloop"]
    browser = driver.chromium.launch(executable_path=path, args=flags)
    yield browser
    browser.close()


def record(page: Page, seconds: float) -> None:
    """Record for so long, and stop."""
    page.locator("#listen-mic").get_by_role("button", name=re.compile("^(Record|录音|录制)$")).click()
    expect(page.locator("#listen-notes [data-note=listening]")).to_be_visible()
    page.wait_for_timeout(round(seconds * 1000))
    page.locator("#listen-mic .stop-button:visible").click()
