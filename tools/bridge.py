"""Lets a container reach what listens on this machine's loopback addresses.

`sam local invoke --docker-network host` changes nothing: SAM keeps its containers on Docker's bridge.
"""

import asyncio
import json
import re
import subprocess
from collections.abc import AsyncGenerator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from ipaddress import ip_network

HOST = "host.docker.internal"
LOOPBACK = re.compile(r"127\.0\.0\.1|localhost")


def as_seen_from_container(text: str) -> str:
    return LOOPBACK.sub(HOST, text)


def loopback_ports(text: str) -> set[int]:
    """Every port that an address in the text names."""
    return {int(port) for port in re.findall(rf"(?:{LOOPBACK.pattern}):(\d+)", text)}


@asynccontextmanager
async def forwarded(address: str, ports: Iterable[int]) -> AsyncGenerator[None]:
    """While open, these ports of `address` lead to the same ports of 127.0.0.1."""
    async with AsyncExitStack() as servers:
        for port in ports:
            server = await asyncio.start_server(_Forward(port).accept, address, port)
            await servers.enter_async_context(server)
        yield


class _Forward:
    def __init__(self, port: int) -> None:
        self._port = port

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            there = await asyncio.open_connection("127.0.0.1", self._port)
            await asyncio.gather(_pipe(reader, there[1]), _pipe(there[0], writer))


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


def gateway() -> str | None:
    """This machine's address on Docker's bridge; None where Docker runs elsewhere and forwards by itself."""
    try:
        found = json.loads(_output("docker", "network", "inspect", "bridge"))[0]["IPAM"]["Config"][0]
        addresses = _output("hostname", "-I").split()
    except (FileNotFoundError, subprocess.CalledProcessError):
        return None
    address = found.get("Gateway") or str(ip_network(found["Subnet"])[1])
    return address if address in addresses else None


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
