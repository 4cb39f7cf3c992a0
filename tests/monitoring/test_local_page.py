"""The local page of metrics reads what the functions really write."""

from local.metrics import summarise
from shared import metrics
from shared.metrics import Metric
from tests.deployed import DeployedFunctions
from tests.log import Log
from tests.webhook.deliveries import buy


def test_what_a_purchase_wrote_is_on_the_page(deployed: DeployedFunctions, log: Log) -> None:
    buy(deployed).captured().deliver(deployed)
    buy(deployed).failed().deliver(deployed)
    found = summarise(log.text.splitlines())
    paid, delivered, generated = found.rates
    assert (paid.attempted, paid.succeeded, paid.percent, paid.is_missed) == (2, 1, 50, True)
    assert (delivered.percent, generated.is_missed) == (None, False)
    times = {each.name: each for each in found.metrics}
    assert times["WebhookProcessingTime"].count == 2
    assert times["PaymentsSucceeded"].total == 1


def test_all_values_of_a_metric_are_summed_up(log: Log) -> None:
    with metrics.written(stage="test"):
        for value in range(1, 201):
            metrics.add(Metric.DATABASE_TRANSACTION_TIME, value * 3)
    (measured,) = summarise(["START RequestId: 1", "[]", '{"message": "x"}', *log.text.splitlines()]).metrics
    assert (measured.count, measured.p95, measured.maximum, measured.latest) == (200, 570, 600, 600)
    assert (measured.average, measured.is_missed) == (301.5, True)
