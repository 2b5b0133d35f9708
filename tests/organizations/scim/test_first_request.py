"""A process loads the protocol before it serves if a directory is connected, and not otherwise."""

import psutil
import pytest

from organizations.models import Organization
from tests.organizations.scim.caller import OFF, Directory
from tests.processes import running
from tests.production import Production, environment, serving

MOST_SECONDS = 0.1  # of the processor
WORKER = "from procrastinate.contrib.django import app; app.perform_import_paths()"
LOOK = "import sys; print('loaded', sorted(m for m in sys.modules if m.startswith('scim2_')))"


def processor_seconds(server: Production) -> float:
    """Return how long the processor has worked for the one worker of a server."""
    [worker] = psutil.Process(server.program.process.pid).children()
    times = worker.cpu_times()
    return times.user + times.system


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_the_first_request_of_a_process_takes_100_ms_of_the_processor(
    organization: Organization, method: str
) -> None:
    directory = Directory.of(organization)
    user_id = directory.add("ada@example.com")
    path = f"/scim/v2/organizations/{organization.pk}/Users"
    with serving("--workers", "1") as server:
        before = processor_seconds(server)

        if method == "GET":
            query = "?filter=userName%20eq%20%22ada%40example.com%22"
            answer = server.ask("GET", path + query, token=directory.token)
        else:
            body = {"Operations": [OFF]}
            answer = server.ask("PATCH", f"{path}/{user_id}", token=directory.token, body=body)

        took = processor_seconds(server) - before
    assert answer.status == 200, answer.body
    assert took <= MOST_SECONDS


@pytest.mark.django_db
@pytest.mark.parametrize(
    "start", ["import config.wsgi", f"import config.wsgi; {WORKER}"], ids=["server", "worker"]
)
def test_no_process_loads_it_at_its_start(start: str) -> None:
    with running("-c", f"{start}; {LOOK}", environment=environment()) as program:
        assert program.until(r"loaded (.*)")[1] == "[]"
