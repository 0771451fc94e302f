"""Why an event cannot be used: a reason of the contract's closed list, the field's path, and one plain sentence.

A sentence names the field, what was found (shortened; never a text that people wrote) and what is expected.
"""

import json
from collections.abc import Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

_SHOWN = 40
_KINDS: dict[type, str] = {
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "an object",
    NoneType: "null",
}


class Unusable(Exception):  # noqa: N818 - says what the event is, not that the program failed
    """The event cannot become a fact. It never leaves the ingest: it becomes a dead letter."""

    def __init__(self, reason: str, path: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason, self.path, self.sentence = reason, path, sentence


def missing(path: str, where: str, reason: str = "missing_field") -> Unusable:
    """A required field is not there; `where` says what needs it."""
    return Unusable(reason, path, f'"{path}" is missing; expected in {where}.')


def bad(path: str, value: Any, words: str, reason: str = "bad_value") -> Unusable:
    """A field has a value that its shape forbids; `words` say what is expected."""
    return Unusable(reason, path, f'"{path}" is {found(value)}; expected {words}.')


def found(value: Any) -> str:
    """The value as a sentence shows it: texts and numbers shortened and escaped, everything else by its kind."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value) if abs(value) < 1e15 else f"{value:.3e}" if abs(value) < 1e300 else "a huge number"
    if not isinstance(value, str):
        return _KINDS.get(type(value), "something else")
    shown = json.dumps(value[:_SHOWN], ensure_ascii=not value[:_SHOWN].isprintable())
    return shown if len(value) <= _SHOWN else f'{shown[:-1]}…" ({len(value)} characters)'


class _Place(NamedTuple):
    """Where in a model a value stands: what is expected there, and whether it is a text that people wrote."""

    words: str
    private: bool


def first_error(error: ValidationError, model: type[BaseModel], root: str, where: str) -> Unusable:
    """The first thing wrong with the data: a missing field before a bad one, then in the model's order."""
    errors = error.errors(include_url=False, include_context=False)
    wrong = min(errors, key=lambda e: not _absent(e))
    loc = wrong["loc"]
    path, place = _path(root, loc), _place(model, loc)
    if _absent(wrong):
        return missing(path, where)
    if place.private:
        kind = _KINDS.get(type(wrong["input"]), "something else")
        return Unusable("bad_value", path, f'"{path}" is {kind}; expected {place.words}.')
    return bad(path, wrong["input"], place.words)


def _absent(error: ErrorDetails) -> bool:
    """Whether the field is not there; null counts as absent, but not as an item of a list."""
    return error["type"] == "missing" or (error["input"] is None and isinstance(error["loc"][-1], str))


def _path(root: str, loc: Sequence[int | str]) -> str:
    path = root
    for part in loc:
        if part == "[key]":
            break
        shown = found(part).strip('"') if isinstance(part, str) else ""
        path += f"[{part}]" if isinstance(part, int) else f".{shown}" if path else shown
    return path


def _place(model: type[BaseModel], loc: Sequence[int | str]) -> _Place:
    kind: Any = model
    words, private = "an object", False
    for part in loc:
        kind = _bare(kind)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            info = _field(kind, str(part))
            words = info.description or _words(info.annotation)
            kind, private = info.annotation, private or bool(info.exclude)
        elif get_args(kind):
            kind = get_args(kind)[-1]
            words = _words(kind)
    return _Place(words, private)


def _field(model: type[BaseModel], name: str) -> FieldInfo:
    return next(info for key, info in model.model_fields.items() if name in {key, info.alias})


def _bare(kind: Any) -> Any:
    """The type without None and annotations."""
    if get_origin(kind) in {Union, UnionType}:
        kind = next(arg for arg in get_args(kind) if arg is not NoneType)
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _words(kind: Any) -> str:
    """What is expected of the type, from its description or its list of values."""
    if get_origin(kind) in {Union, UnionType}:
        kind = next(arg for arg in get_args(kind) if arg is not NoneType)
    for note in get_args(kind)[1:] if get_origin(kind) is Annotated else ():
        if isinstance(note, FieldInfo) and note.description:
            return note.description
    bare = _bare(kind)
    if get_origin(bare) is Literal:
        return choice(get_args(bare))
    return "an object"


def choice(values: Sequence[Any]) -> str:
    """The closed list in words."""
    return f"one of {', '.join(map(str, values))}" if len(values) > 1 else f'"{values[0]}"'
