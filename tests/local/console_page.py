"""The console in a browser, as an administrator uses it."""

import json

from tests.local.browser import Page
from tests.local.running_stack import RunningStack

SETTLED = "document.querySelector('h1') && !document.querySelector('.loading, [aria-busy=true]')"


class ConsolePage:
    """A tab with the console; what is clicked and typed is what a person clicks and types."""

    def __init__(self, page: Page, stack: RunningStack) -> None:
        self.page = page
        self._stack = stack

    def sign_in(self, user: str, fragment: str = "") -> None:
        """Open the console, here at a fragment, and sign in at the pool's login page."""
        self.page.open("about:blank")  # another fragment alone would load nothing
        self.page.command("Page.navigate", url=f"{self._stack.file.base_url}/console{fragment}")
        self.page.until("document.querySelector('input[name=username]')")
        found = self._stack.file.users[user]
        for field, text in (("username", found.email), ("password", found.password)):
            self.page.run(f"document.querySelector('input[name={field}]').focus()")
            self.page.type(text)
        self.page.press("Enter")
        self.page.until("location.pathname === '/console' && document.querySelector('main h1, .starting h1')")
        self.page.complaints.clear()  # the login page has no icon

    def go(self, fragment: str) -> None:
        self.page.run(f"location.hash = {json.dumps(fragment)}")
        self.settle()

    def settle(self) -> None:
        self.page.until(SETTLED)

    def shows(self, *texts: str) -> None:
        """Wait until the screen has all of these texts."""
        self.page.until(f"{json.dumps(texts)}.every(text => document.querySelector('main').innerText.includes(text))")

    def choose(self, action: str, within: str = "main", beside: str = "", **values: str) -> None:
        """Open an action's dialog and fill it in."""
        self.page.click(action, within, beside)
        self.page.until("document.querySelector('dialog[open] form')")
        for name, value in values.items():
            self.fill(name, value)

    def fill(self, name: str, value: str) -> None:
        """Put a value into an input of the dialog, as typing does."""
        self.page.run(f"""{{
          const input = document.querySelector('dialog[open] #action-{name}')
          Object.getOwnPropertyDescriptor(Object.getPrototypeOf(input), "value").set.call(input, {json.dumps(value)})
          for (const kind of ["input", "change"]) input.dispatchEvent(new Event(kind, {{ bubbles: true }}))
        }}""")

    def confirm(self, clicks: int = 1) -> None:
        """Confirm the dialog, perhaps impatiently; it must close, and nothing of it be refused."""
        self.page.run(
            f"for (let n = 0; n < {clicks}; n++) document.querySelector('dialog[open] form')?.requestSubmit()"
        )
        self.page.until("!document.querySelector('dialog[open]') || document.querySelector('dialog .refusal, .fault')")
        assert self.page.run("document.querySelector('dialog[open]')?.innerText") is None
        self.settle()

    def act(self, action: str, within: str = "main", beside: str = "", **values: str) -> None:
        self.choose(action, within, beside, **values)
        self.confirm()

    def violations(self) -> list[str]:
        return self.page.violations()

    def fits(self) -> bool:
        return bool(self.page.run("document.documentElement.scrollWidth <= innerWidth"))
