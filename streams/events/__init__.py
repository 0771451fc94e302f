"""The contract as pydantic models: one file a topic for what comes in, `outgoing.py` for what goes out."""

from streams.events.catalogue import EVENTS, TOPICS, EventType

__all__ = ["EVENTS", "TOPICS", "EventType"]
