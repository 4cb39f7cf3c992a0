"""Runs MiniStack, in its own environment, with ten things that version 1.5 lacks.

1. A user pool's PostConfirmation trigger: MiniStack keeps the setting and never calls the function. Nor does it mark an
   address as verified when its code is entered.
2. State on disk while it runs: MiniStack saves on a clean end only, so a killed emulator would forget its users.
3. The sent mails in that state: MiniStack keeps the SMS, not the mails.
4. Cold starts that take as long as on AWS: MiniStack unpacks code and layers anew for each execution environment,
   in its own process, so that a few at once stop everything for seconds. Here each archive is unpacked once.
5. The attachments of the sent mails: MiniStack takes them and forgets them.
6. A user pool's CustomMessage trigger for codes: MiniStack calls it for invitations only.
7. The header `apigw-requestid` of an HTTP API's answers: MiniStack tells the id to the function alone.
8. The groups that a PreTokenGeneration trigger decides on: MiniStack looks for them where Cognito has the claims.
9. Some of what AWS decides a call by: MiniStack decides each call of a function by the policies of its role (AUTH), but
   not with the action of a batch, the sender of a mail and the ARN of a secret as AWS does.
10. Changed code without a deployment: when told to by SIGUSR2, functions start anew, with the code of LIVE_DIR.
"""
# pyright: basic, reportMissingImports=false
# MiniStack is installed in .tools/ministack only.

import base64
import copy
import email
import email.policy
import hashlib
import json
import logging
import os
import signal
import threading
import time
import zipfile
from contextvars import ContextVar
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ministack import app
from ministack.core import iam_evaluator, lambda_runtime
from ministack.core.concurrency import run_reentrant
from ministack.core.persistence import save_all
from ministack.core.responses import error_response_json
from ministack.services import apigateway, cognito, lambda_svc, ses, ses_v2

SECONDS_BETWEEN_SAVES = 5
CODES = {"SignUp": "SignUp", "ResendConfirmationCode": "ResendCode", "ForgotPassword": "ForgotPassword"}
"""The trigger's source, by what sends a code."""
ACCOUNT = "000000000000"
CONFIRMING = {"ConfirmSignUp", "AdminConfirmSignUp"}
CHANGING = {"cognito", "sqs", "ses", "ses_v2", "sns", "secretsmanager"}
Response = tuple[int, dict[str, str], bytes]

ses_request: ContextVar[bytes] = ContextVar("ses_request", default=b"")
enforce_ses = app._enforce_ses_v2
decide_by_policies = iam_evaluator.enforce
dispatch = cognito._dispatch_idp
extract_response = cognito._extract_trigger_response
send_mail = cognito._send_verification_email
requested: ContextVar[tuple[str, dict[str, str] | None]] = ContextVar("requested")
deployed = threading.Event()
changed = threading.Event()
saving = threading.Lock()
load = app._load_persisted_state
ses_state = ses.get_state
restore_ses = ses.load_persisted_state
handle_ses = ses_v2.handle_request
list_mails = app._handle_ses_messages_request
answer_request = apigateway._handle_execute_in_scope
new_uuid = apigateway.new_uuid
request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


async def answer_with_request_id(*arguments: Any, **more: Any) -> Response:
    token = request_id.set(new_uuid())
    try:
        status, headers, body = await answer_request(*arguments, **more)
        return status, {**headers, "apigw-requestid": str(request_id.get())}, body
    finally:
        request_id.reset(token)


def uuid_of_request() -> str:
    """The id of the request that is being answered, else a new one."""
    return request_id.get() or new_uuid()


async def dispatch_with_trigger(action: str, data: dict[str, Any]) -> Response:
    """Answer as MiniStack does, then call the trigger where the pool has one, as Cognito does."""
    requested.set((f"CustomMessage_{CODES.get(action)}", data.get("ClientMetadata")))
    try:
        response = await dispatch(action, data)
    except cognito._CustomMessageRejected as error:
        return cognito._custom_message_error(error)
    if action == "ConfirmSignUp" and response[0] == 200:
        mark_email_verified(data)
    if action in CONFIRMING and response[0] == 200:
        refused = await run_reentrant(call_post_confirmation, data)
        if refused:
            return error_response_json("UserLambdaValidationException", refused, 400)
    return response


