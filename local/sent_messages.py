"""What the stack has sent: the emulator's record of SES and SNS, newest first."""

from datetime import UTC, datetime
from typing import Any

import aiohttp
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class _Message(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    id: str


class Attachment(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    file_name: str
    content_type: str
    content: str
    """In base64."""


class Email(_Message):
    sent_at: datetime
    sender: str
    to: list[str]
    cc: list[str]
    bcc: list[str]
    subject: str
    text: str
    html: str | None
    attachments: list[Attachment]


class Sms(_Message):
    """The emulator keeps no time of it, only the order of those to one number."""

    to: str
    text: str


class Mailbox(BaseModel):
    emails: list[Email]
    sms: list[Sms]


async def read(session: aiohttp.ClientSession, emulator_url: str) -> Mailbox:
    """Everything sent since the emulator started; raises aiohttp.ClientError while it is unreachable."""
    emails = (await _get(session, f"{emulator_url}/_ministack/ses/messages"))["messages"]
    sms = (await _get(session, f"{emulator_url}/_ministack/sns/sms-messages"))["sms_messages"]
    found = Mailbox(
        emails=[_email(each) for account in emails.values() for each in account],
        sms=[_sms(number, each) for number, sent in sms.items() for each in reversed(sent)],
    )
    found.emails.sort(key=lambda email: email.sent_at, reverse=True)
    return found


async def _get(session: aiohttp.ClientSession, url: str) -> dict[str, Any]:
    async with session.get(url) as response:
        return await response.json()


def _email(record: dict[str, Any]) -> Email:
    return Email(
        id=record["MessageId"],
        sent_at=datetime.fromtimestamp(record["Timestamp"], UTC),
        sender=record["Source"],
        to=record["To"],
        cc=record["CC"],
        bcc=record["BCC"],
        subject=record["Subject"],
        text=record["BodyText"],
        html=record["BodyHtml"] or None,
        attachments=[
            Attachment(file_name=each["FileName"], content_type=each["ContentType"], content=each["RawContent"])
            for each in record["Attachments"]
        ],
    )


def _sms(number: str, record: dict[str, Any]) -> Sms:
    return Sms(id=record["MessageId"], to=number, text=record["Message"])
