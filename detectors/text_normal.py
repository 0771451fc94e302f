"""One spelling for every way to write a message: what a phrase list is matched against.

A normal text is lower case without accents, words parted by one separator: " " between words, "," between
clauses, "." and "?" between sentences. White space between two characters of a script that is written without
spaces (Chinese, Japanese, Thai) is gone. Every character remembers where it stood in the original text.
"""

# ruff: noqa: RUF001 - characters that look alike are the subject here

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

LIMIT = 32_768
"""Characters of a text that are read; what follows is not looked at (a chat message holds some 2,000)."""

_SIMPLIFIED = str.maketrans(
    "訂單請麼為銷貨買賣們這邊煩點擊選擇項鍵說問嗎開關後會應該裡裏還沒無辦將與續費當時間發錯誤寫願個幫過兩從給動頁處據類歡謝對幾週條見確認進識課預約計讓態協結斷親優換號碼銀貼內況啟雙鈕長訊",
    "订单请么为销货买卖们这边烦点击选择项键说问吗开关后会应该里里还没无办将与续费当时间发错误写愿个帮过两从给动页处据类欢谢对几周条见确认进识课预约计让态协结断亲优换号码银贴内况启双钮长讯",
)
_LOOKALIKE = str.maketrans("асеорухіѕԁαενοιτρκ", "aceopyxisdaevoitpk")
_APART = str.maketrans({"đ": "d", "ł": "l", "ø": "o", "ı": "i", "æ": "ae", "œ": "oe", "ß": "ss"})
_LEET = str.maketrans("@430157$", "aaeolsts")
_VOICING = {"゙", "゚", "ﾞ", "ﾟ"}
_SENTENCE, _CLAUSE = set(".!。;"), set(",:、()<>/\\–—―→⇒•")
_DOUBLE, _SINGLE = set('"“”„‟〝〞'), set("'‘’‚‛`´")
_OPEN, _CLOSE = {"«": "»", "「": "」", "『": "』", "‹": "›", "《": "》"}, set("»」』›》")
_MARKS = _DOUBLE | set(_OPEN) | _CLOSE
_STRENGTH = {"": 0, " ": 1, ",": 2, ".": 3, "?": 4}
_TOKEN = re.compile(r"[a-z0-9][a-z0-9@$]{3,23}", re.ASCII)
_SPACED = re.compile(r"(?<![a-z0-9])[a-z0-9@$](?:[ .,][a-z0-9@$](?![a-z0-9@$])){2,60}", re.ASCII)
_DOTTED = re.compile(
    r"(?<![\u2e80-\u9fff])[\u2e80-\u9fff](?:[.,][\u2e80-\u9fff](?![\u2e80-\u9fff])){2,60}(?:[.,][\u2e80-\u9fff])?"
)
_ENGLISH_TAIL = re.compile(r"(?:t|s|re|ll|ve|d|m)(?![a-z])", re.ASCII | re.IGNORECASE)


class Normal(NamedTuple):
    """A text in its one spelling.

    `accented` is the same text with its accents, character by character; `offsets` holds the place of each
    character in the original; `quoted` the [start, end) spans in `text` that repeat somebody's words.
    """

    text: str
    accented: str
    offsets: Sequence[int]
    quoted: Sequence[tuple[int, int]]


@lru_cache(maxsize=8192)
def _kept(char: str) -> str:
    """The character in lower case, NFKC, simplified, hiragana; a separator; or "" for one without a sound."""
    wide = unicodedata.normalize("NFKC", char).casefold()
    if wide.startswith("..") or char in "\u2025\u2026":
        return ","
    out = ""
    for one in wide.translate(_SIMPLIFIED).translate(_LOOKALIKE):
        if "ァ" <= one <= "ヶ":
            out += chr(ord(one) - 0x60)
        elif one in _VOICING or one.isalnum() or one in "ー@$" or "\u0e00" <= one <= "\u0e7f":
            out += one
        else:
            out += _separator(one)
    return out


def _separator(one: str) -> str:
    if one in _SENTENCE:
        return "."
    if one == "?":
        return "?"
    if one in _CLAUSE:
        return ","
    kind = unicodedata.category(one)
    return "" if kind in {"Mn", "Me", "Cf", "Cc"} and one not in "\t\n\r\x0b\x0c" else " "


@lru_cache(maxsize=8192)
def bare(char: str) -> str:
    """One character without its accent (đ is d); characters that are no Latin letters stay as they are."""
    if char < "\x80" or "\u0250" <= char < "\u1e00" or char > "\u1eff":
        return char
    return unicodedata.normalize("NFD", char.translate(_APART)[:1])[:1]


def spell(pattern: str) -> str:
    """A pattern of a phrase list in the spelling that texts get; ASCII, so all regex syntax, stays."""
    return "".join(c if c < "\x80" else _kept(c) for c in unicodedata.normalize("NFC", pattern))


def strip(text: str) -> str:
    """The text without accents, as long as before."""
    return text if text.isascii() else "".join(map(bare, text))


def _unspaced(char: str) -> bool:
    return "\u0e00" <= char <= "\u0e7f" or "\u2e80" <= char <= "\u9fff" or "\uf900" <= char <= "\ufaff"


