"""The contract as pydantic models: one file a topic. What comes in (`EVENTS`), what goes out (`OUTCOMES`)."""

from streams.events.catalogue import EVENTS, TOPICS, EventType

__all__ = ["EVENTS", "TOPICS", "EventType"]
