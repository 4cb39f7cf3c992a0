"""Pages for people: a checkout to pay, fail or abandon an order."""

from aiohttp import web

from local.razorpay.control import OnLoop


def add_routes(app: web.Application, fake: OnLoop) -> None:
    pass
