"""Runs other projects' conformance suites against the server."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from scim2_client import BaseSyncSCIMClient
from scim2_tester import Status, check_server, filling
from scim_sanity.probe.runner import run_probe_api

from organizations.models import Membership, Organization
from tests.directories import connect
from tests.production import serving

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

# What we answer otherwise than a suite expects, and why.
TESTER_ARGUED = {
    "PATCH modify() returned unexpected value for 'emails'.": (
        "An account has one address, which is the primary one whatever is sent."
    ),
    "PATCH modify() did not remove attribute 'emails'": (
        "The address is the account's login: it can be replaced, and is never taken away."
    ),
    "PATCH modify() did not remove attribute 'active'": (
        "Without active the state stays: nobody is let back in, or shut out, by an omission."
    ),
    **dict.fromkeys(
        (
            "Attribute 'members' was not added or has unexpected value",
            "Attribute 'members' was not replaced or has unexpected value",
        ),
        "It compares the members with what it sent, and each comes with a display.",
    ),
}
SANITY_ARGUED = {
    **dict.fromkeys(
        ("POST /Groups", "GET /Groups/{id}", "PUT /Groups/{id}"),
        "A department has no times; in RFC 7643, section 3.1, meta is optional.",
    ),
    **dict.fromkeys(
        ("PATCH /Groups/{id}", "PATCH /Groups/{id} remove members"),
        "It expects 200: a PATCH of a group is answered by 204 unless attributes are asked for.",
    ),
    "PATCH /Groups/{id} add member": (
        "It adds an id that is no user: whoever belongs to a department is a member."
    ),
}


class HttpClient(BaseSyncSCIMClient):
    """Sends the tester's requests over HTTP."""

    def __init__(self, client: httpx.Client) -> None:
        super().__init__()
        self.client = client

    def _stays_under_base_url(self, endpoint: str) -> bool:
        url = str(self.client.build_request("GET", endpoint).url)
        return url.startswith(str(self.client.base_url))

    def _parse_json(self, response: Any) -> Any:
        return response.json()

    def request(self, method: str, url: str, **options: Any) -> httpx.Response:
        """Send a request; return the response."""
        return self.client.request(method, url, **options)


@pytest.fixture
def base_url(organization: Organization, owner: Membership) -> Iterator[str]:
    """The address of a served organization that has an owner."""
    with serving(RATE_PER_CONNECTION="", RATE_PER_ADDRESS="") as server:
        yield f"http://127.0.0.1:{server.port}/scim/v2/organizations/{organization.pk}"


@pytest.fixture
def _addresses_are_of_the_domain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the tester make user names and e-mails such as Okta and Entra ID send."""
    example = filling.get_random_example_value

    def address(path: Any) -> Any:
        # A path from within an e-mail is only "value"; the tester makes its classes itself.
        model = getattr(path.resolve(), "target_model", type(None)).__name__
        is_address = str(path).endswith(("userName", "emails.value")) or (
            str(path) == "value" and model.startswith("Email")
        )
        if is_address:
            return f"{uuid4()}@example.com"
        # A type that the tester draws is now and then the one that is kept: it always draws this.
        return "other" if str(path).endswith("type") else example(path)

    monkeypatch.setattr(filling, "get_random_example_value", address)


@pytest.mark.usefixtures("_addresses_are_of_the_domain")
def test_scim2_tester_finds_what_is_argued_for_and_no_other_failure(
    base_url: str, organization: Organization
) -> None:
    _, token = connect(organization)
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"{base_url}/", headers=headers, timeout=60) as client:
        results = check_server(HttpClient(client))

    passed = [result for result in results if result.status == Status.SUCCESS]
    failed = {
        (result.reason or "").partition("\n")[0]
        for result in results
        if result.status in {Status.DEVIATION, Status.ERROR, Status.CRITICAL}
    }
    assert failed == set(TESTER_ARGUED)
    assert len(passed) > 50


def test_scim_sanity_finds_what_is_argued_for_and_no_other_failure(
    base_url: str, organization: Organization
) -> None:
    _, token = connect(organization)

    results = run_probe_api(base_url, token=token)["results"]

    failed = {result["name"] for result in results if result["status"] in {"fail", "error"}}
    assert failed == set(SANITY_ARGUED)
    assert sum(result["status"] == "pass" for result in results) > 20
