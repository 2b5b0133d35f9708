"""A request, its errors and its log lines have one id, and contain nothing private."""

import json
import logging

import pytest
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks
from rest_framework.test import APIClient
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from organizations.models import Membership
from tests.conftest import ClientOf
from tests.factories import MembershipFactory
from tests.organizations.api.address import address_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("inbound", ["case-42", "a" * 64, "00-4bf92f-00f067/1=+:~@"])
def test_a_safe_inbound_id_is_kept(inbound: str) -> None:
    assert Client().get("/v1/x", HTTP_X_REQUEST_ID=inbound)["X-Request-ID"] == inbound


@pytest.mark.parametrize("inbound", ["", "a" * 65, "two words", "a\nb", "ä", "<b>", '"'])
def test_any_other_is_replaced(inbound: str) -> None:
    response = Client().get("/v1/x", HTTP_X_REQUEST_ID=inbound)

    assert response["X-Request-ID"] != inbound
    assert len(response["X-Request-ID"]) == 32
    assert response.json()["error"]["trace_id"] == response["X-Request-ID"]


@pytest.mark.parametrize("path", ["/admin/login/", "/v1/docs", "/static/nothing", "/"])
def test_every_response_carries_one(path: str) -> None:
    assert Client().get(path)["X-Request-ID"]


def test_a_removal_is_one_line_with_ids_and_counts_and_a_request_is_another(
    owner: Membership,
    client_of: ClientOf,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    member = MembershipFactory.create(organization=owner.organization, roles=["Member"])
    client: APIClient = client_of(owner.user)

    with (
        caplog.at_level(logging.INFO),
        capture_logs([merge_contextvars]) as logged,
        django_capture_on_commit_callbacks(execute=True),
    ):
        client.delete(address_of(member), {"confirm": True}, HTTP_X_REQUEST_ID="case-42")

    lines = {line["event"]: line for line in logged}
    assert len(logged) == len(lines) == 2
    assert not caplog.records  # nor does a library say anything
    removal, request = lines["member_removed"], lines["request"]
    assert removal["organization_id"] == member.organization_id
    assert (removal["user_id"], removal["actor_id"]) == (member.user_id, owner.user_id)
    assert (removal["source"], removal["trace_id"]) == ("api", "case-42")
    assert (removal["roles"], removal["departments"], removal["resources"]) == (1, 0, 0)
    assert (request["status"], request["trace_id"]) == (204, "case-42")


def test_no_line_has_a_token_an_address_or_a_body(
    owner: Membership, client_of: ClientOf, caplog: pytest.LogCaptureFixture
) -> None:
    client = client_of(owner.user)
    path = f"/v1/organizations/{owner.organization_id}/users/somebody@example.com"

    with capture_logs([merge_contextvars]) as logged, caplog.at_level(logging.DEBUG):
        client.delete(path, {"confirm": True, "note": "private"})
        Client().get("/v1/offboard_token", {"email": "somebody@example.com"})

    of_libraries = [str(record.msg) + str(record.args) for record in caplog.records]
    lines = json.dumps([*logged, *of_libraries])
    assert "request" in lines
    for private in ("somebody@", owner.user.email, "private", "offboard_token", "Bearer"):
        assert private not in lines
