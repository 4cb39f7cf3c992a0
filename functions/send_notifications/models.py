"""What is delivered, how a delivery may end, and what a run answers."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.cancellations.models import RefundPolicy
from shared.notifications.invites import Method
from shared.notifications.models import Channel, Type
from shared.routing import Schema


@dataclass(frozen=True)
class ClaimedNotification:
    """A queued notification that this run alone may deliver, with what decides whether and where to."""

    id: UUID
    user_id: UUID
    type: Type
    channel: Channel
    template: str
    data: dict[str, Any]
    retry_count: int
    email: str
    phone: str | None
    full_name: str
    language: str
    erased: bool
    wanted: bool
    suppressed: str | None
    correlation_id: str | None = None
    email_verified: bool = True
    sms_of_person: int = 0
    """SMS that were sent to the person within a day."""
    sms_of_platform: int = 0
    """SMS that were sent to anybody within a day."""
    course: "CourseDetails | None" = None


@dataclass(frozen=True)
class CourseSession:
    """A live session as it is planned now."""

    id: UUID
    title: str
    starts_at: datetime
    ends_at: datetime
    sequence: int


@dataclass(frozen=True)
class CourseDetails:
    """The course that a notification is about, and its reader's seat in it, as they are when it is sent."""

    title: str
    time_zone: str
    sessions: tuple[CourseSession, ...]
    calendar_generation: int
    registration_id: UUID | None
    registration_status: str | None
    payment_status: str | None
    was_confirmed: bool
    payment_id: UUID | None
    earlier_seats: int
    """How many seats in this course the reader had before."""
    policy: RefundPolicy | None


@dataclass(frozen=True)
class Backlog:
    """How many notifications are due and not sent, and for how many seconds the oldest."""

    due: int
    oldest_seconds: float


@dataclass(frozen=True)
class InboxRow:
    """A row that has just come into somebody's inbox."""

    id: UUID
    user_id: UUID
    title: str
    message: str
    type: str
    action_url: str | None
    created_at: datetime


class PushedNotification(Schema):
    """As the inbox lists it."""

    id: UUID
    title: str
    message: str
    type: str
    action_url: str | None
    created_at: datetime


class PushMessage(Schema):
    """What an open WebSocket is told."""

    event: Literal["notification"] = "notification"
    notification: PushedNotification

    @classmethod
    def of(cls, row: InboxRow) -> Self:
        return cls(
            notification=PushedNotification(
                id=row.id,
                title=row.title,
                message=row.message,
                type=row.type,
                action_url=row.action_url,
                created_at=row.created_at,
            )
        )


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a mail."""

    file_name: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class CalendarPart:
    """An iTIP message (RFC 5546)."""

    method: Method
    content: bytes


@dataclass(frozen=True)
class Mail:
    """An email to one address."""

    notification_id: UUID
    sender: tuple[str, str]
    """The platform's name, and its address."""
    reply_to: str
    to: str
    subject: str
    text: str
    html: str
    headers: dict[str, str] = field(default_factory=dict[str, str])
    attachments: tuple[Attachment, ...] = ()
    calendar: CalendarPart | None = None
    """What changes the reader's calendar, as an alternative to the text; the attachments carry it too."""


@dataclass(frozen=True)
class Sms:
    """A text message to one number (E.164), with its DLT template where one is registered."""

    notification_id: UUID
    to: str
    text: str
    template_id: str | None
    promotional: bool


class DeliveryError(Exception):
    """A provider did not take a message. The text names the reason, never the address or the message."""

    counts = True
    """Whether the message may have gone out, so that this was one of its three attempts."""
    stops = False
    """Whether the next message to this provider would fare no better in this run."""


class ProviderRefused(DeliveryError):
    """For good: this message to this address is never taken."""


class ProviderFailed(DeliveryError):
    """Now; the same message may be taken later."""


class ProviderTimedOut(ProviderFailed):
    """The time limit passed or the connection broke: it may have been taken."""

    stops = True


class ProviderBusy(DeliveryError):
    """The provider takes nothing more now (quota, or out of reach), and has not taken this."""

    counts = False
    stops = True


class NotificationBatch(BaseModel):
    """The body of an SQS message: ids of queued notifications."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ids: list[UUID]


class DeliveryCounts(Schema):
    email: int = 0
    """E-mails delivered."""
    sms: int = 0
    """SMS delivered."""
    in_app: int = 0
    """Inbox rows written."""
    failed: int = 0
    """Failed attempts, whether they are retried or not."""


class DeliveryAnswer(Schema):
    """What one run delivered."""

    success: bool = True
    processed: DeliveryCounts
    """Notifications by type."""
    total: int
    """Notifications handled in this run."""
