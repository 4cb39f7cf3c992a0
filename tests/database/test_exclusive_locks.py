"""The rows that exclude transactions from each other: one at a time, and never nothing in silence."""

from collections.abc import Callable
from uuid import uuid4

import psycopg
import pytest

from functions.payment_reconciliation import run_queries
from functions.session_reminders import queries as reminders
from shared import db
from shared.actors import SERVICE, administrator
from shared.certificates import queries as certificates
from shared.receipts import queries as receipts
from tests.database.locks import EXCLUSIVE_LOCKS, SHARED_LOCKS
from tests.deployed import DeployedFunctions

LOCKS = (receipts.lock_serials, certificates.lock_chain, run_queries.lock_runs, reminders.take_turn)


def second_gets_it(deployed: DeployedFunctions) -> bool:
    """Whether another transaction can lock what one has locked."""
    with db.transaction(SERVICE) as conn:
        receipts.lock_serials(conn)
        try:
            deployed.rows("select from private.exclusive_locks where name = 'receipts' for update nowait")
        except psycopg.errors.LockNotAvailable:
            return False
    return True


def test_one_transaction_at_a_time_holds_a_lock(deployed: DeployedFunctions) -> None:
    assert not second_gets_it(deployed)


def test_without_rows_to_lock_two_would_hold_it(deployed: DeployedFunctions) -> None:
    deployed.looking.execute(SHARED_LOCKS)
    try:
        assert second_gets_it(deployed)
    finally:
        deployed.looking.execute(EXCLUSIVE_LOCKS)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_without_a_row_fails(deployed: DeployedFunctions, lock: Callable[[db.Connection], None]) -> None:
    with db.transaction(SERVICE) as conn:
        lock(conn)
    deployed.rows("delete from private.exclusive_locks")
    with pytest.raises(db.WrongRowCount), db.transaction(SERVICE) as conn:
        lock(conn)


def test_the_audit_log_is_not_written_without_its_lock(deployed: DeployedFunctions) -> None:
    admin = deployed.profile(admin=True)
    deployed.set(DATABASE_SECRET_ID="database-admin")
    deployed.rows("delete from private.exclusive_locks")
    with (
        pytest.raises(psycopg.errors.RaiseException, match="nothing to lock"),
        db.transaction(administrator(admin)) as conn,
    ):
        conn.execute(
            "insert into admin_audit_logs (admin_id, action, resource_type, resource_id) values (%s, 'a', 'b', %s)",
            (admin, str(uuid4())),
        )
