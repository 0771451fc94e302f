"""Topic `messages`: what people and robots wrote to each other and about each other."""

from typing import Literal

from pydantic import Field

from streams.events.shapes import Id, Locale, Number, Spoken, Word


class MessageSent(Spoken):
    """`message.sent`: one message of a conversation."""

    conversation: Id
    sender: Literal["buyer", "seller", "service", "robot", "system"] = Field(alias="from")
    locale: Locale | None = None
    template: Word | None = None


class _Opinion(Spoken):
    """What a buyer wrote about an order or a seller."""

    buyer: Id
    locale: Locale | None = None
    rating: Number | None = None


class ComplaintFiled(_Opinion):
    """`complaint.filed`."""


class ReviewPosted(_Opinion):
    """`review.posted`."""
