"""`make up`: start everything, keep it running, end it cleanly."""

import asyncio
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from local import build, console, deploy, schedules, secret_values, seed, source_code, users
from local.database import Database
from local.emulator import Emulator
from local.fake_razorpay import FakeRazorpay
from local.front import Front, RunningFront
from local.process import Service, ServiceRoster
from local.razorpay.pages import CHECKOUT_SCRIPT
from local.stack_file import Cognito, StackFile
from local.state import StackError, StateFolder

SECONDS_BETWEEN_LOOKS = 0.25
RESTARTS_IN_A_MINUTE = 5


class Stack:
    """All parts of one local stack. `start` brings them up, `keep_up` restarts what dies, `stop` ends them."""

    def __init__(self, state: StateFolder, port: int) -> None:
        self._state = state
        self._roster = ServiceRoster(state.path("processes.json"))
        self._roster.end_leftovers()
        self._settings = state.settings()
        self._front = Front(port)
        self._database = Database(state, self._settings)
        self._emulator = Emulator(state, self._settings)
        self._razorpay = FakeRazorpay(state, self._settings, self._front.url)
        self._services: list[Service] = [self._database, self._emulator, self._razorpay]
        self._restarts: list[float] = []
        self._code = source_code.snapshot(source_code.root())
        self._threads: set[asyncio.Future[Any]] = set()

    @property
    def logs(self) -> Path:
        return self._state.logs

    async def start(self) -> StackFile:
        """Return when a client may use it; raises StackError."""
        self._state.stack_file.unlink(missing_ok=True)
        await self._front.start()
        try:
            async with asyncio.TaskGroup() as together:
                together.create_task(self._in_thread(self._start_database))
                together.create_task(self._in_thread(self._start, self._emulator))
                together.create_task(self._in_thread(self._start, self._razorpay))
                together.create_task(self._build())
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None
        return await self._furnish()

    async def stop(self) -> None:
        self._state.stack_file.unlink(missing_ok=True)
        await self._front.stop()
        await asyncio.gather(*self._threads, return_exceptions=True)  # one may be starting a process right now
        await asyncio.gather(*(asyncio.to_thread(service.stop) for service in self._services))
        self._roster.record([])

    async def keep_up(self) -> None:
        """Restart what ends and renew what changes, for ever; raises StackError when something keeps ending."""
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
            await self._in_thread(self._renew_code)
            for service in self._services:
                if how := service.ended():
                    await self._restart(service, how)

    def _renew_code(self) -> None:
        try:
            now = source_code.snapshot(source_code.root())
        except FileNotFoundError:
            return  # removed while it was looked at; the next look sees what came of it
        if now == self._code:
            return
        changed = sorted(Path(name).name for name, _ in now.items() ^ self._code.items())
        self._code = now
        self._emulator.renew_code(source_code.root())
        console.say(f"  live         {', '.join(dict.fromkeys(changed))}")

    async def _restart(self, service: Service, how: str) -> None:
        console.warn(f"{service.name} {how}; starting it again")
        self._restarts = [at for at in self._restarts if at > time.monotonic() - 60] + [time.monotonic()]
        if len(self._restarts) > RESTARTS_IN_A_MINUTE:
            raise StackError(f"{service.name} keeps ending; see {self._state.logs}")
        with suppress(StackError):  # the next look tries again, up to the limit above
            await self._in_thread(self._start, service)
            if service is self._emulator:
                await self._furnish()
            console.warn(f"{service.name} is back")

    async def _in_thread[**P, T](self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        thread = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
        self._threads.add(thread)
        thread.add_done_callback(self._threads.discard)
        return await asyncio.shield(thread)

    def _start(self, service: Service) -> None:
        with console.step(service.name):
            service.start()
            self._roster.record(self._services)

    def _start_database(self) -> None:
        with console.step(self._database.name) as result:
            self._database.start()
            self._roster.record(self._services)
            applied = self._database.prepare()
            result(f"{len(applied)} migrations applied" if applied else "nothing to migrate")

    async def _build(self) -> None:
        with console.step("build") as result:
            result(await build.build(self._state))

    async def _deploy(self) -> None:
        chosen = deploy.parameters(self._front.url, self._razorpay.url, self._emulator)
        stamp = f"{build.fingerprint()} {self._emulator.endpoint} {chosen}"
        if self._state.recalls("deployed", stamp) and await self._in_thread(deploy.exists, self._emulator):
            console.say("  ok           deploy: nothing changed")
            return
        with console.step("deploy") as result:
            await deploy.deploy(self._state, self._emulator, build.template(), chosen)
            stack = await self._in_thread(deploy.describe, self._emulator)
            result(f"{len(stack.physical)} resources")
            result(f"{await self._in_thread(deploy.connect_http_api, self._emulator, stack)} routes")
            await self._in_thread(deploy.prune, self._emulator, stack)
            self._emulator.checkpoint()
            self._state.remember("deployed", stamp)

    async def _furnish(self) -> StackFile:
        """Deploy, fill in secrets, sign users up, plant courses, open the front."""
        await self._deploy()
        return await self._in_thread(self._fill)

    def _fill(self) -> StackFile:
        with console.step("data") as result:
            stack = deploy.describe(self._emulator)
            secret_values.put(self._emulator, stack, self._database, self._settings)
            result(f"{seed.plant(self._database.owner_url)} courses planted")
            file = self._stack_file(stack)
            result(f"{len(file.users)} users signed in")
        self._front.running = RunningFront(
            self._emulator, file, stack.physical["HttpApi"], schedules.read(self._emulator, file.functions)
        )
        self._state.write(self._state.stack_file, file.model_dump_json(by_alias=True, indent=2))
        return file

    def _stack_file(self, stack: deploy.StackDeployment) -> StackFile:
        cognito = Cognito(user_pool_id=stack.outputs["UserPoolId"], client_id=stack.outputs["UserPoolClientId"])
        client = self._emulator.client("cognito-idp")
        users.lengthen_tokens(client, cognito)
        return StackFile(
            base_url=self._front.url,
            database_url=self._database.owner_url,
            app_database_url=self._database.login_url("public"),
            worker_database_url=self._database.login_url("worker"),
            aws_endpoint_url=self._emulator.endpoint,
            razorpay_url=self._razorpay.url,
            checkout_script_url=f"{self._razorpay.url}{CHECKOUT_SCRIPT}",
            web_socket_url=f"{self._emulator.web_socket_url}/{stack.physical['RealtimeApi']}/live",
            webhook_secret=self._settings.webhook_secret,
            service_role_key=self._settings.service_role_key,
            razorpay_key_id=self._settings.razorpay_key_id,
            razorpay_key_secret=self._settings.razorpay_key_secret,
            cognito=cognito,
            users=users.ensure(client, cognito, self._settings.user_password, self._database.owner_url),
            functions=stack.functions(),
        )


async def run(state: StateFolder, port: int) -> None:
    """Run until Ctrl-C or SIGTERM; raises StackError."""
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(each, ending.set)
    with state.locked():
        console.say(f"Starting the local stack in {state.root}")
        stack = Stack(state, port)
        work = asyncio.create_task(_serve(stack))
        waiting = asyncio.create_task(ending.wait())
        await asyncio.wait({work, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        work.cancel()
        try:
            with suppress(asyncio.CancelledError):
                await work
        finally:
            await stack.stop()
        console.say("\nThe local stack has ended; its state is kept for the next `make up`.")


async def _serve(stack: Stack) -> None:
    file = await stack.start()
    console.say(f"ready: {file.base_url}  ({console.elapsed():.1f} s; Ctrl-C ends it)")
    console.say(f"logs in {stack.logs}; each request below, with its id for: make logs REQUEST=<id>")
    await stack.keep_up()
