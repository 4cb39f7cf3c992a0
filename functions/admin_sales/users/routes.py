"""People: find them, see what they have, merge two accounts of one person."""

from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.admin_sales.users import service
from functions.admin_sales.users.models import MergeAnswer, MergeRequest, UserAnswer, UserList
from shared import clock, db
from shared.actors import administrator
from shared.audit.service import administrator_of
from shared.log import logger
from shared.paging import DEFAULT_LIMIT, MAX_LIMIT
from shared.refusals import answers

routes = APIGatewayHttpRouter()
PATH = "/functions/v1/admin/users"


@routes.get(PATH, summary="Find people", tags=["Admin"])
def find_users(
    q: Annotated[
        str | None,
        Query(max_length=320, description="An address however it is spelled, a number in E.164, an id, or a name."),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> UserList:
    """The newest first. Names are found by their words, the last of which may be cut short; so may an address."""
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id), read_only=True) as conn:
        return service.search(conn, q, cursor=cursor, limit=limit)


@routes.get(
    f"{PATH}/<user_id>",
    summary="One person with seats, payments and certificates",
    tags=["Admin"],
    responses=answers(200, not_found=404),
)
def show_user(user_id: Annotated[UUID, Path()]) -> UserAnswer:
    """The newest 100 of each."""
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id), read_only=True) as conn:
        return UserAnswer(user=service.show(conn, user_id))


@routes.post(
    f"{PATH}/<user_id>/lift-hold-limits",
    summary="Let a person hold seats again at once",
    tags=["Admin"],
    responses=answers(200, not_found=404),
)
def lift_hold_limits(user_id: Annotated[UUID, Path()]) -> UserAnswer:
    """For somebody who is refused with `too_many_holds` and means it: what they let lapse until now is forgotten."""
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id)) as conn:
        service.lift_hold_limits(conn, user_id, clock.now())
        admin.record(conn, "user.lift_hold_limits", "user", user_id)
        return UserAnswer(user=service.show(conn, user_id))


@routes.post(
    f"{PATH}/<user_id>/merge",
    summary="Move what a lost login owned to this account",
    tags=["Admin"],
    responses=answers(
        200,
        not_found=404,
        administrator=409,
        account_erased=409,
        already_merged=409,
        merge_conflict=409,
        same_account=422,
    ),
)
def merge_user(user_id: Annotated[UUID, Path()], body: MergeRequest) -> MergeAnswer:
    """Seats, payments, referrals, places and the inbox move in one transaction.

    Certificates and receipts stay as they were made out and are the person's all the same. Without `dryRun: false`
    nothing moves.
    """
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id)) as conn:
        answer = service.merge(conn, body.from_user_id, user_id, admin.id, clock.now(), dry_run=body.dry_run)
        if not body.dry_run:
            admin.record(
                conn, "user.merge", "user", user_id, new={"fromUserId": str(body.from_user_id), **answer.moved}
            )
    logger.info("accounts_merged", user_id=str(user_id), from_user_id=str(body.from_user_id), dry_run=body.dry_run)
    return answer
