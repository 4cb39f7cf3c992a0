"""What is one's own is found on every route that takes an id."""

from tests.access.world import CALLER, World, guarded


def test_ones_own_is_found(world: World) -> None:
    """What may be done with it in its state is not asked here: 409 and 422 have found it."""
    for route in guarded():
        answer = world.ask(route, CALLER[route.who], ids="ann", body=world.body(route, "ann"))
        good = {200, 409} if route.method == "GET" else {200, 201, 403, 409, 422, 503}
        assert answer.status in good, (route, answer)
        assert answer.status != 403 or answer.body["code"] != "forbidden", (route, answer)
