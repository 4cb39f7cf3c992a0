"""Whether what the database says is as it should be for this build."""

from pathlib import Path

from functions.status.models import DatabaseState, Health

LATE_SECONDS = 900
"""As the alarm over the backlog of notifications."""
MIGRATIONS = Path(__file__).with_name("migrations")
"""Those of the build, by a link that building follows."""


def health(seen: DatabaseState | None, *, stage: str, build: str, expected: frozenset[str]) -> Health:
    """`seen` is nothing where the database does not answer."""
    if seen is None:
        return Health(
            status="degraded",
            stage=stage,
            build=build,
            database="unreachable",
            migrations="unknown",
            queue_age_seconds=None,
        )
    behind = seen.applied is not None and not expected <= frozenset(seen.applied)
    return Health(
        status="degraded" if behind or seen.queue_age_seconds > LATE_SECONDS else "ok",
        stage=stage,
        build=build,
        database="reachable",
        migrations="unknown" if seen.applied is None else "behind" if behind else "applied",
        queue_age_seconds=round(seen.queue_age_seconds),
    )


def expected_migrations() -> frozenset[str]:
    """The ids of the migrations of this build."""
    return frozenset(path.stem for path in MIGRATIONS.glob("*.sql"))
