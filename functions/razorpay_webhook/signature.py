"""Whether Razorpay signed what was received."""

import hashlib
import hmac


def is_signed(body: bytes, signature: str, secrets: list[str]) -> bool:
    """Whether one of the secrets signed exactly these bytes (lower-case hex HMAC-SHA256), in constant time.

    Two secrets are valid while one replaces the other: Razorpay signs retries of older events with the old one.
    """
    given = signature.encode(errors="surrogatepass")
    good = [
        hmac.compare_digest(hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode(), given)
        for secret in secrets
        if secret
    ]
    return any(good)
