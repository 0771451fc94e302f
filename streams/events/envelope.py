"""The attributes of every event that comes in: CloudEvents 1.0 with `seller`, `market` and `recordedtime`."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from streams.events.shapes import Id, Instant


class Envelope(BaseModel):
    """A CloudEvent of the contract, its data unread."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    specversion: Literal["1.0"]
    id: Id
    source: Id
    type: Id
    market: Id
    time: Instant
    seller: Id
    subject: Id | None = None
    recordedtime: Instant | None = None
    data: Annotated[dict[str, Any], Field(description="an object")]
