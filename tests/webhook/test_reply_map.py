"""What Razorpay is answered when the database fails: a 5xx where a retry helps, a 200 where none would.

Razorpay disables a webhook that fails for a day, so a fault that never passes must not be answered with a 5xx.
"""

from tests.database.conftest import link
from tests.database.link import Link
from tests.deployed import DeployedFunctions
from tests.webhook.deliveries import actual_outcomes, buy

__all__ = ["link"]

TRANSIENT = (
    "40001", "40P01", "53000", "53100", "53200", "53300", "53400", "55000", "55006", "55P03", "57000", "57014",
    "57P01", "57P02", "57P03", "57P05", "58000", "58030", "08000", "08003", "08006", "08P01", "25P03", "25P04",
)  # fmt: skip
PERMANENT = (
    "22000", "22001", "22003", "22007", "22008", "22012", "22021", "22023", "22026", "22P02", "22P03", "22P05",
    "2200G", "22030", "22032", "22033", "22035", "23000", "23001", "23502", "23503", "23505", "23514", "23P01",
    "54000", "54001",
)  # fmt: skip


def fail_with(deployed: DeployedFunctions, sqlstate: str) -> None:
    """Every payment of this database fails in this way."""
    deployed.rows(
        """
        create or replace function public.fail() returns trigger language plpgsql as $$
        begin
          raise exception 'broken' using errcode = (select value from public.fault);
        end $$
        """
    )
    deployed.rows("create table if not exists public.fault (value text)")
    deployed.rows("grant select on public.fault to service_role")
    deployed.rows("truncate public.fault")
    deployed.rows("insert into public.fault values (%s)", sqlstate)
    deployed.rows(
        "create or replace trigger fail before update on payment_transactions for each row execute function fail()"
    )


def test_a_transient_fault_is_a_503_and_a_permanent_one_a_200(deployed: DeployedFunctions) -> None:
    """W14: 50 injected faults."""
    faults = [(state, 503) for state in TRANSIENT] + [(state, 200) for state in PERMANENT]
    assert len(faults) == 50
    wrong: list[tuple[str, int, list[str]]] = []
    for sqlstate, wanted in faults:
        fail_with(deployed, sqlstate)
        event = buy(deployed).captured()
        answer = deployed.webhook(event.body, event_id=event.event_id)
        logged = deployed.rows("select status from webhook_logs where event_id = %s", event.event_id)
        states = [row["status"] for row in logged]
        if (answer.status, states) != (wanted, ["failed"] if wanted == 200 else []):
            wrong.append((sqlstate, answer.status, states))
    assert wrong == []
    assert deployed.rows("select 1 from payment_transactions where status <> 'initiated'") == []


def test_a_delivery_that_failed_with_the_database_is_applied_by_its_redelivery(deployed: DeployedFunctions) -> None:
    fail_with(deployed, "57P01")
    purchase = buy(deployed)
    event = purchase.captured()
    assert deployed.webhook(event.body, event_id=event.event_id).status == 503
    deployed.rows("drop trigger fail on payment_transactions")
    assert event.deliver(deployed) == "processed"
    assert actual_outcomes(deployed)[purchase.order_id].registration == "confirmed"


def test_an_unreachable_database_is_a_503_for_signed_and_a_401_for_unsigned_deliveries(
    deployed: DeployedFunctions, link: Link
) -> None:
    event = buy(deployed).captured()
    link.refusing = True
    link.drop_all()
    signed = deployed.webhook(event.body, event_id=event.event_id)
    assert (signed.status, signed.body["code"]) == (503, "unavailable")
    assert deployed.webhook(event.body, secret="wrong").status == 401
    link.refusing = False
    assert event.deliver(deployed) == "processed"


def test_a_fault_of_the_queue_changes_no_answer(deployed: DeployedFunctions) -> None:
    deployed.set(NOTIFICATION_QUEUE_URL="https://sqs.ap-south-1.amazonaws.com/123456789012/nowhere")
    assert buy(deployed).captured().deliver(deployed) == "processed"
    assert len(deployed.rows("select 1 from notifications_queue where status = 'pending'")) == 2
