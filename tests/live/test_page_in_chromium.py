"""The demo's page in a real browser: it draws, and a person can click from the overview to an order's clocks."""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
import websocket

from tests.streams.demo_process import running

BROWSER = shutil.which("chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1300,900",
    "--remote-debugging-port=0",
    "--remote-allow-origins=*",
]


class Tab:
    """One tab, led through the DevTools protocol."""

    def __init__(self, port: str) -> None:
        opened = json.loads(urlopen(f"http://127.0.0.1:{port}/json").read())
        page = next(one for one in opened if one["type"] == "page")
        self._socket = websocket.create_connection(page["webSocketDebuggerUrl"], timeout=20)
        self._number = 0
        self.trouble: list[str] = []
        for domain in ("Page", "Runtime", "Log"):
            self._ask(f"{domain}.enable")

    def _ask(self, method: str, **parameters: object) -> dict:
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            heard = json.loads(self._socket.recv())
            if heard.get("method") in {"Log.entryAdded", "Runtime.exceptionThrown"}:
                self.trouble.append(json.dumps(heard["params"]))
            if heard.get("id") == self._number:
                return heard.get("result", {})

    def open(self, address: str) -> None:
        self._ask("Page.navigate", url=address)

    def ask(self, script: str) -> object:
        return self._ask("Runtime.evaluate", expression=script, returnByValue=True).get("result", {}).get("value")

    def wait_for(self, script: str, seconds: float = 30) -> object:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if value := self.ask(f"document.readyState == 'complete' && ({script})"):
                return value
            time.sleep(0.2)
        raise AssertionError(f"never came true: {script}")

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def tab(tmp_path: Path) -> Iterator[Tab]:
    if BROWSER is None:
        why = "chromium is not installed; apt-get install chromium, so that the page is seen in a browser"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(why)
    profile = tmp_path / "profile"
    browser = subprocess.Popen(
        [BROWSER, *FLAGS, f"--user-data-dir={profile}", "about:blank"], stderr=subprocess.PIPE, text=True
    )
    try:
        assert browser.stderr is not None
        port = next(found[1] for line in browser.stderr if (found := re.search(r"ws://127\.0\.0\.1:(\d+)/", line)))
        led = Tab(port)
        yield led
        led.close()
    finally:
        browser.terminate()
        browser.wait(10)


def test_from_the_overview_to_an_orders_clocks_by_clicking(tab: Tab, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with running(home) as (_, address):
        tab.open(address)
        tab.wait_for("document.querySelectorAll('.findings tbody tr td .name').length > 5")
        headings = tab.ask("[...document.querySelectorAll('h2')].map(h => h.textContent).join('|')")
        ground = tab.ask("getComputedStyle(document.querySelector('header')).backgroundColor")
        hidden = tab.ask("[...document.querySelectorAll('section')].some(s => s.scrollWidth > s.clientWidth)")
        tab.wait_for("(l => l && (l.click(), true))(document.querySelector('td.id a[href^=\"/order\"]'))")
        tab.wait_for("location.pathname == '/order' && document.querySelectorAll('svg rect').length")
        drawn = tab.ask(
            "(r => [r.getBoundingClientRect().width > 1, getComputedStyle(r).fill].join(' '))"
            "(document.querySelector('svg rect.counted'))"
        )
        tab.ask("history.back()")
        tab.wait_for("location.pathname == '/' && !!document.querySelector('.findings a.name')")
        tab.wait_for("(l => l && (l.click(), true))(document.querySelector('.findings a.name'))")
        evidence = tab.wait_for("location.pathname == '/finding' && document.body.innerText")

    assert headings == "Sellers|Duties running out next|Findings, newest first"
    assert ground == "rgb(29, 39, 51)", "the style sheet is let through by the policy"
    assert hidden is False, "no column is out of sight on a laptop"
    assert drawn == "true rgb(63, 127, 181)"
    assert all(word in str(evidence) for word in ("Policy", "Numbers", "Facts"))
    assert tab.trouble == [], "no error in the console, nothing refused by the policy"