def send_custom_mail(pool: dict[str, Any], username: str, attributes: dict[str, str], code: str, **_: Any) -> Any:
    """What the trigger writes, with the code in its place."""
    source, metadata = requested.get()
    custom = cognito._apply_custom_message_trigger(pool, source, username, attributes, metadata)
    if not custom.get("emailMessage"):
        return send_mail(pool, username, attributes, code)
    subject, body = (str(custom[name]).replace("{####}", code) for name in ("emailSubject", "emailMessage"))
    kind, extra = "CognitoVerificationMessage", {"Username": username, "AttributeName": "email"}
    return cognito._deliver_cognito_email(pool, attributes["email"], subject, body, type_name=kind, extra=extra)


def trigger_response_with_groups(payload: Any) -> dict[str, Any] | None:
    response = extract_response(payload)
    details = (response or {}).get("claimsAndScopeOverrideDetails") or {}
    if "groupOverrideDetails" in details:
        for token in ("idTokenGeneration", "accessTokenGeneration"):
            details[token] = {**(details.get(token) or {}), "groupOverrideDetails": details["groupOverrideDetails"]}
    return response


def call_post_confirmation(data: dict[str, Any]) -> str | None:
    """Invoke the trigger with Cognito's event; returns the reason when it fails. The user stays confirmed."""
    pool = pool_of(data)
    function_arn = (pool.get("LambdaConfig") or {}).get("PostConfirmation")
    if not function_arn:
        return None
    record, config, _ = lambda_svc._get_func_record_for_ref(function_arn)
    execution = lambda_svc._execution_record_for_config(record, config)
    result = lambda_svc._execute_function_with_config_scope(execution, post_confirmation_event(pool, data))
    return f"PostConfirmation failed: {result.get('body')}" if result.get("error") else None


def mark_email_verified(data: dict[str, Any]) -> None:
    user, _ = cognito._resolve_user(pool_of(data), data["Username"])
    others = [attribute for attribute in user["Attributes"] if attribute["Name"] != "email_verified"]
    user["Attributes"] = [*others, {"Name": "email_verified", "Value": "true"}]


def pool_of(data: dict[str, Any]) -> dict[str, Any]:
    if "UserPoolId" in data:
        return cognito._user_pools[data["UserPoolId"]]
    return next(pool for pool in cognito._user_pools.values() if data["ClientId"] in pool["_clients"])


