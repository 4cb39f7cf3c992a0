"""What must hold in template.yaml and no linter checks: each rule returns what breaks it."""

import json
import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.metrics import NAMESPACE, SERVICE, Metric
from tools.transform import Template, cloudformation

PUBLIC_ROUTES = {  # reviewed: each checks its caller itself, or shows only what everybody may see
    "GET /functions/v1/events",
    "GET /functions/v1/events/{id}",
    "POST /functions/v1/razorpay-webhook",  # Razorpay's signature
    "POST /functions/v1/send-notifications",  # the service's bearer
    "POST /functions/v1/process-referrals",
    "POST /functions/v1/payment-reconciliation",
    "GET /functions/v1/unsubscribe",  # a signed token
    "POST /functions/v1/unsubscribe",
    "GET /functions/v1/registration",
    "GET /functions/v1/receipt",
    "GET /functions/v1/calendar/{token}",
    "GET /functions/v1/sessions/{id}/join",  # a signed token; without one, the user's is verified in code
    "GET /functions/v1/generate-certificate",  # a certificate's token; without one, the user's is verified in code
    "POST /functions/v1/generate-certificate/verify",
    "GET /functions/v1/generate-certificate/pdf",
    "GET /functions/v1/generate-certificate/badge",
    "GET /functions/v1/generate-certificate/status-lists/{number}",
    "GET /functions/v1/generate-certificate/keys",
    "GET /functions/v1/generate-certificate/keys/{name}",
    "GET /functions/v1/generate-certificate/issuer",
    "GET /functions/v1/generate-certificate/tree-head",
    "POST /functions/v1/analytics-events",  # anonymous visitors too; a user's token is verified in code
    "GET /console",  # static files
    "GET /console/{version}/{file}",
    "GET /functions/v1/console",
    "GET /functions/v1/health",
    "GET /functions/v1/docs",
    "GET /functions/v1/docs/{name}",
    "GET /functions/v1/openapi.json",
}
DATABASE_CONNECTIONS = 20  # what the queues together may take of the pool
SENT_HEADERS = {"authorization", "content-type", "idempotency-key", "if-match", "x-device-id"}
READ_HEADERS = {"etag", "retry-after", "content-disposition", "x-next-cursor"}
TWO_WEEKS = 1_209_600
WAITING_MESSAGES = "ApproximateNumberOfMessagesVisible"
OLDEST_MESSAGE = "ApproximateAgeOfOldestMessage"
EXPRESSION = re.compile(r"rate\(([2-9]|\d\d+) (minute|hour|day)s\)|rate\(1 (minute|hour|day)\)|cron\((\S+ ){5}\S+\)")


TARGETS = {  # the user's own, by what a breach of them is measured with
    "PaymentsSucceeded": ("LessThanThreshold", 95),
    "WebhookProcessingTime": ("GreaterThanThreshold", 2000),
    "NotificationsDelivered": ("LessThanThreshold", 98),
    "CertificatesGenerated": ("LessThanThreshold", 100),
}
OUR_DIMENSIONS = {"service": SERVICE, "stage": {"Ref": "Stage"}}


