"""How AWS's refusals and silences become ours, and how long it is waited for."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from functions.send_notifications.models import ProviderBusy, ProviderFailed, ProviderRefused, ProviderTimedOut

if TYPE_CHECKING:
    from botocore.config import Config

CONNECT_SECONDS = 3
READ_SECONDS = 7
THROTTLED = frozenset({"Throttling", "ThrottlingException", "RequestLimitExceeded", "AccountSuspendedException"})


def limits() -> "Config":
    """One try within the time limits: attempts are counted in the database, not in the client."""
    from botocore.config import Config  # noqa: PLC0415 - comes with boto3

    return Config(connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries={"total_max_attempts": 1})


@contextmanager
def translated(permanent: frozenset[str], busy: frozenset[str]) -> Generator[None]:
    """Raise a DeliveryError for what a call in the block raises."""
    from botocore import exceptions  # noqa: PLC0415 - comes with boto3

    try:
        yield
    except exceptions.ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", "unknown"))
        if code in permanent:
            raise ProviderRefused(code) from error
        raise ProviderBusy(code) if code in busy | THROTTLED else ProviderFailed(code) from error
    except (exceptions.EndpointConnectionError, exceptions.ConnectTimeoutError) as error:
        raise ProviderBusy("out of reach") from error
    except Exception as error:  # an answer that is none makes botocore's parsers raise whatever they stumble over
        raise ProviderTimedOut(type(error).__name__) from error
