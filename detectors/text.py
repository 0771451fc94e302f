"""Who asked for the cancellation: phrases by which a seller pushes or a buyer asks (V-10, V-12, R-28).

A phrase list is data (`policies/phrases/<language>.toml`): frames that solicit, reward or ask, and blockers. A
frame counts unless a blocker holds *where it stands*: a negation, an own act, reported speech, a question or
another object that overlaps it; quotation marks around it; or a condition in its sentence. So "we cannot ship,
please cancel" counts and "you need not cancel" does not. A condition hides no reward ("if you cancel yourself, I
send you a coupon") and no buyer's wish ("if it is not sent today, please cancel").

Known gaps. A plain condition never counts, although "if you cannot wait, cancel" forces a choice; polite ones
("if you don't mind") hide nothing. Not read: a hint that names no cancellation, an instruction in a picture, an
emoji in place of the verb, romanised Chinese, Japanese or Thai, and what stands beyond `text_normal.LIMIT`.
Whether the buyer had asked first is for the rule to know, not for the text. Quotation marks that are never
closed quote nothing. Frames and blockers of all lists work together, for people mix languages; a code-mixed
"cancel" may therefore be a hit of several lists.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from detectors.text_normal import Normal, normal, spell, strip

_FRAMES = {"solicit": "solicit", "reward": "solicit", "ask": "ask"}
_PLAIN = ("solicit", "ask")
_BLOCKERS = {
    "negation": tuple(_FRAMES),
    "other_object": _PLAIN,
    "question": _PLAIN,
    "reported": tuple(_FRAMES),
    "own_act": ("solicit",),
    "own_act_accented": ("solicit",),
}
_CONDITIONS = ("condition", "wish")
_REACH = 90
_MACRO = re.compile(r"\{([A-Z_]+)\}")
_UNBOUNDED = re.compile(r"(?<!\\)[*+]|\{\d*,\}")
_SPACE = re.compile(r"\[[^\]]{0,40}\]| ")
_ALIASES = {"in": "id", "cmn": "zh", "yue": "zh"}


class Hit(NamedTuple):
    """A phrase that counts: its intent ("solicit" or "ask"), list ("en@1"), id, and place in the original text."""

    intent: str
    list: str
    phrase: str
    offset: int


class _Phrase(NamedTuple):
    id: str
    regex: re.Pattern[str]


class _Language(NamedTuple):
    """One compiled list. `tables` holds the phrases of each intent and blocker."""

    list: str
    stems: tuple[str, ...]
    tables: Mapping[str, tuple[_Phrase, ...]]


class Lexicon:
    """The compiled phrase lists; immutable."""

    def __init__(self, lists: Mapping[str, _Language], words: re.Pattern[str]) -> None:
        """Use `Lexicon.of`."""
        self.languages = frozenset(lists)
        self.lists = tuple(lists.values())
        self.words = words

    @classmethod
    def of(cls, tables: Mapping[str, Mapping[str, Any]]) -> "Lexicon":
        """The lists from the phrase files' tables by language; ValueError names a phrase that cannot be used."""
        spaced = sorted({word for table in tables.values() for word in table["spaced"]}, key=len, reverse=True)
        words = re.compile("|".join(re.escape(strip(spell(word))) for word in spaced) or "(?!)")
        return cls({language: _language(language, table) for language, table in tables.items()}, words)


def _language(language: str, table: Mapping[str, Any]) -> _Language:
    words, reset = table.get("words", {}), table.get("reset", "")
    phrases = {
        kind: tuple(_Phrase(key, _compile(key, text, words, reset, kind)) for key, text in table.get(kind, {}).items())
        for kind in (*_FRAMES, *_BLOCKERS, *_CONDITIONS)
    }
    stems = tuple(strip(spell(stem)) for stem in table["stems"])
    return _Language(f"{language}@{table['version']}", stems, phrases)


def _compile(key: str, text: str, words: Mapping[str, str], reset: str, kind: str) -> re.Pattern[str]:
    """A pattern as a regex.

    {NAME} is a word list, " " the gap between words, "~3" up to three more words that are none of `reset`, "…3" up
    to three more characters.
    """
    text = _expand(key, text, words)
    if _UNBOUNDED.search(text):
        raise ValueError(f'phrase "{key}" repeats without a bound; write {{0,9}} instead of * or +')
    wide = kind in _FRAMES
    stop = f"(?!(?:{_expand(key, reset, words)})\\b)" if reset else ""
    gap = "[ ,.]" if wide else " "
    text = _SPACE.sub(lambda part: gap if part[0] == " " else part[0], text.replace(" ~", "~"))
    text = re.sub(r"~(\d)", lambda n: f"(?: {stop}[^ ,.?]{{1,24}}){{0,{n[1]}}}", text)
    text = re.sub(r"…(\d)", lambda n: f"[^.?{'' if wide else ','}]{{0,{n[1]}}}", text)
    source = spell(text) if kind.endswith("accented") else strip(spell(text))
    try:
        return re.compile(rf"(?:\b|(?!\w))(?:{source})(?:\b|(?<!\w))", re.ASCII)
    except re.error as why:
        raise ValueError(f'phrase "{key}" is no regular expression: {why}') from None


