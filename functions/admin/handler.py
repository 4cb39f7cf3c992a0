"""/functions/v1/admin/...: what administrators see and change, one folder a resource.

Every route asks `administrator_of` first and opens its transaction as `administrator(id)`: the group in the token and
the row in the database are both needed. Every change writes its audit row in the same transaction.
"""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.admin.attendance.routes import routes as attendance
from functions.admin.audit_logs.routes import routes as audit_logs
from functions.admin.certificates.routes import routes as certificates
from functions.admin.disputes.routes import routes as disputes
from functions.admin.events.routes import routes as events
from functions.admin.fraud_signals.routes import routes as fraud_signals
from functions.admin.notifications.routes import routes as notifications
from functions.admin.receipts.routes import routes as receipts
from functions.admin.reconciliation.routes import routes as reconciliation
from functions.admin.recordings.routes import routes as recordings
from functions.admin.refunds.routes import routes as refunds
from functions.admin.registrations.routes import routes as registrations
from functions.admin.sessions.routes import routes as sessions
from functions.admin.webhook_logs.routes import routes as webhook_logs
from shared.http import Router
from shared.invocations import invocation

app = Router()
app.include_router(attendance)
app.include_router(audit_logs)
app.include_router(certificates)
app.include_router(disputes)
app.include_router(events)
app.include_router(fraud_signals)
app.include_router(notifications)
app.include_router(reconciliation)
app.include_router(receipts)
app.include_router(recordings)
app.include_router(registrations)
app.include_router(refunds)
app.include_router(sessions)
app.include_router(webhook_logs)


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.serve(event, context)
