"""Take README's pictures of the portal: `python -m bench.portal_pictures` writes docs/images/portal-*.png.

It serves the sample library as `casebook index` indexed it, and looks at it with the Chromium that is installed.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "images"
CHALLENGE = "Our beverage customer wants Scope 3 data and 30% less packaging carbon"
COLOURS = 128  # enough for flat colours and smooth letters; a third of the bytes
MOST_BYTES = 150_000


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of an answer, or of a page that it leads to."""

    name: str
    width: int
    height: int
    scale: float
    then: str = ""  # the link that is followed


PICTURES = (
    Picture("portal-answer", 1100, 760, 1.0),
    Picture("portal-phone", 360, 740, 1.5),
    Picture("portal-map", 1100, 910, 1.0, then=".tools a[href$='/map']"),
)


def main() -> None:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT / ".casebook", help="an index of the sample library")
    data = parser.parse_args().data
    path = os.environ.get("CASEBOOK_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with _served(data) as address, sync_playwright() as running:
        browser = running.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for picture in PICTURES:
            size = _write(picture, _taken(browser, address, picture))
            print(f"{picture.name}.png: {size / 1000:.0f} kB")
        browser.close()


@contextmanager
def _served(data: Path) -> Iterator[str]:
    """Serve an index and give the address; the server has a state of its own, and so nobody has to sign in."""
    command = [sys.executable, "-m", "cli", "serve", "--library", str(ROOT), "--data", str(data), "--port", "0"]
    with TemporaryDirectory() as folder:
        environment = {**os.environ, "CASEBOOK_STATE": str(Path(folder) / "state.db")}
        with (
            (Path(folder) / "log").open("w") as log,
            subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=log, text=True) as run,
        ):
            assert run.stdout
            found = re.search(r"http://\S+", run.stdout.readline())
            if not found:
                sys.exit("The server did not start. Is there an index? Run `casebook index`.")
            try:
                yield found[0]
            finally:
                run.terminate()


def _taken(browser: Browser, address: str, picture: Picture) -> bytes:
    is_phone = picture.width < 500
    context = browser.new_context(
        viewport={"width": picture.width, "height": picture.height},
        device_scale_factor=picture.scale,
        is_mobile=True,  # without the room that a scroll bar takes
        has_touch=is_phone,
        locale="en-GB",
        reduced_motion="reduce",
    )
    page = context.new_page()
    _ask(page, address)
    if picture.then:
        page.locator(picture.then).click()
        page.wait_for_url("**/map")
    taken = page.screenshot(animations="disabled")
    context.close()
    return taken


def _ask(page: Page, address: str) -> None:
    page.goto(address)
    page.locator("#challenge").fill(CHALLENGE)
    page.locator(".box button.primary").click()
    page.wait_for_url("**/answers/*")
    page.wait_for_load_state("load")


def _write(picture: Picture, taken: bytes) -> int:
    """Write a picture in few colours and return how many bytes it takes."""
    TARGET.mkdir(parents=True, exist_ok=True)
    path = TARGET / f"{picture.name}.png"
    with Image.open(BytesIO(taken)) as image:
        image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    size = path.stat().st_size
    assert size < MOST_BYTES, f"{path} has {size} bytes"
    return size


if __name__ == "__main__":
    main()