class _Writer:
    """Writes the normal text one original character at a time."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.offsets: list[int] = []
        self.gap, self.gap_at = "", 0

    def separate(self, gap: str, at: int) -> None:
        if not self.gap:
            self.gap_at = at
        if _STRENGTH[gap] > _STRENGTH[self.gap]:
            self.gap = gap

    def letter(self, char: str, at: int) -> None:
        if char in _VOICING:
            self._voice(char)
            return
        if self.gap:
            self._close_gap(char)
        self.out.append(char)
        self.offsets.append(at)

    def _close_gap(self, following: str) -> None:
        joined = self.gap == " " and self.out and _unspaced(self.out[-1]) and _unspaced(following)
        if self.out and not joined:
            self.out.append(self.gap)
            self.offsets.append(self.gap_at)
        self.gap = ""

    def _voice(self, mark: str) -> None:
        if self.out:
            combining = unicodedata.normalize("NFKC", mark)
            self.out[-1] = unicodedata.normalize("NFC", self.out[-1] + combining)[:1]


def normal(text: str, words: re.Pattern[str] | None = None) -> Normal:
    """The first LIMIT characters of the text in their one spelling.

    `words` are the words that spaced-out letters ("c a n c e l") may form.
    """
    text = text[:LIMIT]
    writer = _Writer()
    for at, char in enumerate(text):
        _write(writer, text, at, char)
    accented, offsets = _undotted(*_joined("".join(writer.out), writer.offsets, words))
    accented = _TOKEN.sub(_unleet, accented)
    return Normal(strip(accented), accented, offsets, _in_normal(_quotations(text), offsets))


def _write(writer: _Writer, text: str, at: int, char: str) -> None:
    if char in _SINGLE:
        if not _ENGLISH_TAIL.match(text, at + 1) or not text[at - 1 : at].isalpha():
            writer.separate(" ", at)
        return
    if char == "\n":
        writer.separate(" " if text[at + 1 : at + 2].islower() else ",", at)
        return
    if char in "*_|" and text[at - 1 : at].isalpha() and text[at + 1 : at + 2].isalpha():
        return
    if char == "-" and not (text[at - 1 : at].isalpha() and text[at + 1 : at + 2].isalpha()):
        writer.separate(",", at)
        return
    if char == "." and "." in (text[at - 1 : at], text[at + 1 : at + 2]):
        writer.separate(",", at)
        return
    for one in _kept(char):
        if one in _STRENGTH:
            writer.separate(one, at)
        else:
            writer.letter(one, at)


def _unleet(token: re.Match[str]) -> str:
    word = token[0]
    letters = sum(c.isalpha() for c in word)
    return word.translate(_LEET) if letters >= 3 * (len(word) - letters) else word


def _joined(text: str, offsets: list[int], words: re.Pattern[str] | None) -> tuple[str, list[int]]:
    """Puts spaced-out letters together, where they form one of the words."""
    if words is None:
        return text, offsets
    kept: list[int] = []
    last = 0
    for run in _SPACED.finditer(strip(text)):
        places = list(range(run.start(), run.end(), 2))
        letters = strip("".join(text[p] for p in places)).translate(_LEET)
        for word in words.finditer(letters):
            kept += range(last, places[word.start()])
            kept += places[word.start() : word.end()]
            last = places[word.end() - 1] + 1
    if not last:
        return text, offsets
    kept += range(last, len(text))
    return "".join(text[p] for p in kept), [offsets[p] for p in kept]


def _undotted(text: str, offsets: list[int]) -> tuple[str, list[int]]:
    """Puts Chinese and Japanese characters together that somebody parted one by one."""
    apart = {p for run in _DOTTED.finditer(text) for p in range(run.start() + 1, run.end(), 2)}
    if not apart:
        return text, offsets
    kept = [p for p in range(len(text)) if p not in apart]
    return "".join(text[p] for p in kept), [offsets[p] for p in kept]


def _quotations(text: str) -> list[tuple[int, int]]:
    """[start, end) of quoted passages and of lines that start with ">"."""
    spans = [(m.start(), m.end()) for m in re.finditer(r"(?m)^[ \t]{0,8}(?:>|＞|&gt;)[^\n]{0,4000}", text)]
    opened: dict[str, int] = {}
    for at, char in enumerate(text):
        if char in _MARKS or char in _SINGLE or char == "＂":
            _mark(text, at, '"' if char == "＂" else char, opened, spans)
    return spans


def _mark(text: str, at: int, char: str, opened: dict[str, int], spans: list[tuple[int, int]]) -> None:
    if char in _OPEN:
        opened.setdefault(_OPEN[char], at)
        return
    if char in _SINGLE:
        before, after = text[at - 1 : at].isalnum() and at > 0, text[at + 1 : at + 2].isalnum()
        if before and after:
            return
        char = "'"
        if char not in opened and not after:
            return
    elif char in _DOUBLE:
        char = '"'
    if char in opened:
        spans.append((opened.pop(char), at))
    elif char not in _CLOSE:
        opened[char] = at


def _in_normal(spans: Sequence[tuple[int, int]], offsets: Sequence[int]) -> list[tuple[int, int]]:
    """The spans counted in characters of the normal text."""
    return [(bisect_left(offsets, start), bisect_left(offsets, end)) for start, end in spans]
