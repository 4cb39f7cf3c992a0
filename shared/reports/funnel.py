"""The funnel of registering: which events of visitors are its steps, in their order."""

from datetime import timedelta

STEPS = ("event_viewed", "registration_started", "payment_started", "registration_completed")
"""Values of `analytics_events.event_name`. Whoever changes them lets the funnel be counted anew (README)."""
VISIT = timedelta(days=1)
"""How long the steps of a session belong together; a first step after that begins another visit."""
