"""Administrators revoke and reissue; they change nothing."""

from uuid import uuid4

from shared.certificates.certificate_numbers import is_certificate_number
from tests.certificates.certificate_platform import Platform


def test_a_revocation_is_audited_and_told(platform: Platform) -> None:
    student, registration = platform.graduate()
    mine = platform.generate(student, registration).body["certificate"]
    admin = platform.deployed.profile(admin=True)
    answer = platform.admin("POST", f"/{mine['id']}/revoke", by=admin, body={"reason": "Issued by mistake"})
    assert answer.status == 200
    assert answer.body["certificate"]["revokeReason"] == "Issued by mistake"
    again = platform.admin("POST", f"/{mine['id']}/revoke", by=admin, body={"reason": "Another reason"})
    assert (again.status, again.body["code"]) == (409, "already_revoked")
    (audited,) = platform.deployed.rows("select * from admin_audit_logs")
    assert (audited["admin_id"], audited["action"], audited["resource_id"]) == (admin, "certificate.revoke", mine["id"])
    assert audited["new_values"]["revokeReason"] == "Issued by mistake"
    told = platform.deployed.rows("select data from notifications_queue where template = 'certificate_revoked'")
    assert len(told) == 2
    assert told[0]["data"] == {
        "eventTitle": "Rust in a day",
        "certificateNumber": mine["certificateNumber"],
        "reason": "Issued by mistake",
    }


def test_a_reissue_corrects_the_name_and_the_old_one_points_to_it(platform: Platform) -> None:
    student, registration = platform.graduate("Asha Roa")
    old = platform.generate(student, registration).body["certificate"]
    answer = platform.admin("POST", f"/{old['id']}/reissue", body={"recipientName": "Asha Rao"})
    assert answer.status == 201
    new = answer.body["certificate"]
    assert new["recipientName"] == "Asha Rao"
    assert new["certificateNumber"] != old["certificateNumber"]
    assert is_certificate_number(new["certificateNumber"])
    shown = platform.get(token=old["verificationToken"]).body
    assert (shown["status"], shown["integrity"]["intact"]) == ("revoked", True)
    assert shown["certificate"]["recipientName"] == "Asha Roa"
    assert shown["certificate"]["replacedBy"]["certificateNumber"] == new["certificateNumber"]
    token = shown["certificate"]["replacedBy"]["verifyUrl"].partition("token=")[2]
    assert platform.get(token=token).body["valid"] is True
    own = platform.generate(student, registration)
    assert (own.status, own.body["certificate"]["id"]) == (200, new["id"])
    assert platform.stored_pdf(new["id"]) != platform.stored_pdf(old["id"])
    (audited,) = platform.deployed.rows("select * from admin_audit_logs")
    assert audited["action"] == "certificate.reissue"
    assert audited["new_values"]["replacedBy"] == new["id"]
    twice = platform.admin("POST", f"/{old['id']}/reissue", body={"recipientName": "Asha"})
    assert (twice.status, twice.body["code"]) == (409, "already_replaced")


def test_a_revoked_certificate_can_be_reissued_and_keeps_its_reason(platform: Platform) -> None:
    old = platform.certificate()
    platform.admin("POST", f"/{old['id']}/revoke", body={"reason": "Wrong person"})
    answer = platform.admin("POST", f"/{old['id']}/reissue", body={"recipientName": "Right Person"})
    assert answer.status == 201
    shown = platform.get(token=old["verificationToken"]).body
    assert (shown["certificate"]["revokeReason"], shown["integrity"]["intact"]) == ("Wrong person", True)


def test_what_cannot_be_done_changes_nothing(platform: Platform) -> None:
    mine = platform.certificate()
    student = platform.deployed.profile()
    body = {"reason": "Issued by mistake"}
    path = f"admin/certificates/{mine['id']}/revoke"
    refused = [
        platform.admin("POST", f"/{uuid4()}/revoke", body=body),
        platform.admin("POST", f"/{mine['id']}/revoke", body={"reason": "  "}),
        platform.admin("POST", f"/{mine['id']}/revoke", body=body | {"revokedAt": None}),
        platform.admin("POST", f"/{mine['id']}/reissue", body={"recipientName": "陳大文"}),
        platform.admin("POST", f"/{mine['id']}/reissue", body={"recipientName": "\u200b"}),
        platform.deployed.request("admin_certificates", "POST", path, user=student, body=body),
        platform.deployed.request("admin_certificates", "POST", path, user=student, groups=["admin"], body=body),
    ]
    assert [answer.status for answer in refused] == [404, 422, 422, 422, 422, 403, 403]
    assert platform.get(token=mine["verificationToken"]).body["valid"] is True
    assert platform.deployed.rows("select 1 from admin_audit_logs") == []


def test_certificates_are_found_by_number_course_and_student(platform: Platform) -> None:
    event = platform.completed_event()
    first, second = platform.issue_many(2)
    mine = platform.certificate("Asha Rao", event)
    found = platform.admin("GET", query={"number": mine["certificateNumber"]}).body["certificates"]
    assert [each["id"] for each in found] == [mine["id"]]
    found = platform.admin("GET", query={"eventId": str(event)}).body["certificates"]
    assert [each["id"] for each in found] == [mine["id"]]
    page = platform.admin("GET", query={"limit": "2"}).body
    rest = platform.admin("GET", query={"limit": "2", "cursor": page["nextCursor"]}).body
    ids = [each["id"] for each in [*page["certificates"], *rest["certificates"]]]
    assert sorted(ids) == sorted([mine["id"], str(first.id), str(second.id)])
