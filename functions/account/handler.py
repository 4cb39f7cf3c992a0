"""A user's account: the inbox, notification preferences, and unsubscribing without a login."""

from typing import Annotated, Any
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.account import pages, service
from functions.account.feedback.routes import routes as feedback
from functions.account.models import InboxOut, NotificationOut, PreferencesIn, PreferencesOut, ReadAllOut
from functions.account.queries import mark_all_read
from functions.account.referrals.routes import routes as referrals
from shared import auth, db, languages
from shared.actors import user
from shared.errors import NotFound
from shared.invocations import invocation
from shared.notifications import unsubscribing
from shared.pages import HEADERS
from shared.paging import DEFAULT_LIMIT, MAX_LIMIT
from shared.refusals import answers, published
from shared.routing import Router

app = Router()
PAGE = published("text/html", 200, 404)
app.include_router(feedback)
app.include_router(referrals)


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.serve(event, context)


@app.get("/functions/v1/notifications", summary="List the inbox", tags=["Notifications"])
def list_notifications(
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    unread: Annotated[bool, Query(description="Only unread notifications.")] = False,
) -> InboxOut:
    """The caller's inbox, newest first."""
    user_id = auth.caller(app.current_event.raw_event)
    with db.transaction(user(user_id), read_only=True) as conn:
        return service.inbox(conn, user_id, unread=unread, cursor=cursor, limit=limit)


@app.post("/functions/v1/notifications/read-all", summary="Mark the whole inbox as read", tags=["Notifications"])
def read_all_notifications() -> ReadAllOut:
    """Answers with how many were unread."""
    user_id = auth.caller(app.current_event.raw_event)
    with db.transaction(user(user_id)) as conn:
        return ReadAllOut(read=mark_all_read(conn, user_id))


@app.post(
    "/functions/v1/notifications/<notification_id>/read",
    summary="Mark a notification as read",
    tags=["Notifications"],
    responses=answers(200, not_found=404),
)
def read_notification(notification_id: UUID) -> NotificationOut:
    """Again: the same answer. The time of the first reading stays."""
    user_id = auth.caller(app.current_event.raw_event)
    with db.transaction(user(user_id)) as conn:
        return NotificationOut(notification=service.read(conn, user_id, notification_id))


@app.get("/functions/v1/notification-preferences", summary="Show the notification preferences", tags=["Notifications"])
def show_preferences() -> PreferencesOut:
    """Every combination of type and channel; what was never chosen is enabled."""
    user_id = auth.caller(app.current_event.raw_event)
    with db.transaction(user(user_id), read_only=True) as conn:
        return PreferencesOut(preferences=service.preferences(conn, user_id))


@app.put("/functions/v1/notification-preferences", summary="Change notification preferences", tags=["Notifications"])
def change_preferences(changes: PreferencesIn) -> PreferencesOut:
    """Change the combinations given, leave the others; answers with all of them."""
    user_id = auth.caller(app.current_event.raw_event)
    with db.transaction(user(user_id)) as conn:
        return PreferencesOut(preferences=service.choose(conn, user_id, changes.preferences))


@app.get("/functions/v1/unsubscribe", summary="Show the unsubscribe page", tags=["Notifications"], responses=PAGE)
def show_unsubscribe_page(
    token: Annotated[str, Query(max_length=200, description="The token of the link in the mail.")],
) -> Response[str]:
    """A page with a button: mail scanners follow links, so looking changes nothing (RFC 8058, section 3.1)."""
    try:
        user_id = unsubscribing.user_of(token)
    except NotFound:
        return _page(404, pages.unknown(_browser_language()))
    with db.transaction(user(user_id), read_only=True) as conn:
        return _page(200, pages.ask(service.language_of(conn, user_id)))


@app.post(
    "/functions/v1/unsubscribe", summary="Unsubscribe from marketing mail", tags=["Notifications"], responses=PAGE
)
def unsubscribe(
    token: Annotated[str, Query(max_length=200, description="The token of the link in the mail.")],
) -> Response[str]:
    """No more marketing mail for whom the token stands for: the page's button, or a mail client's (RFC 8058)."""
    try:
        user_id = unsubscribing.user_of(token)
    except NotFound:
        return _page(404, pages.unknown(_browser_language()))
    with db.transaction(user(user_id)) as conn:
        service.choose(conn, user_id, [service.NO_MARKETING_MAIL])
        return _page(200, pages.done(service.language_of(conn, user_id)))


def _browser_language() -> str:
    """Who a broken link is for is not known, so their browser says what they read."""
    return languages.negotiated(app.current_event.headers.get("accept-language"))


def _page(status: int, body: str) -> Response[str]:
    return Response(status_code=status, content_type="text/html; charset=utf-8", body=body, headers=HEADERS)
