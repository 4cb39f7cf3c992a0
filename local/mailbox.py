"""What the stack has sent: the emulator's record of SES and SNS, newest first."""

from datetime import UTC, datetime
from typing import Any

import aiohttp
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class _Message(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    id: str
    sent_at: datetime


class Email(_Message):
    sender: str
    to: list[str]
    cc: list[str]
    bcc: list[str]
    subject: str
    text: str
    html: str | None


class Sms(_Message):
    to: str
    text: str


class Mailbox(BaseModel):
    emails: list[Email]
    sms: list[Sms]


async def read(session: aiohttp.ClientSession, emulator_url: str) -> Mailbox:
    """Everything sent since the emulator started; raises aiohttp.ClientError while it is away."""
    emails = (await _get(session, f"{emulator_url}/_ministack/ses/messages"))["messages"]
    sms = (await _get(session, f"{emulator_url}/_ministack/sns/sms-messages"))["sms_messages"]
    found = Mailbox(
        emails=[_email(each) for account in emails.values() for each in account],
        sms=[_sms(number, each) for number, sent in sms.items() for each in sent],
    )
    found.emails.sort(key=lambda email: email.sent_at, reverse=True)
    found.sms.sort(key=lambda message: message.sent_at, reverse=True)
    return found


async def _get(session: aiohttp.ClientSession, url: str) -> dict[str, Any]:
    async with session.get(url) as response:
        return await response.json()


def _email(record: dict[str, Any]) -> Email:
    return Email(
        id=record["MessageId"],
        sent_at=_time(record["Timestamp"]),
        sender=record["Source"],
        to=record["To"],
        cc=record["CC"],
        bcc=record["BCC"],
        subject=record["Subject"],
        text=record["BodyText"],
        html=record["BodyHtml"] or None,
    )


def _sms(number: str, record: dict[str, Any]) -> Sms:
    return Sms(id=record["MessageId"], sent_at=_time(record["Timestamp"]), to=number, text=record["Message"])


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
