"""Verification of Razorpay's webhook signature."""

import hashlib
import hmac


def is_signed(body: bytes, signature: str, secrets: list[str]) -> bool:
    """Whether one of the secrets signed exactly these bytes (lower-case hex HMAC-SHA256), compared in constant time.

    Two secrets are valid during a rotation, because Razorpay signs retries of older events with the old secret.
    """
    given = signature.encode(errors="surrogatepass")
    good = [
        hmac.compare_digest(hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode(), given)
        for secret in secrets
        if secret
    ]
    return any(good)
