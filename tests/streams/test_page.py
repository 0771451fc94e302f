"""The page: every link leads somewhere, names of strangers are only text, nobody's words are shown."""

import re
from html import unescape

import pytest
from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry
from watching import rulebook, watched

from detectors.facts import Fact
from streams.board import Board
from streams.embedded import Embedded
from streams.page import build, span
from streams.simulation import chat
from streams.simulator import MONDAY

HOSTILE = '<script>alert("1")</script>'


def browser(board: Board) -> TestClient:
    return TestClient(build(board, CollectorRegistry()), base_url="http://127.0.0.1")


def links(html: str) -> set[str]:
    return {unescape(link) for link in re.findall(r'href="([^"]+)"', html)}


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    """Every page that can be reached from the overview, by address."""
    client, found, todo = browser(watched(4, 2).monitor.board), dict[str, str](), {"/"}
    while todo:
        address = todo.pop()
        answer = client.get(address)
        assert answer.status_code == 200, address
        found[address] = answer.text
        todo |= links(answer.text) - found.keys()
    return found


def test_sellers_findings_and_orders_are_reached_by_clicking(pages: dict[str, str]) -> None:
    sellers = {f"/seller?name={truth.seller}" for truth in watched(4, 2).simulation.truth}
    findings = watched(4, 2).monitor.board.findings()

    assert sellers <= pages.keys()
    assert {f"/finding?id={one.id}" for one in findings} <= pages.keys()
    assert len([address for address in pages if address.startswith("/order?")]) > 50


def test_the_overview_names_rates_with_their_fractions(pages: dict[str, str]) -> None:
    assert re.search(r"\d+\.\d % \(\d+ of \d+\)", pages["/"])
    assert '<span class="chip">V-01 ' in pages["/"]
    assert "Duties running out next" in pages["/"]


def test_a_finding_shows_facts_numbers_and_policy(pages: dict[str, str]) -> None:
    found = next(one for one in watched(4, 2).monitor.board.findings("sakura-home") if one.code == "V-01")
    page = pages[f"/finding?id={found.id}"]

    assert "answer by" in page
    assert "response_sla" in page
    assert "allowed h" in page
    assert all(fact in page for fact in found.content.facts)


def test_a_finding_of_a_whole_shop_lists_facts_of_many_orders(pages: dict[str, str]) -> None:
    found = next(one for one in watched(4, 2).monitor.board.findings("jade-river") if one.code == "V-24")
    page = pages[f"/finding?id={found.id}"]

    assert len({link for link in links(page) if link.startswith("/order?")}) >= 10


def test_an_orders_clocks_are_drawn_and_explained(pages: dict[str, str]) -> None:
    found = next(one for one in watched(4, 2).monitor.board.findings("liberty-goods") if one.code == "V-18")
    page = pages[f"/order?seller=liberty-goods&order={found.subject}"]

    assert re.search(r'<rect class="skipped" x="0" y="0" width="\d+"', page)
    assert '<rect class="counted"' in page
    assert "finding.raised V-18 LATE_DISPATCH (medium, seller)" in page


def test_nobodys_words_are_on_any_page(pages: dict[str, str]) -> None:
    said = [
        text for lines in (chat.PUSH, chat.ASK, chat.EXPLAIN, chat.KEEP, chat.SMALL_TALK) for text in lines.values()
    ]
    everything = unescape("".join(pages.values()))
    assert [text for text in said if text in everything] == []


def test_every_answer_forbids_scripts_and_strangers() -> None:
    client = browser(Board(Embedded(rulebook())))
    for address in ("/", "/style.css", "/metrics", "/order", "/nothing"):
        policy = client.get(address).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe-inline" not in policy
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400


def test_before_anything_happened_the_page_says_so() -> None:
    page = browser(Board(Embedded(rulebook()))).get("/").text
    assert "No seller yet." in page
    assert "Nothing was found yet." in page
    assert "No clock is running." in page


@pytest.mark.parametrize(
    "address", ["/order?seller=x&order=y", "/finding?id=x", "/seller?name=x", "/order", "/finding"]
)
def test_what_is_not_there_is_said_in_a_sentence(address: str) -> None:
    answer = browser(Board(Embedded(rulebook()))).get(address)
    assert answer.status_code == 404
    assert "There is no such" in answer.text


def test_hostile_names_are_only_text() -> None:
    embedded = Embedded(rulebook())
    board = Board(embedded)
    buyer = {"buyer": HOSTILE, "lines": [{"line": HOSTILE, "sku": HOSTILE}]}
    for n in range(12):
        at = MONDAY + n * 60_000
        origin = ("f", 0, n)
        fact = Fact(
            1, "order.placed", at, at, HOSTILE, f"{HOSTILE}{n}", HOSTILE, "JP", f"{HOSTILE}{n}/", "b", origin, buyer
        )
        for outcome in embedded.accept(fact):
            board.hear(outcome)
    for outcome in embedded.tick(MONDAY + 3 * 86_400_000):
        board.hear(outcome)
    client, seen, todo = browser(board), set(), {"/"}

    while todo:
        address = todo.pop()
        seen.add(address)
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert "<script" not in answer.text
        todo |= links(answer.text) - seen

    assert len([address for address in seen if address.startswith("/order?")]) == 10, "the ten of the finding"
    assert len([address for address in seen if address.startswith("/finding?")]) == 1


@pytest.mark.parametrize(
    ("length", "words"),
    [(0, "0 s"), (999, "0 s"), (1000, "1 s"), (61_000, "1 min 1 s"), (3_600_000, "1 h"), (90_061_000, "1 d 1 h")],
)
def test_lengths_are_told_in_two_units(length: int, words: str) -> None:
    assert span(length) == words
