"""What visitors ask for before they sign in, as locust plays them: each once a second."""

# pyright: basic, reportMissingImports=false
# locust is installed in .tools/locust only.

from locust import FastHttpUser, constant_throughput, task

API = "/functions/v1"


class Visitor(FastHttpUser):
    """Reads only, so that a load leaves nothing behind."""

    wait_time = constant_throughput(1)
    courses: list[str]

    def on_start(self) -> None:
        self.courses = [each["id"] for each in self.client.get(f"{API}/events").json()["events"]]

    @task(6)
    def list_courses(self) -> None:
        self.client.get(f"{API}/events")

    @task(3)
    def see_course(self) -> None:
        for course in self.courses[:1]:
            self.client.get(f"{API}/events/{course}", name=f"{API}/events/<id>")

    @task(1)
    def ask_for_health(self) -> None:
        self.client.get(f"{API}/health")
