"""/functions/v1/admin/...: courses, live sessions, recordings, attendance. One folder per resource.

Every route calls `administrator_of` first and opens its transaction as `administrator(id)`, because an administrator
needs both the group in the token and the row in the database. A change and its audit row are one transaction.
"""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.admin_courses.attendance.routes import routes as attendance
from functions.admin_courses.events.routes import routes as events
from functions.admin_courses.feedback.routes import routes as feedback
from functions.admin_courses.recordings.routes import routes as recordings
from functions.admin_courses.sessions.routes import routes as sessions
from functions.admin_courses.waitlist.routes import routes as waitlist
from shared import auth
from shared.invocations import invocation
from shared.routing import Router

app = Router(authorize=auth.admin_caller)
app.include_router(attendance)
app.include_router(events)
app.include_router(feedback)
app.include_router(recordings)
app.include_router(sessions)
app.include_router(waitlist)


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.serve(event, context)
