"""Every rule holds for template.yaml, and finds the error it is there for."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.template import rules
from tests.template.rules import Templates, name
from tools.transform import Template, sam_template

Rule = Callable[[Templates], Iterator[str]]
Plant = Callable[[dict[str, Any]], object]
"""An edit of the template's resources."""


def edit(resource: str, key: str, value: Any) -> Plant:
    """Set a property of a resource; `None` removes it."""

    def plant(resources: dict[str, Any]) -> None:
        *parents, last = key.split(".")
        target = resources[resource]
        for parent in parents:
            target = target[parent]
        if value is None:
            del target[last]
        else:
            target[last] = value

    return plant


def on_dashboard(resources: dict[str, Any], old: str, new: str) -> None:
    body: dict[str, str] = resources["Dashboard"]["Properties"]["DashboardBody"]
    body["Fn::Sub"] = body["Fn::Sub"].replace(old, new)


def with_expression(resources: dict[str, Any], expression: str) -> None:
    resources["PaymentSuccessAlarm"]["Properties"]["Metrics"][0]["Expression"] = expression


def with_cors(kind: str, *headers: str) -> Plant:
    def plant(resources: dict[str, Any]) -> None:
        resources["HttpApi"]["Properties"]["CorsConfiguration"]["Fn::If"][1][kind] = headers

    return plant


