"""The pages of a client that notifications lead to, and where a client has them: docs/clients.md."""

import re
from collections.abc import Mapping

PAGES = ("/events/{id}", "/registrations/{id}", "/waitlist/{id}", "/payments", "/referrals")
"""As the texts name them."""


def located(url: str, paths: Mapping[str, str]) -> str:
    """A page's path at this client, which has those of `paths` elsewhere; any other URL as it is."""
    for page, path in paths.items():
        if match := re.fullmatch(re.escape(page).replace(r"\{id\}", "([^/]+)"), url):
            return path.replace("{id}", "".join(match.groups()))
    return url
