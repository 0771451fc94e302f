"""Faust in batches: rows, position and the right to write in one log. See README.md; it knows nothing of its users."""

from streams.batch.agent import Agent, Batch, Cut, Message
from streams.batch.app import App
from streams.batch.consumer import Consumer
from streams.batch.meter import Meter
from streams.batch.tables import Rows, Table

__all__ = ["Agent", "App", "Batch", "Consumer", "Cut", "Message", "Meter", "Rows", "Table"]