class Templates:
    """The template as written and as CloudFormation gets it."""

    def __init__(self, sam: Template) -> None:
        self.sam = sam

    @cached_property
    def cfn(self) -> Template:
        return cloudformation(self.sam)

    def written(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        return ((name, each) for name, each in self.sam["Resources"].items() if each["Type"] == kind)

    def deployed(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        found = self.cfn["Resources"].items()
        return ((name, each["Properties"]) for name, each in found if each["Type"] == kind)

    def properties(self, name: str) -> dict[str, Any]:
        return self.cfn["Resources"][name]["Properties"]


def name(of: object) -> str:
    """What pytest calls a rule or an edit."""
    return str(getattr(of, "__name__", of))


def referred(value: Any) -> str:
    """The logical id that a Ref or GetAtt names, or the empty string."""
    if not isinstance(value, dict):
        return ""
    target = value.get("Ref") or value.get("Fn::GetAtt") or ""
    return str(target[0] if isinstance(target, list) else target)


def functions_are_versioned_with_their_layers(both: Templates) -> Iterator[str]:
    common = both.sam["Globals"]["Function"]
    if not (common.get("AutoPublishAlias") and common.get("AutoPublishAliasAllProperties") is True):
        yield "Globals publish no version for every change"
    for name, layer in both.written("AWS::Serverless::LayerVersion"):
        if layer["Properties"].get("PublishLambdaVersion") is not True:
            yield f"{name} changes without a new function version"


def layers_are_built_for_the_chosen_processor(both: Templates) -> Iterator[str]:
    for name, layer in both.written("AWS::Serverless::LayerVersion"):
        wanted = {"BuildMethod": "makefile", "BuildArchitecture": {"Ref": "Architecture"}}
        wanted["WorkingDirectory"] = {"Fn::Sub": "layers/${Architecture}"}
        if layer.get("Metadata") != wanted or layer["Properties"]["CompatibleArchitectures"] != [
            {"Ref": "Architecture"}
        ]:
            yield f"{name} is not built for Architecture"


def schedules_keep_what_they_cannot_start(both: Templates) -> Iterator[str]:
    for name, schedule in both.deployed("AWS::Scheduler::Schedule"):
        target = schedule["Target"]
        if "${AWS::StackName}" not in json.dumps(schedule.get("Name", "")):
            yield f"{name} has a name that two stacks would share"
        if not target.get("DeadLetterConfig") or not target.get("RetryPolicy"):
            yield f"{name} has no dead-letter queue or retry policy"
        if not EXPRESSION.fullmatch(schedule["ScheduleExpression"]):
            yield f"{name} runs at {schedule['ScheduleExpression']}"
        if schedule.get("ScheduleExpressionTimezone") != {"Ref": "TimeZone"}:
            yield f"{name} is not in the platform's time zone"


def the_time_zone_exists(both: Templates) -> Iterator[str]:
    zone = both.sam["Parameters"]["TimeZone"]["Default"]
    try:
        ZoneInfo(zone)
    except ZoneInfoNotFoundError:
        yield zone


def scheduled_runs_that_fail_are_kept(both: Templates) -> Iterator[str]:
    kept = {referred(each["FunctionName"]) for _, each in both.deployed("AWS::Lambda::EventInvokeConfig")}
    for name, schedule in both.deployed("AWS::Scheduler::Schedule"):
        if referred(schedule["Target"]["Arn"]).removesuffix("Aliaslive") not in kept:
            yield f"{name} fails without a trace"


def websockets_have_no_condition(both: Templates) -> Iterator[str]:
    """SAM gives the Condition of a WebSocketApi to none of the resources it makes of it."""
    return (name for name, api in both.written("AWS::Serverless::WebSocketApi") if "Condition" in api)


def functions_fit_their_callers(both: Templates) -> Iterator[str]:
    for name, function in both.deployed("AWS::Lambda::Function"):
        if function["Runtime"] != "python3.13" or not 128 <= function["MemorySize"] <= 10_240:
            yield f"{name} has another runtime or an impossible memory size"
        if not 3 <= function["Timeout"] <= 900:
            yield f"{name} may run {function['Timeout']} s"
    for name, function in both.written("AWS::Serverless::Function"):
        kinds = {event["Type"] for event in function["Properties"].get("Events", {}).values()}
        if kinds == {"HttpApi"} and both.properties(name)["Timeout"] >= 30:
            yield f"{name} runs longer than API Gateway waits"
        if "Cognito" in kinds and both.properties(name)["Timeout"] > 5:
            yield f"{name} runs longer than Cognito waits"


def logs_are_kept_for_a_while(both: Templates) -> Iterator[str]:
    """All functions write to one group, whose lines name the function; each API's access log has a group of its own."""
    groups = {name for name, group in both.deployed("AWS::Logs::LogGroup") if group.get("RetentionInDays")}
    functions = both.deployed("AWS::Lambda::Function")
    used = [*{referred(each["LoggingConfig"].get("LogGroup")) for _, each in functions}]
    if len(used) > 1:
        yield f"functions write to {' and '.join(sorted(used))}"
    used += [
        referred(each["AccessLogSettings"]["DestinationArn"]) for _, each in both.deployed("AWS::ApiGatewayV2::Stage")
    ]
    yield from (f"{name or 'a function'} has no log group with a retention" for name in used if name not in groups)
    yield from (f"{name} is shared" for name in groups if used.count(name) > 1)


def queues_outlive_their_readers(both: Templates) -> Iterator[str]:
    for name, source in both.deployed("AWS::Lambda::EventSourceMapping"):
        function = both.properties(referred(source["FunctionName"]).removesuffix("Aliaslive"))
        queue = both.properties(referred(source["EventSourceArn"]))
        if queue.get("VisibilityTimeout", 30) < 6 * function["Timeout"]:
            yield f"{name}: the queue shows a message again while it is worked on"
        if queue.get("RedrivePolicy", {}).get("maxReceiveCount", 0) < 5:
            yield f"{name}: the queue gives up too early"
        if source.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]:
            yield f"{name}: one failure repeats its whole batch"


def queue_readers_leave_connections_to_others(both: Templates) -> Iterator[str]:
    limits = [each.get("ScalingConfig", {}) for _, each in both.deployed("AWS::Lambda::EventSourceMapping")]
    total = sum(limit.get("MaximumConcurrency", 1000) for limit in limits)
    if total > DATABASE_CONNECTIONS:
        yield f"{total} connections"


def dead_letters_are_kept_and_seen(both: Templates) -> Iterator[str]:
    seen = [each for _, each in both.deployed("AWS::CloudWatch::Alarm") if each.get("MetricName") == WAITING_MESSAGES]
    alarms = json.dumps([each.get("Dimensions") for each in seen])
    for name in dead_letter_queues(both):
        if both.properties(name).get("MessageRetentionPeriod") != TWO_WEEKS:
            yield f"{name} forgets before two weeks"
        if json.dumps({"Fn::GetAtt": [name, "QueueName"]}) not in alarms:
            yield f"{name} has no alarm"
    ages = [each for _, each in both.deployed("AWS::CloudWatch::Alarm") if each.get("MetricName") == OLDEST_MESSAGE]
    reminding = {
        referred(each["Dimensions"][0]["Value"]): each["Threshold"] for each in ages if each["Threshold"] < TWO_WEEKS
    }
    for name in sorted(scheduled_dead_letter_queues(both) - reminding.keys()):
        yield f"{name} drops its messages without a reminder"


def dead_letter_queues(both: Templates) -> set[str]:
    queues = [each.get("RedrivePolicy", {}).get("deadLetterTargetArn") for _, each in both.deployed("AWS::SQS::Queue")]
    return {referred(queue) for queue in queues if queue} | scheduled_dead_letter_queues(both)


def scheduled_dead_letter_queues(both: Templates) -> set[str]:
    targets = [each["Target"] for _, each in both.deployed("AWS::Scheduler::Schedule")]
    return {referred(each["DeadLetterConfig"]["Arn"]) for each in targets if "DeadLetterConfig" in each}


def everything_is_encrypted_and_private(both: Templates) -> Iterator[str]:
    for name, queue in both.deployed("AWS::SQS::Queue"):
        if queue.get("SqsManagedSseEnabled") is not True:
            yield f"{name} is not encrypted"
    for name, bucket in both.deployed("AWS::S3::Bucket"):
        block = bucket.get("PublicAccessBlockConfiguration", {})
        if len(block) != 4 or not all(block.values()) or "BucketEncryption" not in bucket:
            yield f"{name} is open or not encrypted"
    private = {
        referred(policy["Bucket"])
        for _, policy in both.deployed("AWS::S3::BucketPolicy")
        if any(denies_plain_http(each, policy["Bucket"]) for each in policy["PolicyDocument"]["Statement"])
    }
    for name in sorted({name for name, _ in both.deployed("AWS::S3::Bucket")} - private):
        yield f"{name} answers without TLS"


def denies_plain_http(statement: dict[str, Any], bucket: dict[str, str]) -> bool:
    arn = {"Fn::GetAtt": [referred(bucket), "Arn"]}
    resources = [arn, {"Fn::Join": ["", [arn, "/*"]]}]
    wanted = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": resources}
    return statement == {**wanted, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}


def databases_are_verified(both: Templates) -> Iterator[str]:
    """By libpq's defaults and by every address: encryption without verification is no protection."""
    for name, function in both.deployed("AWS::Lambda::Function"):
        variables = function["Environment"]["Variables"]
        if variables.get("PGSSLMODE") != "verify-full" or variables.get("PGSSLROOTCERT") != "/opt/authorities.pem":
            yield f"{name} does not verify a database by default"
        modes = set(re.findall(r"sslmode=([\w-]+)", json.dumps(variables)))
        if modes - {"verify-full"}:
            yield f"{name} connects with {sorted(modes)}"


def functions_wait_for_the_migrations(both: Templates) -> Iterator[str]:
    """By a reference, which CloudFormation takes for a dependency; the one that migrates is what they wait for."""
    for name, function in both.deployed("AWS::Lambda::Function"):
        waits = function["Environment"]["Variables"]["SCHEMA"] == {
            "Fn::If": ["MigratesDatabase", {"Ref": "DatabaseSchema"}, ""]
        }
        if waits == (name == "MigrateDatabaseFunction"):
            yield f"{name} would run new code on an old schema"


def rollouts_are_watched(both: Templates) -> Iterator[str]:
    """Requests by the API's failures, other functions by their own, if they run at least once in a rollout."""
    alarms = {json.dumps(each.get("AlarmName")): each for _, each in both.deployed("AWS::CloudWatch::Alarm")}
    named = both.sam["Globals"]["Function"]["DeploymentPreference"]["Alarms"]["Fn::If"][1]
    watched = json.dumps([alarms[json.dumps(each)] for each in named if json.dumps(each) in alarms])
    yield from (f"{each} is no alarm" for each in named if json.dumps(each) not in alarms)
    yield from (
        f"{each} has more than ten metrics"
        for each, alarm in alarms.items()
        if json.dumps(alarm).count("MetricStat") > 10
    )
    for name, function in both.written("AWS::Serverless::Function"):
        events = function["Properties"].get("Events", {}).values()
        often = {each["Type"] for each in events if not is_rare(each)}
        unseen = json.dumps([{"Name": "FunctionName", "Value": {"Ref": name}}]) not in watched
        at_once = function["Properties"].get("DeploymentPreference") == {"Enabled": False}
        if unseen and not at_once and (often - {"HttpApi"} or not events):
            yield f"{name} may fail unseen"


def is_rare(event: dict[str, Any]) -> bool:
    """Whether this is a schedule of an hour or more."""
    return event["Type"] == "ScheduleV2" and "minute" not in event["Properties"]["ScheduleExpression"]


def data_survives_the_stack(both: Templates) -> Iterator[str]:
    for name, cluster in both.written("AWS::RDS::DBCluster"):
        policies = (cluster.get("DeletionPolicy"), cluster.get("UpdateReplacePolicy"))
        if policies != ("Snapshot", "Snapshot") or not cluster["Properties"].get("DeletionProtection"):
            yield f"{name} is deleted without a snapshot"
    stores = ("AWS::S3::Bucket", "AWS::Cognito::UserPool", "AWS::SecretsManager::Secret")
    for name, resource in ((name, each) for kind in stores for name, each in both.written(kind)):
        if resource.get("DeletionPolicy") != "RetainExceptOnCreate" or resource.get("UpdateReplacePolicy") != "Retain":
            yield f"{name} is deleted with its data"


def users_get_their_codes(both: Templates) -> Iterator[str]:
    """Cognito's own sender stops at 50 mails a day for the whole account and says nothing."""
    for name, pool in both.written("AWS::Cognito::UserPool"):
        chosen = pool["Properties"].get("EmailConfiguration", {}).get("Fn::If", [None, {}])
        if chosen[0] != "UsesOwnPool" or chosen[1].get("EmailSendingAccount") != "DEVELOPER":
            yield f"{name} sends by Cognito's own sender"
        if not {"From", "SourceArn", "ConfigurationSet"} <= chosen[1].keys():
            yield f"{name} does not send as the platform does"
        if pool["Properties"].get("DeletionProtection") != "ACTIVE":
            yield f"{name} can be deleted by hand"


def only_reviewed_routes_are_public(both: Templates) -> Iterator[str]:
    public = {route for route, operation in routes(both) if operation["security"] != [{"Bearer": []}]}
    yield from sorted(public ^ PUBLIC_ROUTES)


def routes(both: Templates) -> Iterator[tuple[str, dict[str, Any]]]:
    for _, api in both.deployed("AWS::ApiGatewayV2::Api"):
        for path, operations in api.get("Body", {}).get("paths", {}).items():  # a WebSocket API has no body
            yield from (
                (f"{method.upper()} {path}", each) for method, each in operations.items() if method != "options"
            )


def callers_are_throttled(both: Templates) -> Iterator[str]:
    known = {route for route, _ in routes(both)}
    for name, stage in both.deployed("AWS::ApiGatewayV2::Stage"):
        for settings in [stage.get("DefaultRouteSettings", {}), *stage.get("RouteSettings", {}).values()]:
            if not {"ThrottlingRateLimit", "ThrottlingBurstLimit"} <= settings.keys():
                yield f"{name} leaves a route unlimited"
        yield from (
            f"{name} limits the unknown route {route}" for route in stage.get("RouteSettings", {}).keys() - known
        )


def browsers_may_send_and_read_what_functions_read_and_send(both: Templates) -> Iterator[str]:
    """A header that is missing here fails every request of a client on another origin that sends it."""
    for name, api in both.written("AWS::Serverless::HttpApi"):
        _, cors, _ = api["Properties"]["CorsConfiguration"]["Fn::If"]
        yield from (f"{name} lets no browser send {each}" for each in SENT_HEADERS - set(cors["AllowHeaders"]))
        yield from (f"{name} lets no browser read {each}" for each in READ_HEADERS - set(cors["ExposeHeaders"]))


def functions_read_only_the_secrets_they_are_granted(both: Templates) -> Iterator[str]:
    for name, function in both.deployed("AWS::Lambda::Function"):
        variables: dict[str, Any] = function["Environment"]["Variables"]
        named = {json.dumps(value) for key, value in variables.items() if key.endswith("_SECRET_ID")}
        granted = {json.dumps(each) for each in granted_secrets(both.properties(f"{name}Role"))}
        if named != granted:
            yield f"{name} names {sorted(named)} and may read {sorted(granted)}"
        for key, value in variables.items():
            if re.search("PASSWORD|TOKEN$|KEY$|SECRET$", key) or ("://" in str(value) and "@" in str(value)):
                yield f"{name} has a secret in {key}"


def granted_secrets(role: dict[str, Any]) -> Iterator[Any]:
    """What SAM's policy of that name makes of the secrets it is given."""
    for statement in (each for policy in role.get("Policies", []) for each in policy["PolicyDocument"]["Statement"]):
        if statement["Action"] == ["secretsmanager:GetSecretValue"]:
            yield statement["Resource"]["Fn::Sub"][1]["secretArn"]


def parameters_are_explained_and_used(both: Templates) -> Iterator[str]:
    used = json.dumps({**both.sam, "Parameters": {}})
    for name, parameter in both.sam["Parameters"].items():
        if f'"{name}"' not in used and f"${{{name}}}" not in used:
            yield f"{name} is not used"
        if not parameter.get("Description"):
            yield f"{name} is not explained"


def our_metrics_are_watched_and_no_others(both: Templates) -> Iterator[str]:
    """Each metric that the code writes has an alarm or a place on the dashboard, under the dimensions it is written."""
    written = {metric.value[0] for metric in Metric}
    used = [*alarm_metrics(both), *dashboard_metrics(both)]
    ours = [(where, metric, dimensions) for where, namespace, metric, dimensions in used if namespace == NAMESPACE]
    for where, metric, dimensions in ours:
        if metric not in written:
            yield f"{where} looks at {metric}, which nothing writes"
        if dimensions != OUR_DIMENSIONS:
            yield f"{where} looks at {metric} under {dimensions}"
    yield from (f"nobody looks at {metric}" for metric in sorted(written - {metric for _, metric, _ in ours}))
    yield from (
        f"{where} looks into {namespace}"
        for where, namespace, _, _ in used
        if namespace != NAMESPACE and not namespace.startswith("AWS/")
    )


def alarm_metrics(both: Templates) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Alarm, namespace, metric and dimensions, of what each alarm looks at."""
    for name, alarm in both.deployed("AWS::CloudWatch::Alarm"):
        looked_at = [each["MetricStat"]["Metric"] for each in alarm.get("Metrics", []) if "MetricStat" in each]
        for metric in looked_at or [alarm]:
            dimensions = {each["Name"]: each["Value"] for each in metric.get("Dimensions", ())}
            yield name, metric["Namespace"], metric["MetricName"], dimensions


def dashboard_metrics(both: Templates) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Widget, namespace, metric and dimensions, of what each dashboard shows."""
    for _, dashboard in both.deployed("AWS::CloudWatch::Dashboard"):
        for widget in json.loads(dashboard["DashboardBody"]["Fn::Sub"])["widgets"]:
            for metric in widget["properties"].get("metrics", []):
                if isinstance(metric[0], str):
                    namespace, name, *pairs = [each for each in metric if isinstance(each, str)]
                    values = [{"Ref": value[2:-1]} if re.fullmatch(r"\$\{\w+\}", value) else value for value in pairs]
                    yield (
                        widget["properties"]["title"],
                        namespace,
                        name,
                        dict(zip(pairs[::2], values[1::2], strict=True)),
                    )


def alarms_keep_the_targets(both: Templates) -> Iterator[str]:
    """What the platform is measured by: the targets as they were set, none left out."""
    found: dict[str, tuple[str, float]] = {}
    for name, alarm in both.deployed("AWS::CloudWatch::Alarm"):
        for where, _, metric, _ in alarm_metrics(both):
            if where == name:
                found[metric] = (alarm["ComparisonOperator"], alarm["Threshold"])
    for metric, target in TARGETS.items():
        if found.get(metric) != target:
            yield f"{metric} is alarmed at {found.get(metric)}, not at {target}"


def alarms_say_what_to_do_and_reach_somebody(both: Templates) -> Iterator[str]:
    shown = json.dumps([each["DashboardBody"] for _, each in both.deployed("AWS::CloudWatch::Dashboard")])
    for name, alarm in both.deployed("AWS::CloudWatch::Alarm"):
        sentences = alarm.get("AlarmDescription", "").split(". ")
        if len(sentences) < 2:
            yield f"{name} does not say what to do"
        if alarm.get("AlarmActions") != [{"Ref": "AlarmTopic"}]:
            yield f"{name} reaches nobody"
        if alarm.get("TreatMissingData") != "notBreaching":
            yield f"{name} rings at night when nobody does anything"
        if f"${{{name}.Arn}}" not in shown:
            yield f"{name} is not on the dashboard"


def rates_count_what_never_succeeded_and_not_one_failure_at_night(both: Templates) -> Iterator[str]:
    """CloudWatch drops a point where one side of an expression is missing: no success at all would not be seen."""
    for name, alarm in both.deployed("AWS::CloudWatch::Alarm"):
        for expression in [each["Expression"] for each in alarm.get("Metrics", []) if "Expression" in each]:
            if re.search(r"(?<!FILL\()succeeded", expression):
                yield f"{name} sees nothing while nothing succeeds"
            is_rate = "attempted" in expression
            if is_rate and (not expression.startswith("IF(attempted >") or alarm["DatapointsToAlarm"] < 2):
                yield f"{name} rings for a single failure"