def _expand(key: str, text: str, words: Mapping[str, str]) -> str:
    """The text with every {NAME} replaced; word lists may name word lists, three deep."""
    for _ in range(4):
        for name in set(_MACRO.findall(text)):
            if name not in words:
                raise ValueError(f'phrase "{key}" names the word list {{{name}}}, which is not there')
            text = text.replace(f"{{{name}}}", f"(?:{words[name]})")
    return text


def scan(text: str, lexicon: Lexicon) -> list[Hit]:
    """Every phrase that counts, once, at its first place, in order of place; in time linear in the text."""
    spelled = normal(text, lexicon.words)
    lists = [one for one in lexicon.lists if any(stem in spelled.text for stem in one.stems)]
    if not lists:
        return []
    blocked = _Blocked(spelled, lists)
    hits = [
        Hit(intent, one.list, phrase.id, spelled.offsets[start])
        for one in lists
        for kind, intent in _FRAMES.items()
        for phrase in one.tables[kind]
        if (start := blocked.first(kind, phrase.regex)) is not None
    ]
    return sorted(hits, key=lambda hit: (hit.offset, hit))


class _Blocked:
    """Where in one message a phrase does not count."""

    def __init__(self, spelled: Normal, lists: Sequence[_Language]) -> None:
        self._text = spelled.text
        self._breaks = [m.start() for m in re.finditer(r"[.?]", self._text)]
        self._commas = [m.start() for m in re.finditer(r",", self._text)]
        self._quoted = _Spans(spelled.quoted)
        self._spans = {
            frame: _Spans(
                span for kind, frames in _BLOCKERS.items() if frame in frames for span in _matches(lists, kind, spelled)
            )
            for frame in _FRAMES
        }
        self._conditions = sorted(_matches(lists, "condition", spelled))
        self._wishes = {bisect_right(self._breaks, start) for start, _ in _matches(lists, "wish", spelled)}

    def first(self, frame: str, phrase: re.Pattern[str]) -> int | None:
        """Where the phrase first stands unblocked for the kind of frame."""
        for match in phrase.finditer(self._text):
            start, end = match.span()
            if self._spans[frame].touch(start, end) or self._quoted.hold(start, end):
                continue
            if frame == "solicit" and (self._wished(start) or self._conditional(start, end)):
                continue
            return start
        return None

    def _wished(self, start: int) -> bool:
        """Whether this sentence or the one before it speaks of the buyer's own wish to cancel."""
        sentence = bisect_right(self._breaks, start)
        return sentence in self._wishes or sentence - 1 in self._wishes

    def _conditional(self, start: int, end: int) -> bool:
        """Whether a condition covers the place, stands at most one comma before it, or follows in its clause."""
        at = bisect_right(self._conditions, (end + _REACH, 0))
        for opens, closes in reversed(self._conditions[max(at - 8, 0) : at]):
            near, far = (opens, start) if opens < start else (end, opens)
            if closes > start and opens < end:
                return True
            if far - near <= _REACH and self._commas_in(near, far) <= (opens < start) and self._same(near, far):
                return True
        return False

    def _same(self, near: int, far: int) -> bool:
        return bisect_left(self._breaks, near) == bisect_left(self._breaks, far)

    def _commas_in(self, near: int, far: int) -> int:
        return bisect_right(self._commas, far) - bisect_right(self._commas, near)


class _Spans:
    """Stretches of a text, merged where they overlap."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        merged: list[tuple[int, int]] = []
        for start, end in sorted(spans):
            if merged and start < merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        self._starts = [start for start, _ in merged]
        self._ends = [end for _, end in merged]

    def touch(self, start: int, end: int) -> bool:
        """Whether a stretch shares a character with [start, end)."""
        at = bisect_right(self._starts, end - 1) - 1
        return at >= 0 and self._ends[at] > start

    def hold(self, start: int, end: int) -> bool:
        """Whether a stretch holds all of [start, end)."""
        at = bisect_right(self._starts, start) - 1
        return at >= 0 and self._ends[at] >= end


def _matches(lists: Sequence[_Language], kind: str, spelled: Normal) -> Iterator[tuple[int, int]]:
    text = spelled.accented if kind.endswith("accented") else spelled.text
    for one in lists:
        for phrase in one.tables[kind]:
            for match in phrase.regex.finditer(text):
                yield match.span()


def listed(locale: str | None, market_languages: Sequence[str], lexicon: Lexicon) -> bool:
    """Whether the text is in a language that has a phrase list.

    The locale says the language; without one every language of the market must have a list, for a message
    nobody can read counts for the seller (V-12).
    """
    spoken = [locale] if locale and locale != "und" else list(market_languages)
    return bool(spoken) and all(_primary(tag) in lexicon.languages for tag in spoken)


def _primary(tag: str) -> str:
    first = tag.strip().replace("_", "-").split("-")[0].lower()
    return _ALIASES.get(first, first)
