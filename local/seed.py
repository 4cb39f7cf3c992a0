"""A few published courses, so that there is something to register for. Times count from the first start."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

import psycopg

INSERT = """
insert into events
  (id, title, description, instructor, category, status, starts_at, ends_at, capacity, price_amount, meeting_url)
values
  (%(id)s, %(title)s, %(description)s, %(instructor)s, %(category)s, 'upcoming', %(starts_at)s, %(ends_at)s,
   %(capacity)s, %(price_amount)s, %(meeting_url)s)
on conflict (id) do nothing
"""


@dataclass(frozen=True)
class Course:
    slug: str
    title: str
    description: str
    instructor: str
    category: str
    days_ahead: int
    hours: int
    capacity: int
    price_amount: int
    """Paise."""

    @property
    def id(self) -> UUID:
        """The same on every machine, so that documentation can name it."""
        return uuid5(NAMESPACE_URL, f"https://example.com/courses/{self.slug}")


FREE = Course(
    "git-basics", "Git in an evening", "Branches, merges and how to get back.", "Leena Das", "technical", 14, 2, 500, 0
)
PAID = Course(
    "postgres-in-depth",
    "PostgreSQL in depth",
    "Indexes, plans, locks and row level security, on one live database.",
    "Arjun Menon",
    "technical",
    21,
    6,
    1000,
    49_900,
)
FEW_SEATS = Course(
    "system-design-clinic",
    "System design clinic",
    "Your own design, taken apart in a small group.",
    "Sara Thomas",
    "technical",
    28,
    4,
    3,
    149_900,
)
NON_TECHNICAL = Course(
    "speaking-clearly",
    "Speaking clearly",
    "Talks that people remember.",
    "Neel Kapoor",
    "non_technical",
    35,
    3,
    200,
    29_900,
)
COURSES = (FREE, PAID, FEW_SEATS, NON_TECHNICAL)


def plant(owner_url: str) -> int:
    """Insert the courses that are missing; returns how many were."""
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).replace(hour=4, minute=30, second=0, microsecond=0)
    with psycopg.connect(owner_url) as connection:
        return sum(connection.execute(INSERT, _row(course, tomorrow)).rowcount for course in COURSES)


def _row(course: Course, tomorrow: datetime) -> dict[str, object]:
    starts_at = tomorrow + timedelta(days=course.days_ahead)
    return {
        "id": course.id,
        "title": course.title,
        "description": course.description,
        "instructor": course.instructor,
        "category": course.category,
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=course.hours),
        "capacity": course.capacity,
        "price_amount": course.price_amount,
        "meeting_url": f"https://meet.example.com/{course.slug}",
    }