TOUCHED = ("Account", "Events", "ProcessRefunds", "Profiles", "SendNotifications", "Status")
OPEN_ROUTE = {
    "ApiId": {"Ref": "HttpApi"},
    "Method": "GET",
    "Path": "/functions/v1/everything",
    "Auth": {"Authorizer": "NONE"},
}
NO_LIMITS = edit("SendNotificationsFunction", "Properties.Events.Drain.Properties.ScalingConfig", None)
SWEEP = "Properties.Events.Sweep.Properties"
PLANTED: list[tuple[Rule, Plant]] = [
    (rules.functions_are_versioned_with_their_layers, edit("CommonLayer", "Properties.PublishLambdaVersion", None)),
    (rules.layers_are_built_for_the_chosen_processor, edit("CommonLayer", "Metadata.BuildArchitecture", "arm64")),
    (rules.layers_are_built_for_the_chosen_processor, edit("DocumentsLayer", "Metadata.WorkingDirectory", ".")),
    (rules.layers_are_built_for_the_chosen_processor, edit("CommonLayer", "Metadata.BuildMethod", "python-uv")),
    (rules.schedules_keep_what_they_cannot_start, edit("ProcessRefundsFunction", f"{SWEEP}.Name", None)),
    (rules.schedules_keep_what_they_cannot_start, edit("ProcessRefundsFunction", f"{SWEEP}.Name", "process-refunds")),
    (rules.schedules_keep_what_they_cannot_start, edit("ProcessRefundsFunction", f"{SWEEP}.DeadLetterConfig", None)),
    (
        rules.schedules_keep_what_they_cannot_start,
        edit("ProcessRefundsFunction", f"{SWEEP}.ScheduleExpression", "rate(5 minute)"),
    ),
    (
        rules.schedules_keep_what_they_cannot_start,
        edit("ProcessRefundsFunction", f"{SWEEP}.ScheduleExpression", "cron(0 2 * * ?)"),
    ),
    (
        rules.schedules_keep_what_they_cannot_start,
        edit("ProcessRefundsFunction", f"{SWEEP}.ScheduleExpressionTimezone", None),
    ),
    (rules.scheduled_runs_that_fail_are_kept, edit("ProcessRefundsFunction", "Properties.EventInvokeConfig", None)),
    (rules.functions_fit_their_callers, edit("EventsFunction", "Properties.MemorySize", 20_000)),
    (rules.functions_fit_their_callers, edit("EventsFunction", "Properties.Timeout", 30)),
    (rules.functions_fit_their_callers, edit("ProfilesFunction", "Properties.Timeout", 15)),
    (rules.functions_fit_their_callers, edit("ProcessRefundsFunction", "Properties.Timeout", 1000)),
    (rules.functions_fit_their_callers, edit("EventsFunction", "Properties.Runtime", "python3.99")),
    (
        rules.logs_are_kept_for_a_while,
        edit("EventsFunction", "Properties.LoggingConfig", {"LogGroup": {"Ref": "AWS::NoValue"}}),
    ),
    (
        rules.logs_are_kept_for_a_while,
        edit("EventsFunction", "Properties.LoggingConfig", {"LogGroup": {"Ref": "HttpApiLogGroup"}}),
    ),
    (rules.logs_are_kept_for_a_while, edit("FunctionLogGroup", "Properties.RetentionInDays", None)),
    (rules.logs_are_kept_for_a_while, edit("HttpApiLogGroup", "Properties.RetentionInDays", None)),
    (rules.queues_outlive_their_readers, edit("NotificationQueue", "Properties.VisibilityTimeout", 359)),
    (rules.queues_outlive_their_readers, edit("NotificationQueue", "Properties.VisibilityTimeout", None)),
    (rules.queues_outlive_their_readers, edit("NotificationQueue", "Properties.RedrivePolicy.maxReceiveCount", 4)),
    (
        rules.queues_outlive_their_readers,
        edit("SendNotificationsFunction", "Properties.Events.Drain.Properties.FunctionResponseTypes", None),
    ),
    (rules.queue_readers_leave_connections_to_others, NO_LIMITS),
    (
        rules.dead_letters_are_kept_and_seen,
        edit("NotificationDeadLetterQueue", "Properties.MessageRetentionPeriod", 345_600),
    ),
    (
        rules.dead_letters_are_kept_and_seen,
        edit("ScheduleDeadLetterAlarm", "Properties.MetricName", "ApproximateNumberOfMessagesDelayed"),
    ),
    (rules.dead_letters_are_kept_and_seen, lambda resources: resources.pop("ScheduleDeadLetterAgeAlarm")),
    (
        rules.dead_letters_are_kept_and_seen,
        edit("ScheduleDeadLetterAgeAlarm", "Properties.Threshold", rules.TWO_WEEKS),
    ),
    (rules.everything_is_encrypted_and_private, edit("NotificationQueue", "Properties.SqsManagedSseEnabled", False)),
    (
        rules.everything_is_encrypted_and_private,
        edit("DocumentsBucket", "Properties.PublicAccessBlockConfiguration.BlockPublicPolicy", False),
    ),
    (rules.everything_is_encrypted_and_private, edit("RecordingsBucket", "Properties.BucketEncryption", None)),
    (rules.everything_is_encrypted_and_private, lambda resources: resources.pop("TreeHeadsBucketPolicy")),
    (
        rules.everything_is_encrypted_and_private,
        lambda resources: resources["RecordingsBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"][0].pop(
            "Condition"
        ),
    ),
    (rules.databases_are_verified, edit("EventsFunction", "Properties.Environment.Variables.PGSSLMODE", "require")),
    (rules.databases_are_verified, edit("EventsFunction", "Properties.Environment.Variables.PGSSLROOTCERT", "system")),
    (
        rules.databases_are_verified,
        edit("EventsFunction", "Properties.Environment.Variables.DATABASE_ADDRESS", "postgresql://h/d?sslmode=require"),
    ),
    (
        rules.functions_wait_for_the_migrations,
        edit("EventsFunction", "Properties.Environment.Variables.SCHEMA", ""),
    ),
    (rules.rollouts_are_watched, edit("RolloutApiAlarm", "Properties.AlarmName", "another")),
    (rules.rollouts_are_watched, lambda resources: resources["RolloutJobsAlarm"]["Properties"]["Metrics"].pop(1)),
    (rules.data_survives_the_stack, edit("DatabaseCluster", "DeletionPolicy", "Delete")),
    (rules.data_survives_the_stack, edit("DatabaseCluster", "Properties.DeletionProtection", False)),
    (rules.data_survives_the_stack, edit("UserPool", "DeletionPolicy", None)),
    (rules.data_survives_the_stack, edit("DocumentsBucket", "UpdateReplacePolicy", "Delete")),
    (rules.users_get_their_codes, edit("UserPool", "Properties.EmailConfiguration", None)),
    (
        rules.users_get_their_codes,
        lambda resources: resources["UserPool"]["Properties"]["EmailConfiguration"]["Fn::If"][1].pop("SourceArn"),
    ),
    (rules.users_get_their_codes, edit("UserPool", "Properties.DeletionProtection", None)),
    (
        rules.only_reviewed_routes_are_public,
        edit("AccountFunction", "Properties.Events.ListNotifications.Properties.Auth", {"Authorizer": "NONE"}),
    ),
    (rules.only_reviewed_routes_are_public, edit("EventsFunction", "Properties.Events.List.Properties.Auth", None)),
    (
        rules.only_reviewed_routes_are_public,
        edit("AccountFunction", "Properties.Events.Open", {"Type": "HttpApi", "Properties": OPEN_ROUTE}),
    ),
    (
        rules.browsers_may_send_and_read_what_functions_read_and_send,
        with_cors("AllowHeaders", "authorization", "content-type", "idempotency-key"),
    ),
    (
        rules.browsers_may_send_and_read_what_functions_read_and_send,
        with_cors("ExposeHeaders", "retry-after"),
    ),
    (rules.callers_are_throttled, edit("HttpApi", "Properties.DefaultRouteSettings", {})),
    (
        rules.callers_are_throttled,
        edit(
            "HttpApi", "Properties.RouteSettings", {"GET /gone": {"ThrottlingRateLimit": 1, "ThrottlingBurstLimit": 1}}
        ),
    ),
    (
        rules.functions_read_only_the_secrets_they_are_granted,
        edit("EventsFunction", "Properties.Environment.Variables.RAZORPAY_SECRET_ID", {"Ref": "RazorpaySecret"}),
    ),
    (rules.functions_read_only_the_secrets_they_are_granted, edit("StatusFunction", "Properties.Environment", {})),
    (
        rules.functions_read_only_the_secrets_they_are_granted,
        edit("EventsFunction", "Properties.Environment.Variables.SERVICE_KEY", "hunter2"),
    ),
    (
        rules.functions_read_only_the_secrets_they_are_granted,
        edit("EventsFunction", "Properties.Environment.Variables.DATABASE_URL", "postgresql://app:hunter2@db/app"),
    ),
    (rules.our_metrics_are_watched_and_no_others, edit("WebhookTimeAlarm", "Properties.MetricName", "WebhookTime")),
    (
        rules.our_metrics_are_watched_and_no_others,
        edit("WebhookTimeAlarm", "Properties.Dimensions", [{"Name": "service", "Value": "crash-course"}]),
    ),
    (rules.our_metrics_are_watched_and_no_others, edit("WebhookTimeAlarm", "Properties.Namespace", "Crash")),
    (rules.our_metrics_are_watched_and_no_others, lambda resources: resources.pop("Dashboard")),
    (rules.our_metrics_are_watched_and_no_others, lambda resources: on_dashboard(resources, "Backlog", "Queue")),
    (rules.our_metrics_are_watched_and_no_others, lambda resources: on_dashboard(resources, "${Stage}", "dev")),
    (rules.alarms_keep_the_targets, edit("PaymentSuccessAlarm", "Properties.Threshold", 90)),
    (rules.alarms_keep_the_targets, edit("CertificateAlarm", "Properties.ComparisonOperator", "GreaterThanThreshold")),
    (rules.alarms_keep_the_targets, lambda resources: resources.pop("NotificationDeliveryAlarm")),
    (rules.alarms_say_what_to_do_and_reach_somebody, edit("WebhookTimeAlarm", "Properties.AlarmDescription", "Slow")),
    (rules.alarms_say_what_to_do_and_reach_somebody, edit("WebhookTimeAlarm", "Properties.AlarmActions", [])),
    (rules.alarms_say_what_to_do_and_reach_somebody, edit("CertificateAlarm", "Properties.TreatMissingData", None)),
    (
        rules.alarms_say_what_to_do_and_reach_somebody,
        lambda resources: on_dashboard(resources, "WebhookTimeAlarm", "WebhookFailureAlarm"),
    ),
    (
        rules.rates_count_what_never_succeeded_and_not_one_failure_at_night,
        edit("PaymentSuccessAlarm", "Properties.DatapointsToAlarm", 1),
    ),
    (
        rules.rates_count_what_never_succeeded_and_not_one_failure_at_night,
        lambda resources: with_expression(resources, "IF(attempted >= 20, 100 * succeeded / attempted, 100)"),
    ),
    (
        rules.rates_count_what_never_succeeded_and_not_one_failure_at_night,
        lambda resources: with_expression(resources, "100 * FILL(succeeded, 0) / attempted"),
    ),
    (
        rules.websockets_have_no_condition,
        lambda resources: resources.update(
            Realtime={"Type": "AWS::Serverless::WebSocketApi", "Condition": "HasAlarmEmail", "Properties": {}}
        ),
    ),
]


