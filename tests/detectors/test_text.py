"""Phrase lists against synthetic messages in eleven languages, and what the matcher promises of any text."""

# ruff: noqa: RUF001 - characters that look alike are the subject here

import re
import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.text import Hit, Lexicon, listed, scan
from detectors.text_normal import LIMIT, normal

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("de", "en", "es", "fr", "id", "it", "ja", "pt", "th", "vi", "zh")


def _tables(folder: Path) -> dict[str, dict]:
    return {path.stem: tomllib.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.toml"))}


LEXICON = Lexicon.of(_tables(ROOT / "policies" / "phrases"))
MESSAGES = _tables(Path(__file__).parent / "messages")
EACH = [
    (language, kind, text) for language in LANGUAGES for kind, texts in MESSAGES[language].items() for text in texts
]


def test_every_language_has_a_list_and_enough_messages():
    assert LEXICON.languages == frozenset(LANGUAGES) == frozenset(MESSAGES)
    counts = {name: {kind: len(texts) for kind, texts in table.items()} for name, table in MESSAGES.items()}
    short = {n: c for n, c in counts.items() if c["solicit"] < 25 or c["innocent"] < 20 or c["ask"] < 10}
    assert short == {}


@pytest.mark.parametrize(("language", "kind", "text"), EACH)
def test_message_is_taken_for_what_it_is(language, kind, text):
    hits = scan(text, LEXICON)
    intents = {hit.intent for hit in hits}
    if kind in {"innocent", "no_ask"}:
        barred = "solicit" if kind == "innocent" else "ask"
        assert [hit for hit in hits if hit.intent == barred] == []
    else:
        assert kind in intents
        assert all(hit.phrase.split("-")[0] + "@1" == hit.list for hit in hits)


def test_hit_says_list_phrase_and_place_in_the_original():
    text = "Ｓorry!  Ｐｌｅａｓｅ\u200b cancel your order"
    hits = [hit for hit in scan(text, LEXICON) if hit.intent == "solicit" and hit.list == "en@1"]
    assert hits == [Hit("solicit", "en@1", "en-please-cancel", text.index("Ｐ"))]


def test_same_phrase_serves_both_intents():
    assert {hit.intent for hit in scan("please cancel the order", LEXICON)} == {"solicit", "ask"}


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        ("ＰＬＥＡＳＥ\u200b  Cancel", "please cancel"),
        ("ｷｬﾝｾﾙ ｸﾀﾞｻｲ", "きゃんせるください"),
        ("請點擊 取消訂單。", "请点击取消订单"),
        ("Hủy đơn", "huy don"),
        ("hu\u0309y đơn", "huy don"),
        ("pl3ase c@ncel order 123", "please cancel order 123"),
        ("c a n c e l the order", "cancel the order"),
        ("h ủ y đơn", "huy don"),
        ("取.消.订.单 吧", "取消订单吧"),
        ("ра\u0441k", "pack"),
        ("n’annulez pas… ok", "n annulez pas,ok"),
        ("don't", "dont"),
    ],
)
def test_spelling(written, spelled):
    assert normal(written, LEXICON.words).text == spelled


def test_what_is_in_quotation_marks_is_not_said():
    assert scan("She wrote «please cancel the order» yesterday", LEXICON) == []
    assert [h.phrase for h in scan("please press «Cancel order»", LEXICON) if h.intent == "solicit"] != []


def test_condition_hides_only_its_own_sentence():
    assert not _solicits("If you cannot wait, please cancel the order")
    assert _solicits("If you need help, call us. Please cancel the order.")
    assert _solicits("Please cancel the order. If you need help, call us.")


def test_condition_hides_no_wish_of_the_buyer_and_no_reward():
    assert {h.intent for h in scan("If it is not sent today, please cancel my order", LEXICON)} == {"ask"}
    assert _solicits("If you cancel it yourself, I will send you a voucher")
    assert not _solicits("If you cancel it yourself, your voucher is returned")


def _solicits(text):
    return any(hit.intent == "solicit" for hit in scan(text, LEXICON))


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200), st.sampled_from([text for _, _, text in EACH]), st.text(max_size=50))
def test_any_text_is_read_and_offsets_lie_inside(before, message, after):
    text = before + message + after
    spelled = normal(text, LEXICON.words)
    assert len(spelled.text) == len(spelled.accented) == len(spelled.offsets)
    assert list(spelled.offsets) == sorted(spelled.offsets)
    assert all(0 <= hit.offset < len(text) and hit.intent in {"solicit", "ask"} for hit in scan(text, LEXICON))


def test_no_pattern_repeats_without_a_bound():
    regexes = [p.regex.pattern for one in LEXICON.lists for table in one.tables.values() for p in table]
    assert len(regexes) > 200
    assert [r for r in regexes if re.search(r"(?<!\\)[*+]|\{\d*,\}", r)] == []


@pytest.mark.parametrize("filler", ["please ", "cancel ", "do not ", "取消", "hủy đơn ", "if you ", '"', "a b c d "])
def test_a_megabyte_is_read_up_to_the_limit_in_time(filler):
    text = filler * (1_000_000 // len(filler))
    began = time.perf_counter()
    hits = scan(text, LEXICON)
    assert time.perf_counter() - began < 20
    assert all(hit.offset < LIMIT for hit in hits)
    assert scan("x" * LIMIT + " please cancel the order", LEXICON) == []


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        ("cancel.*", 'phrase "xx-a" repeats without a bound; write {0,9} instead of * or +'),
        ("{NONE} cancel", 'phrase "xx-a" names the word list {NONE}, which is not there'),
        ("(cancel", 'phrase "xx-a" is no regular expression'),
    ],
)
def test_a_phrase_that_cannot_be_used_is_named(pattern, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        Lexicon.of({"xx": {"version": 1, "stems": ["cancel"], "spaced": [], "solicit": {"xx-a": pattern}}})


@pytest.mark.parametrize(
    ("locale", "market", "answer"),
    [
        ("en-GB", ("ms",), True),
        ("zh_Hant_TW", (), True),
        ("ta", ("en",), False),
        ("in", (), True),
        (None, ("en", "es"), True),
        (None, ("ms", "en", "zh"), False),
        ("", ("ja",), True),
        ("und", ("fil",), False),
        (None, (), False),
    ],
)
def test_listed(locale, market, answer):
    assert listed(locale, market, LEXICON) is answer
