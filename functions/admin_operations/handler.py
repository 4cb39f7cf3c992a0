"""/functions/v1/admin/...: notifications, webhook log, audit log, fraud signals. One folder per resource.

Every route calls `administrator_of` first and opens its transaction as `administrator(id)`, because an administrator
needs both the group in the token and the row in the database. A change and its audit row are one transaction.
"""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.admin_operations.audit_logs.routes import routes as audit_logs
from functions.admin_operations.fraud_signals.routes import routes as fraud_signals
from functions.admin_operations.notifications.routes import routes as notifications
from functions.admin_operations.webhook_logs.routes import routes as webhook_logs
from shared import auth
from shared.invocations import invocation
from shared.routing import Router

app = Router(authorize=auth.admin_caller)
app.include_router(audit_logs)
app.include_router(fraud_signals)
app.include_router(notifications)
app.include_router(webhook_logs)


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.serve(event, context)
