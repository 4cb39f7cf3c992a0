"""/functions/v1/admin/...: registrations, held payments, refunds, people. One folder per resource.

Every route calls `administrator_of` first and opens its transaction as `administrator(id)`, because an administrator
needs both the group in the token and the row in the database. A change and its audit row are one transaction.
"""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.admin_sales.held_payments.routes import routes as held_payments
from functions.admin_sales.refunds.routes import routes as refunds
from functions.admin_sales.registrations.routes import routes as registrations
from functions.admin_sales.users.routes import routes as users
from shared import auth
from shared.invocations import invocation
from shared.routing import Router

app = Router(authorize=auth.admin_caller)
app.include_router(held_payments)
app.include_router(refunds)
app.include_router(registrations)
app.include_router(users)


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.serve(event, context)
