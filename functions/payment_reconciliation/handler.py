"""payment-reconciliation: daily at 02:00, every 15 minutes for open orders, and over HTTP for requested days."""

import time
from collections.abc import Callable
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.payment_reconciliation import service
from functions.payment_reconciliation.models import ReconciliationAnswer
from shared import auth, clock, db
from shared.actors import SERVICE
from shared.invocations import invocation
from shared.payments.gateway import gateway
from shared.reconciliation.models import ReconciliationDays
from shared.reconciliation.service import request_run
from shared.refusals import answers
from shared.routing import Router

TIME_TO_SPARE_MS = 30_000
"""One call to Razorpay (at most 10 s) and two transactions at their time limits, with a margin."""
HTTP_SECONDS = 10
"""API Gateway's limit is 30 s; a step that starts in time can still take as long as TIME_TO_SPARE_MS."""

app = Router(authorize=auth.require_service)


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    if "requestContext" in event:
        return app.serve(event, context)
    service.start_due_runs(clock.now())
    runs = service.continue_runs(
        gateway(), lambda: context.get_remaining_time_in_millis() > TIME_TO_SPARE_MS, time.sleep
    )
    return ReconciliationAnswer(runs=runs).model_dump(mode="json")


@app.post(
    "/functions/v1/payment-reconciliation",
    summary="Reconcile payments with Razorpay",
    tags=["Jobs"],
    responses=answers(200, days_to_come=422),
)
def reconcile(days: Annotated[ReconciliationDays | None, Body()] = None) -> ReconciliationAnswer:
    """Does what the schedules do, or reconciles the given days of the platform's time zone. A run that does not end in
    this call continues within 15 minutes, or with the next call."""
    auth.require_service(app.current_event.raw_event)
    now = clock.now()
    run_id = None
    if days is None:
        service.start_due_runs(now)
    else:
        with db.transaction(SERVICE) as conn:
            run_id = request_run(conn, days, None, now).id
    return ReconciliationAnswer(run_id=run_id, runs=service.continue_runs(gateway(), _within(HTTP_SECONDS), time.sleep))


def _within(seconds: float) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() < end