def post_confirmation_event(pool: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-post-confirmation.html"""
    user, _ = cognito._resolve_user(pool, data["Username"])
    attributes = {attribute["Name"]: attribute["Value"] for attribute in user["Attributes"]}
    return {
        "version": "1",
        "triggerSource": "PostConfirmation_ConfirmSignUp",
        "region": cognito._pool_region(pool["Id"]),
        "userPoolId": pool["Id"],
        "userName": user["Username"],
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": data.get("ClientId")},
        "request": {"userAttributes": {**attributes, "cognito:user_status": "CONFIRMED"}},
        "response": {},
    }


def ses_state_with_mails() -> dict[str, Any]:
    return {**ses_state(), "sent_emails": copy.deepcopy(ses._sent_emails)}


def restore_ses_with_mails(state: dict[str, Any]) -> None:
    ses._sent_emails.update(state.pop("sent_emails", {}))
    restore_ses(state)


def attachments_of(content: dict[str, Any]) -> list[dict[str, Any]]:
    """The files of a mail, content in base64: as given, or parts of a whole message, its calendar part among them."""
    if "Raw" not in content:
        return content.get("Simple", {}).get("Attachments", [])
    message: Any = email.message_from_bytes(base64.b64decode(content["Raw"]["Data"]), policy=email.policy.default)
    return [
        {
            "FileName": part.get_filename() or "",
            "ContentType": part.get_content_type(),
            "RawContent": base64.b64encode(part.get_payload(decode=True)).decode(),
        }
        for part in message.iter_attachments()
    ]


async def handle_ses_with_attachments(
    method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
) -> Response:
    response = await handle_ses(method, path, headers, body, query)
    if path.endswith("/outbound-emails") and response[0] == 200:
        sent = json.loads(response[2])["MessageId"]
        record = next(mail for mail in reversed(ses._sent_emails_list()) if mail["MessageId"] == sent)
        record["Attachments"] = attachments_of(json.loads(body).get("Content", {}))
    return response


async def list_mails_with_attachments(
    method: str, path: str, headers: dict[str, str], query: dict[str, Any]
) -> Response | None:
    response = await list_mails(method, path, headers, query)
    if response is None or response[0] != 200:
        return response
    kept = {mail["MessageId"]: mail for mails in ses._sent_emails.to_dict().values() for mail in mails}
    document = json.loads(response[2])
    for mail in (each for account in document["messages"].values() for each in account):
        mail["Attachments"] = kept[mail["MessageId"]].get("Attachments", [])
    return (*response[:2], json.dumps(document).encode())


class UnpackedOnce(zipfile.ZipFile):
    """Puts a link to an unpacked copy where MiniStack wants to unpack."""

    folder = Path(os.environ["UNPACKED_DIR"])
    one_at_a_time = threading.Lock()

    def extractall(self, path: Any = None, members: Any = None, pwd: Any = None) -> None:
        contents = [(each.filename, each.CRC, each.file_size) for each in self.infolist()]
        name = hashlib.sha256(repr(contents).encode()).hexdigest()
        unpacked = self.folder / name
        with self.one_at_a_time:
            if not unpacked.exists():
                draft = unpacked.with_suffix(".draft")
                super().extractall(draft, super().namelist())
                draft.rename(unpacked)
        os.utime(unpacked)
        target = Path(path)
        target.rmdir()
        target.symlink_to(with_live_code(unpacked))

    def namelist(self) -> list[str]:
        """Nothing: MiniStack looks for names that leave the folder, which takes longer than to unpack; they can not."""
        return []


def with_live_code(unpacked: Path) -> Path:
    """The archive with links to what LIVE_DIR has in the place of its own code; itself, as long as nothing changed."""
    live = Path(os.environ["LIVE_DIR"])
    for folder, name in ((unpacked, "functions"), (unpacked / "python", "shared")):
        if (folder / name).exists() and (live / name).exists():
            break
    else:
        return unpacked
    mirror = live / unpacked.name
    inside = mirror / folder.relative_to(unpacked)
    with UnpackedOnce.one_at_a_time:
        if not mirror.exists():
            inside.mkdir(parents=True)
            for each in {*unpacked.iterdir(), *folder.iterdir()} - {folder}:
                link = mirror / each.relative_to(unpacked)
                link.symlink_to(live / name if each == folder / name else each)
    return mirror


def keep_renewing() -> None:
    """End the processes of all functions when their code has changed; one at work ends after its request."""
    while changed.wait():
        changed.clear()
        with lambda_runtime._lock:
            old = [worker for workers in lambda_runtime._workers.values() for worker in workers]
            lambda_runtime._workers.clear()
        lambda_runtime.kill_workers(worker for worker in old if not worker.in_use)
        for worker in (each for each in old if each.in_use):
            threading.Thread(target=end_after_its_request, args=(worker,), daemon=True).start()


def end_after_its_request(worker: Any) -> None:
    while worker.in_use:
        time.sleep(0.1)
    lambda_runtime.kill_workers([worker])


def load_then_keep_saving() -> None:
    load()
    threading.Thread(target=keep_renewing, daemon=True, name="keep-renewing").start()
    # Not before: a save that overtakes the load would overwrite the state with nothing.
    threading.Thread(target=keep_saving, daemon=True, name="keep-saving").start()


def keep_saving() -> None:
    """Save what students change every few seconds, and everything (100 MB) when told to by SIGUSR1."""
    while True:
        everything = deployed.wait(SECONDS_BETWEEN_SAVES)
        deployed.clear()
        services = app._build_persistence_save_dict()
        save_alone(services if everything else {name: services[name] for name in CHANGING & services.keys()})


def save_alone(services: dict[str, Any]) -> None:
    """One save at a time: two that write the same file leave a broken one."""
    with saving:
        save_all(services)


def mail_of(body: bytes) -> dict[str, Any]:
    """What AWS decides about a mail by: the identity it comes from, and its address."""
    sender = (json.loads(body or b"{}") or {}).get("FromEmailAddress", "")
    address = sender.rpartition("<")[2].rstrip(">")
    arn = f"arn:aws:ses:{os.environ['MINISTACK_REGION']}:{ACCOUNT}:identity/{address}"
    return {"resource_arn": arn, "service_context": {"ses:FromAddress": address}}


def enforce_mail(method: str, path: str, headers: dict[str, str], body: bytes, *more: Any) -> Any:
    ses_request.set(body)
    return enforce_ses(method, path, headers, body, *more)


def decide(access_key: str, action: str, service: str, region: str, **more: Any) -> Any:
    """Refuse what the caller's policies do, and write down what a function's role asked for and whether it may."""
    if service in {"ses", "sesv2"} and more.get("resource_arn", "*") == "*":
        more |= mail_of(ses_request.get())
    action = action.removesuffix("Batch") if service == "sqs" else action  # AWS knows no action of its own for a batch
    denied = decide_by_policies(access_key, action, service, region, **more)
    if denied and service == "secretsmanager":  # what Ref makes of a secret is its ARN on AWS, and its name here
        name = more["resource_arn"].rpartition(":")[2].rpartition("-")[0]
        denied = decide_by_policies(access_key, action, service, region, **{**more, "resource_arn": name})
    account = iam_evaluator.authenticate(access_key or "", ACCOUNT)
    caller = iam_evaluator.resolve_principal(access_key or "", ACCOUNT, account)
    if ":assumed-role/" in getattr(caller, "arn", ""):
        decision = {"role": caller.arn.split("/")[1], "action": action, "resource": more.get("resource_arn", "*")}
        line = json.dumps(decision | {"allowed": denied is None})
        with Path(os.environ["DECISIONS_LOG"]).open("a") as log:
            log.write(f"{line}\n")
    return denied


if __name__ == "__main__":
    Path(os.environ["DECISIONS_LOG"]).unlink(missing_ok=True)
    logging.getLogger("persistence").setLevel(logging.ERROR)
    apigateway._handle_execute_in_scope = answer_with_request_id
    apigateway.new_uuid = uuid_of_request
    cognito._dispatch_idp = dispatch_with_trigger
    iam_evaluator.enforce = decide
    # Nothing here speaks TLS, which the buckets insist on.
    app.pin_request_origin = lambda address, _secure: iam_evaluator.pin_request_origin(address, True)
    app._enforce_ses_v2 = enforce_mail
    cognito._send_verification_email = send_custom_mail
    cognito._extract_trigger_response = trigger_response_with_groups
    ses_v2.handle_request = handle_ses_with_attachments
    app._handle_ses_messages_request = list_mails_with_attachments
    ses.get_state = ses_state_with_mails
    ses.load_persisted_state = restore_ses_with_mails
    lambda_runtime.zipfile = SimpleNamespace(**{**vars(zipfile), "ZipFile": UnpackedOnce})
    signal.signal(signal.SIGUSR1, lambda *_: deployed.set())
    signal.signal(signal.SIGUSR2, lambda *_: changed.set())
    app.save_all = save_alone
    app._load_persisted_state = load_then_keep_saving
    app.main()
