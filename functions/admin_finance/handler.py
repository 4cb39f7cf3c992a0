"""/functions/v1/admin/...: disputes, receipts, reconciliation. One folder per resource.

Every route calls `administrator_of` first and opens its transaction as `administrator(id)`, because an administrator
needs both the group in the token and the row in the database. A change and its audit row are one transaction.
"""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.admin_finance.disputes.routes import routes as disputes
from functions.admin_finance.payments.routes import routes as payments
from functions.admin_finance.receipts.routes import routes as receipts
from functions.admin_finance.reconciliation.routes import routes as reconciliation
from shared import auth
from shared.invocations import invocation
from shared.routing import Router

app = Router(authorize=auth.admin_caller)
app.include_router(disputes)
app.include_router(payments)
app.include_router(receipts)
app.include_router(reconciliation)


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.serve(event, context)
