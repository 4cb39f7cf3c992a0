"""From sign-up to a paid seat, with the mail and the inbox that tell about it."""

import re

from local.demo.journey import Journey, Json, eventually, expect
from local.seed import PAID


def sign_up(journey: Journey) -> str:
    """signs up and confirms with the code from the mail"""
    client, client_id = journey.cognito(), journey.stack.cognito.client_id
    attributes = {"email": journey.email, "name": "Demo Student", "phone_number": journey.phone}
    client.sign_up(
        ClientId=client_id,
        Username=journey.email,
        Password=journey.password,
        UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
    )
    mail = eventually(lambda: next(iter(journey.mails()), None), "no mail with a code")
    code = re.search(r"(?<=>)\d{6}(?=<)", mail["html"])
    expect(code, f"no code in: {mail['html']}")
    client.confirm_sign_up(ClientId=client_id, Username=journey.email, ConfirmationCode=code[0] if code else "")
    return f"{journey.email}, code {code[0] if code else ''}"


def log_in(journey: Journey) -> str:
    """logs in"""
    answer = journey.cognito().initiate_auth(
        ClientId=journey.stack.cognito.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": journey.email, "PASSWORD": journey.password},
    )
    journey.token = answer["AuthenticationResult"]["AccessToken"]
    return f"an access token of {answer['AuthenticationResult']['ExpiresIn'] // 3600} h"


def prove_phone(journey: Journey) -> str:
    """proves the phone number with the code from the SMS"""
    journey.call("POST", "me/phone", {"phone": journey.phone})
    text = eventually(lambda: next(iter(journey.texts()), None), "no SMS with a code")
    code = re.search(r"\d{6}", text["text"])
    expect(code, f"no code in: {text['text']}")
    profile = journey.call("POST", "me/phone/verify", {"code": code[0] if code else ""})["profile"]
    expect(profile["phoneVerified"] and profile["phone"] == journey.phone, f"the profile is {profile}")
    return f"“{text['text']}”"


def correct_profile(journey: Journey) -> str:
    """corrects the name that certificates print"""
    before = journey.call("GET", "me")["profile"]
    expect(before["emailVerified"] and before["email"] == journey.email, f"the profile is {before}")
    profile = journey.call("PATCH", "me", {"name": "Demo Kumari"})["profile"]
    return f"{before['name']} is now {profile['name']}"


def browse_courses(journey: Journey) -> str:
    """looks at the courses"""
    events = journey.call("GET", "events")["events"]
    journey.event = next((event for event in events if event["id"] == str(PAID.id)), {})
    expect(journey.event, f"{PAID.title} is not among the {len(events)} courses")
    return f"{len(events)} courses; {PAID.title}: {money(journey.event['priceAmount'])}, {seats(journey)} seats left"


def register(journey: Journey) -> str:
    """registers for the paid course"""
    answer = journey.call("POST", "registrations", {"eventId": journey.event["id"]}, status=201)
    journey.registration, journey.order = answer["registration"], answer["order"]
    expect(journey.registration["status"] == "pending", f"the registration is {journey.registration['status']}")
    expect(journey.order["amount"] == journey.event["priceAmount"], f"the order asks {journey.order['amount']} paise")
    return f"seat held until {journey.registration['holdExpiresAt']}, {journey.order['id']} to pay"


def pay(journey: Journey) -> str:
    """pays at Razorpay Checkout"""
    journey.checkout = journey.razorpay(f"checkout/{journey.order['id']}/pay")
    expect("razorpay_signature" in journey.checkout, f"Checkout answered {journey.checkout}")
    return str(journey.checkout["razorpay_payment_id"])


def verify_payment(journey: Journey) -> str:
    """shows the platform what Checkout answered"""
    path = f"registrations/{journey.registration['id']}/verify-payment"
    registration = journey.call("POST", path, journey.checkout)["registration"]
    expect_confirmed(registration)
    return f"{registration['status']}, payment {registration['paymentStatus']}"


def receive_webhook(journey: Journey) -> str:
    """waits for Razorpay's webhook"""

    def delivered() -> Json | None:
        deliveries = journey.razorpay("_control/deliveries", {"event": "payment.captured"})
        ours = (each for each in deliveries if journey.order["id"] in str(each))
        return next((each for each in ours if each["state"] == "delivered"), None)

    delivery = eventually(delivered, "the webhook payment.captured was not delivered", seconds=120)
    return f"{delivery['event']} delivered, answered {delivery['attempts'][-1]}"


def see_seat(journey: Journey) -> str:
    """sees the seat"""
    expect_confirmed(journey.call("GET", f"registrations/{journey.registration['id']}")["registration"])
    before = seats(journey)
    journey.event = journey.call("GET", f"events/{journey.event['id']}")["event"]
    payments = journey.call("GET", "payments")["payments"]
    expect([each["status"] for each in payments] == ["success"], f"the payments are {payments}")
    return f"confirmed; {before} seats left before, {seats(journey)} now; one payment, {payments[0]['status']}"


def read_mail(journey: Journey) -> str:
    """gets the mail"""
    mail = eventually(
        lambda: next((each for each in journey.mails() if PAID.title in each["subject"] + each["text"]), None),
        "no mail about the course",
    )
    return f"“{mail['subject']}” from {mail['sender']}"


def read_inbox(journey: Journey) -> str:
    """finds it in the inbox"""
    inbox = eventually(lambda: journey.call("GET", "notifications")["notifications"], "nothing in the in-app inbox")
    return "; ".join(f"“{each['title']}”" for each in inbox)


STEPS = (
    sign_up,
    log_in,
    prove_phone,
    correct_profile,
    browse_courses,
    register,
    pay,
    verify_payment,
    receive_webhook,
    see_seat,
    read_mail,
    read_inbox,
)


def expect_confirmed(registration: Json) -> None:
    state = (registration["status"], registration["paymentStatus"])
    expect(state == ("confirmed", "completed"), f"the registration is {state}")


def seats(journey: Journey) -> int:
    return int(journey.event["seatsLeft"])


def money(paise: int) -> str:
    return f"₹{paise / 100:.2f}"
