"""/functions/v1/feedback: what a student thinks of a course."""

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.account.feedback import service
from functions.account.feedback.models import FeedbackAnswer, FeedbackRequest
from shared import auth, clock, db
from shared.actors import user
from shared.log import logger
from shared.refusals import answers

routes = APIGatewayHttpRouter()


@routes.post(
    "/functions/v1/feedback",
    summary="Rate a course",
    tags=["Feedback"],
    responses=answers(
        200,
        201,
        payment_incomplete=403,
        not_registered=404,
        event_cancelled=409,
        too_early=409,
        feedback_given=409,
    ),
)
def give_feedback(body: FeedbackRequest) -> Response[FeedbackAnswer]:
    """Once for each registration, after the course has begun; 200 for the same again."""
    user_id = auth.caller(routes.current_event.raw_event)
    with db.transaction(user(user_id)) as conn:
        feedback, is_new = service.give(conn, user_id, body, clock.now())
    logger.info("feedback_given", event_id=str(feedback.event_id), is_new=is_new)
    return Response(
        status_code=201 if is_new else 200,
        content_type="application/json",
        body=FeedbackAnswer(feedback=feedback),
    )
