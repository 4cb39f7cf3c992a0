"""/functions/v1/admin/...: what administrators see and change, one folder a resource.

Every route asks `administrator_of` first and opens its transaction as `administrator(id)`: the group in the token and
the row in the database are both needed. Every change writes its audit row in the same transaction.
"""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.admin.certificates.routes import routes as certificates
from functions.admin.events.routes import routes as events
from functions.admin.notifications.routes import routes as notifications
from shared.http import Router

app = Router()
app.include_router(certificates)
app.include_router(events)
app.include_router(notifications)


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.serve(event, context)
