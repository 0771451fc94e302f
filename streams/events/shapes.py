"""The shapes that fields of events have. Each says in words what is expected; a dead letter quotes it.

Strict: nothing is converted but instants, which become ms UTC. Unknown fields are dropped. A field that is null
counts as absent.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema

from streams.instants import DATE_WORDS, INSTANT_WORDS, day, instant, is_day

ID_LENGTH = 256
ID_PATTERN = r"^[^\u0000-\u001f\u007f-\u009f]+$"
ID_WORDS = f"an id: text of 1 to {ID_LENGTH} characters without control characters"
_MOST = 1_000_000_000
_DECIMAL_PATTERN = r"^[0-9]{1,18}(\.[0-9]{1,9})?$"
_DECIMAL = re.compile(_DECIMAL_PATTERN)
_NUMBER_WORDS = f"a number from 0 to {_MOST}, plain or as decimal text"


class Data(BaseModel):
    """The `data` of an event."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


def _instant(value: Any) -> int:
    if not isinstance(value, str):
        raise ValueError(INSTANT_WORDS)
    return instant(value)


def _day_or_instant(value: Any) -> str | int:
    if not isinstance(value, str):
        raise ValueError(DATE_WORDS)
    return day(value) if is_day(value) else instant(value)


def _number(value: Any) -> int | float | str:
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MOST:
        raise ValueError(_NUMBER_WORDS)
    return value


def _schema(words: str, **schema: Any) -> WithJsonSchema:
    return WithJsonSchema({**schema, "description": words})


Id = Annotated[str, Field(min_length=1, max_length=ID_LENGTH, pattern=ID_PATTERN, description=ID_WORDS)]
Word = Annotated[
    str,
    Field(
        max_length=1000,
        pattern=r"^[^\u0000]*$",
        description="text of at most 1000 characters without NUL; unknown values are kept as they are",
    ),
]
Text = Annotated[str, Field(description="text")]
Flag = Annotated[bool, Field(description="true or false")]
Amount = Annotated[
    str,
    Field(
        pattern=_DECIMAL_PATTERN,
        description='an amount of at least 0 as decimal text like "19.80"',
    ),
]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description='a currency code of ISO 4217 like "JPY"')]
Locale = Annotated[
    str,
    Field(
        max_length=64,
        pattern=r"^[A-Za-z]{1,8}([-_][A-Za-z0-9]{1,8})*$",
        description='a language tag of BCP 47 like "pt-BR"',
    ),
]
Quantity = Annotated[int, Field(ge=1, le=_MOST, description=f"a whole number from 1 to {_MOST}")]
Count = Annotated[int, Field(ge=0, le=_MOST, description=f"a whole number from 0 to {_MOST}")]
Number = Annotated[
    int | float | str,
    PlainValidator(_number),
    Field(description=_NUMBER_WORDS),
    _schema(
        _NUMBER_WORDS,
        anyOf=[{"type": "number", "minimum": 0, "maximum": _MOST}, {"type": "string", "pattern": _DECIMAL_PATTERN}],
    ),
]
Instant = Annotated[
    int,
    PlainValidator(_instant),
    Field(description=INSTANT_WORDS),
    _schema(INSTANT_WORDS, type="string", format="date-time"),
]
DayOrInstant = Annotated[
    str | int,
    PlainValidator(_day_or_instant),
    Field(description=f"{DATE_WORDS}; or {INSTANT_WORDS}"),
    _schema(
        f"{DATE_WORDS}; or {INSTANT_WORDS}",
        anyOf=[{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}],
    ),
]
Ids = Annotated[list[Id], Field(fail_fast=True, description="a list of ids")]

Actor = Literal["buyer", "seller", "system", "operator"]
Answer = Literal["approve", "reject", "auto_approve"]


class Spoken(Data):
    """Data with a text that people wrote. The text itself never enters a fact."""

    text: Text | None = Field(None, exclude=True)