RULES = {rule for rule, _ in PLANTED} | {rules.the_time_zone_exists, rules.parameters_are_explained_and_used}


@pytest.fixture(scope="module")
def template() -> Templates:
    return Templates(sam_template())


@pytest.mark.parametrize("rule", sorted(RULES, key=name), ids=name)
def test_the_template_keeps_the_rule(rule: Rule, template: Templates) -> None:
    assert list(rule(template)) == []


@pytest.mark.parametrize(("rule", "plant"), PLANTED, ids=name)
def test_the_rule_finds_a_planted_error(rule: Rule, plant: Plant, small: Templates) -> None:
    sam = copy.deepcopy(small.sam)
    plant(sam["Resources"])
    assert set(rule(Templates(sam))) - set(rule(small))


@pytest.fixture(scope="module")
def small() -> Templates:
    """The template with the functions that the planted errors touch, which SAM transforms in half the time."""
    sam = sam_template()
    functions = {each for each, resource in sam["Resources"].items() if resource["Type"] == "AWS::Serverless::Function"}
    for function in functions - {f"{each}Function" for each in TOUCHED}:
        del sam["Resources"][function]
    sam["Resources"].pop("RealtimeApi")
    return Templates(sam)


def test_a_time_zone_that_does_not_exist_is_found() -> None:
    assert list(rules.the_time_zone_exists(with_parameter("TimeZone", {"Type": "String", "Default": "Asia/Kolkatta"})))


def test_an_unused_and_an_unexplained_parameter_are_found() -> None:
    found = list(rules.parameters_are_explained_and_used(with_parameter("Spare", {"Type": "String"})))
    assert found == ["Spare is not used", "Spare is not explained"]


def with_parameter(name: str, parameter: Template) -> Templates:
    sam = sam_template()
    sam["Parameters"][name] = parameter
    return Templates(sam)


def test_a_change_of_a_layer_publishes_every_function() -> None:
    assert not versions(sam_template()) & versions(with_changed_layer(sam_template()))


def test_without_the_layers_own_flag_a_change_of_it_publishes_nothing() -> None:
    careless = sam_template()
    del careless["Resources"]["CommonLayer"]["Properties"]["PublishLambdaVersion"]
    assert versions(careless) == versions(with_changed_layer(careless))


def with_changed_layer(sam: Template) -> Template:
    sam["Resources"]["CommonLayer"]["Properties"]["ContentUri"] = "layers/changed"
    return sam


def versions(sam: Template) -> set[str]:
    return {name for name, _ in Templates(sam).deployed("AWS::Lambda::Version")}
