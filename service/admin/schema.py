"""The bodies of decisions over HTTP and of what the ledger remembers of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, StrictBool, StrictStr

from service.schema_body import Body

__all__ = ["Activation", "Decided", "Event", "EventList", "Rollback"]

Reason = Annotated[
    StrictStr,
    Field(min_length=1, max_length=500, description="Why, for those who come later", examples=["beats the last one"]),
]
Wait = Annotated[StrictBool, Field(description="Answer when every worker answers with it; 20 seconds at most")]


class Activation(Body):
    """Make a version the active one."""

    reason: Reason
    force: Annotated[StrictBool, Field(description="Although its leak audit failed; no digest can be forced")] = False
    wait: Wait = False


class Rollback(Body):
    """Go back to the version that was active before."""

    reason: Reason
    wait: Wait = False


class Decided(Body):
    """What is active now."""

    name: str
    version: Annotated[str, Field(examples=["1.0.0+20251101_120000"])]
    sha256: Annotated[str | None, Field(description="Of the version's model.joblib")]
    since: Annotated[datetime | None, Field(description="Active without a break since then, UTC")]
    workers: Annotated[int | None, Field(description="How many answer with it; there only after waiting")] = None


class Event(Body):
    """One line of the ledger."""

    number: int
    at: datetime
    kind: Annotated[str, Field(examples=["activated", "rolled_back"])]
    name: str
    version: str | None
    actor: Annotated[str, Field(description="Who: a name, or the fingerprint of an API key")]
    reason: str
    payload: dict[str, Any]


class EventList(Body):
    """What happened to a model, the newest first."""

    name: str
    events: list[Event]
