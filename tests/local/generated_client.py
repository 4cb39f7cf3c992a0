"""What a team that uses the API might write with the generated client: run with its folder on the path.

python -m generated_client <base url> <access token> <event id>
"""

# pyright: reportMissingImports=false
import sys
from uuid import UUID, uuid4

from client import AuthenticatedClient, Client
from client.api.events import get_event, list_events
from client.api.registrations import list_registrations, register
from client.models import EventAnswer, EventList, Problem, RegistrationAnswer, RegistrationList, RegistrationRequest

base_url, token, event_id = sys.argv[1], sys.argv[2], UUID(sys.argv[3])
anybody, student = Client(base_url=base_url), AuthenticatedClient(base_url=base_url, token=token)

courses = list_events.sync(client=anybody)
assert isinstance(courses, EventList)
assert event_id in [each.id for each in courses.events]
course = get_event.sync(event_id, client=anybody)
assert isinstance(course, EventAnswer)
assert course.event.starts_at.tzinfo

answer = register.sync(client=student, body=RegistrationRequest(event_id=event_id))
assert isinstance(answer, RegistrationAnswer), answer
again = register.sync(client=student, body=RegistrationRequest(event_id=event_id))
assert isinstance(again, Problem)
assert again.code == "already_registered"
own = list_registrations.sync(client=student)
assert isinstance(own, RegistrationList)
assert answer.registration.id in [each.id for each in own.registrations]

missing = get_event.sync_detailed(uuid4(), client=anybody)
assert missing.status_code == 404
assert isinstance(missing.parsed, Problem)
assert missing.parsed.code == "not_found"
sys.stdout.write(f"registered for {course.event.title}\n")
