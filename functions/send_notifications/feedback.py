"""What SES tells afterwards: an address that bounced for good or complained is never written to again."""

import re
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from functions.send_notifications import queries
from functions.send_notifications.models import NotificationBatch
from shared.db import Connection
from shared.metrics import Metric

_BRACKETED = re.compile(r"<([^<>]+)>\s*$")


class _FeedbackPart(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Recipient(_FeedbackPart):
    email_address: str = Field(alias="emailAddress")

    @property
    def address(self) -> str:
        """As the suppression list keeps it: SES repeats the mail's own spelling, with a name where it had one."""
        found = _BRACKETED.search(self.email_address)
        return (found.group(1) if found else self.email_address).strip().lower()


class SentMail(_FeedbackPart):
    tags: dict[str, list[str]] = Field(default_factory=dict[str, list[str]])

    @property
    def notification_id(self) -> UUID | None:
        try:
            return UUID(self.tags["notification"][0])
        except (KeyError, IndexError, ValueError):
            return None


class BounceDetail(_FeedbackPart):
    kind: str = Field(alias="bounceType")
    recipients: list[Recipient] = Field(alias="bouncedRecipients")


class ComplaintDetail(_FeedbackPart):
    recipients: list[Recipient] = Field(alias="complainedRecipients")


class Bounce(_FeedbackPart):
    """https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html"""

    event: Literal["Bounce"] = Field(alias="eventType")
    mail: SentMail
    bounce: BounceDetail


class Complaint(_FeedbackPart):
    event: Literal["Complaint"] = Field(alias="eventType")
    mail: SentMail
    complaint: ComplaintDetail


MailEvent = Annotated[Bounce | Complaint, Field(discriminator="event")]
MESSAGE: TypeAdapter[Any] = TypeAdapter(NotificationBatch | MailEvent)
"""What a message of the queue can be; raises pydantic.ValidationError for anything else."""


def learn(conn: Connection, told: Bounce | Complaint) -> None:
    """Suppress the addresses; a transient bounce (a full mailbox) is the provider's to retry and says nothing."""
    if isinstance(told, Complaint):
        queries.suppress(conn, [each.address for each in told.complaint.recipients], "complaint")
    elif told.bounce.kind == "Permanent":
        queries.suppress(conn, [each.address for each in told.bounce.recipients], "bounce")
        if told.mail.notification_id:
            conn.measure(Metric.NOTIFICATIONS_ATTEMPTED, queries.mark_bounced(conn, told.mail.notification_id))
