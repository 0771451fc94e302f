"""CloudEvents 1.0 in its two modes: one JSON object, or Kafka headers and a JSON value. Both give the same attributes.

Of keys that occur twice in one JSON object the last counts, as every common reader has it.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from streams.sentences import Unusable, found

LARGEST = 1 << 20
DEEPEST = 64
_STRUCTURED = "application/cloudevents"
_JSON = "application/json"
_COMMON = frozenset({"specversion", "id", "source", "type", "time", "subject", "seller", "market", "data"})
_decode = msgspec.json.Decoder().decode
_canonical = msgspec.json.Encoder(order="deterministic").encode

Headers = Sequence[tuple[str, bytes]]


def attributes(value: bytes, headers: Headers) -> dict[str, Any]:
    """The event's attributes by name, `data` among them; those that are null are left out.

    Raises Unusable: too_large (over 1 MiB), not_json, not_cloudevent.
    """
    if len(value) > LARGEST:
        raise Unusable("too_large", "", f"The event has {len(value)} bytes; expected at most {LARGEST} (1 MiB).")
    if not headers:
        return _structured(value)
    named = _texts(headers)
    if named.get("content-type", "").startswith(_STRUCTURED) or "ce_specversion" not in named:
        return _structured(value)
    return _binary(named, value)


def body(event: dict[str, Any]) -> str:
    """A short hash of everything but `recordedtime`: the same for both modes and any order of keys.

    The attributes of the contract must be text already.
    """
    told = {name: value for name, value in event.items() if name != "recordedtime"}
    for name in told.keys() - _COMMON:
        told[name] = _plain(told[name])
    if "datacontenttype" in told and str(told["datacontenttype"]).partition(";")[0].strip() == _JSON:
        del told["datacontenttype"]
    return hashlib.blake2b(_canonical(told), digest_size=8).hexdigest()


def _structured(value: bytes) -> dict[str, Any]:
    event = _json(value, "one CloudEvents JSON object")
    if not isinstance(event, dict):
        raise Unusable("not_cloudevent", "", f"The event is {found(event)}; expected one CloudEvents JSON object.")
    if None in event.values():
        return {name: given for name, given in event.items() if given is not None}
    return event


def _plain(value: Any) -> Any:
    """An attribute as binary mode writes it: everything is text there."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else value


def _binary(named: dict[str, str], value: bytes) -> dict[str, Any]:
    event: dict[str, Any] = {name[3:]: text for name, text in named.items() if name.startswith("ce_")}
    if "content-type" in named:
        event["datacontenttype"] = named["content-type"]
    data = _json(value, "the event's data as one JSON object")
    return event if data is None else {**event, "data": data}


def _texts(headers: Headers) -> dict[str, str]:
    texts = {}
    for name, raw in headers:
        try:
            texts[name.lower()] = raw.decode()
        except UnicodeDecodeError:
            if name.lower().startswith("ce_"):
                path = name.lower()[3:]
                raise Unusable("bad_value", path, f'"{path}" is no UTF-8 in its header; expected UTF-8.') from None
    return texts


def _json(value: bytes, expected: str) -> Any:
    """The JSON value; Unusable where there is none, or it cannot be held."""
    try:
        read = _decode(value)
    except RecursionError:
        raise _too_deep(expected) from None
    except UnicodeDecodeError:
        raise Unusable("not_json", "", f"The event is not UTF-8; expected {expected} in UTF-8.") from None
    except msgspec.ValidationError:
        raise Unusable("bad_value", "", "A number in the event is out of range; expected a 64-bit number.") from None
    except msgspec.DecodeError as why:
        raise Unusable("not_json", "", f"The event is not JSON ({_short(why)}); expected {expected}.") from None
    if value.count(b"{") + value.count(b"[") > DEEPEST and _deeper(read, DEEPEST):
        raise _too_deep(expected)
    return read


def _short(why: msgspec.DecodeError) -> str:
    text = str(why).removeprefix("JSON is malformed: ").replace(" (byte ", " at byte ").removesuffix(")")
    return "it ends too early" if "truncated" in text else text


def _too_deep(expected: str) -> Unusable:
    sentence = f"The event is nested deeper than {DEEPEST} levels; expected {expected} of fewer levels."
    return Unusable("not_json", "", sentence)


def _deeper(value: Any, levels: int) -> bool:
    """Whether the value is nested deeper than that. Level by level, because recursion has a limit of its own."""
    level = [value]
    for _ in range(levels + 1):
        holders = [v for v in level if isinstance(v, dict | list)]
        if not holders:
            return False
        level = [inner for v in holders for inner in (v.values() if isinstance(v, dict) else v)]
    return True
