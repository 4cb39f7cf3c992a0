"""The statements of giving feedback; row level security lets a student speak for their own seat only."""

from uuid import UUID

from psycopg.rows import class_row

from functions.account.feedback.models import Feedback, FeedbackEligibility, FeedbackRequest
from shared.db import Connection


def find_place(conn: Connection, registration_id: UUID, user_id: UUID) -> FeedbackEligibility | None:
    return (
        conn.cursor(row_factory=class_row(FeedbackEligibility))
        .execute(
            """
            select r.event_id, e.status as event_status, r.status, r.payment_status, e.starts_at
            from public.registrations r join public.events e on e.id = r.event_id
            where r.id = %(registration)s and r.user_id = %(user)s
            """,
            {"registration": registration_id, "user": user_id},
        )
        .fetchone()
    )


def insert_feedback(conn: Connection, user_id: UUID, event_id: UUID, given: FeedbackRequest) -> Feedback | None:
    """None when this registration has spoken already."""
    return (
        conn.cursor(row_factory=class_row(Feedback))
        .execute(
            """
            insert into public.event_feedback (registration_id, user_id, event_id, rating, comments)
            values (%(registration)s, %(user)s, %(event)s, %(rating)s, %(comments)s)
            on conflict (registration_id) do nothing
            returning id, registration_id, event_id, rating, comments, created_at
            """,
            {
                "registration": given.registration_id,
                "user": user_id,
                "event": event_id,
                "rating": given.rating,
                "comments": given.comments,
            },
        )
        .fetchone()
    )


def find_feedback(conn: Connection, registration_id: UUID, user_id: UUID) -> Feedback | None:
    return (
        conn.cursor(row_factory=class_row(Feedback))
        .execute(
            """
            select id, registration_id, event_id, rating, comments, created_at from public.event_feedback
            where registration_id = %(registration)s and user_id = %(user)s
            """,
            {"registration": registration_id, "user": user_id},
        )
        .fetchone()
    )
