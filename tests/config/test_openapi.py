"""The description of the API: valid, complete, and readable without an outside network."""

import json
import re
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from config.api.errors import NotFoundError, OtherError
from config.errors import ContractError
from organizations.events.delivery import body_of
from organizations.events.signature import signed_headers
from organizations.exceptions import DomainTakenError, InUseError
from organizations.models import Event
from tests.factories import WebhookDeliveryFactory

ORGANIZATION = "/v1/organizations/{organization_id}"
REMOVAL = f"{ORGANIZATION}/users/{{user_id}}"
ENDPOINT = f"{ORGANIZATION}/webhook-endpoints/{{endpoint_id}}"


@pytest.fixture
def schema(client: Client) -> Any:
    response = client.get("/v1/openapi.json")
    assert response.status_code == 200
    return response.json()


def operations(schema: Any) -> list[Any]:
    """Return every operation of every path."""
    return [each for methods in schema["paths"].values() for each in methods.values()]


def response_of(schema: Any, operation: Any, status: str) -> Any:
    """Return an operation's response, also where the operation only refers to it."""
    response = operation["responses"][status]
    reference = response.get("$ref", "").removeprefix("#/components/responses/")
    return schema["components"]["responses"][reference] if reference else response


def test_the_schema_is_valid_and_made_without_a_warning(tmp_path: Any) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "x.yml"))


def test_what_webhooks_send_is_described(schema: Any, db: None) -> None:
    delivery = WebhookDeliveryFactory.create()
    body = json.loads(body_of(delivery.event))
    sent = schema["webhooks"]["event"]["post"]

    content = sent["requestBody"]["content"]["application/json"]
    described = {each["properties"]["type"]["const"]: each for each in content["schema"]["oneOf"]}
    assert set(described) == set(content["examples"]) == set(Event.Type)
    assert set(body) == set(described[body["type"]]["required"])
    headers = signed_headers(delivery, b"{}")
    assert {each["name"] for each in sent["parameters"]} == set(headers) - {"Content-Type"}


def test_every_parameter_of_a_query_is_described(schema: Any) -> None:
    described = {
        f"{path} {parameter['name']}": parameter.get("description", "")
        for path, methods in schema["paths"].items()
        for operation in methods.values()
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "query"
    }

    assert f"{ORGANIZATION}/audit-log/export from_date" in described
    assert [name for name, description in described.items() if not description] == []


@pytest.mark.parametrize(
    ("method", "path", "statuses"),
    [
        ("delete", REMOVAL, "204 400 404 412 413 415 422"),
        ("patch", f"{REMOVAL}/memberships", "200 400 404 413 415 422"),
        ("post", f"{REMOVAL}/restore", "200 400 404 409 413 415 422"),
        ("get", f"{REMOVAL}/restore-preview", "200 404 409 422"),
        ("get", f"{REMOVAL}/removal-preview", "200 404"),
        ("get", REMOVAL, "200 404"),
        ("get", f"{ORGANIZATION}/removals/{{removal_id}}", "200 404"),
        ("get", f"{ORGANIZATION}/users", "200 422"),
        ("get", f"{ORGANIZATION}/departments", "200 422"),
        ("get", f"{ORGANIZATION}/roles", "200 422"),
        ("get", f"{ORGANIZATION}/removals", "200 422"),
        ("get", f"{ORGANIZATION}/removals/export", "200 422"),
        ("get", f"{ORGANIZATION}/audit-log/export", "200 422"),
        ("get", f"{ORGANIZATION}/audit-log", "200 410 422"),
        ("post", f"{REMOVAL}/deactivate", "200 400 404 413 415 422"),
        ("post", f"{REMOVAL}/reactivate", "200 400 404 413 415 422"),
        ("post", f"{REMOVAL}/transfer-resources", "200 400 404 413 415 422"),
        ("post", f"{ORGANIZATION}/users/delete-bulk", "200 400 404 413 415 422"),
        ("get", f"{ORGANIZATION}/webhook-endpoints", "200 422"),
        ("post", f"{ORGANIZATION}/webhook-endpoints", "201 400 413 415 422"),
        ("get", ENDPOINT, "200 404"),
        ("patch", ENDPOINT, "200 400 404 413 415 422"),
        ("delete", ENDPOINT, "204 404"),
        ("post", f"{ENDPOINT}/rotate-secret", "200 404"),
        ("post", f"{ENDPOINT}/test", "202 404 422"),
        ("get", f"{ENDPOINT}/deliveries", "200 404 422"),
        ("post", f"{ENDPOINT}/deliveries/{{delivery_id}}/redeliver", "202 404 422"),
    ],
)
def test_every_status_is_documented(schema: Any, method: str, path: str, statuses: str) -> None:
    documented = set(schema["paths"][path][method]["responses"])

    assert documented == {*statuses.split(), "401", "403", "405", "406", "429", "500", "503"}


def test_every_error_has_the_envelope_and_an_example_of_each_code(schema: Any) -> None:
    codes = set()
    for operation in operations(schema):
        for status in (each for each in operation["responses"] if int(each) >= 400):
            [content] = response_of(schema, operation, status)["content"].values()
            assert content["schema"] == {"$ref": "#/components/schemas/ErrorResponse"}
            for example in content["examples"].values():
                assert example["value"]["error"]["status"] == int(status)
                codes.add(example["value"]["error"]["code"])
    of_no_operation = {DomainTakenError, NotFoundError, OtherError}
    declared: set[type[ContractError]] = {
        *ContractError.__subclasses__(),
        *InUseError.__subclasses__(),
    } - {InUseError}
    assert codes == {error.code for error in declared - of_no_operation}


def test_every_answer_with_a_body_has_an_example(schema: Any) -> None:
    for operation in operations(schema):
        for status in operation["responses"]:
            response = response_of(schema, operation, status)
            for content in response.get("content", {}).values():
                assert content.get("examples"), operation["operationId"]


def test_operations_have_the_names_that_a_client_is_generated_with(schema: Any) -> None:
    names = {f"{each['tags'][0]}: {each['operationId']}" for each in operations(schema)}

    assert names >= {
        *("Users: listUsers", "Users: getUser", "Users: previewRemoval", "Users: removeUser"),
        *("Departments: listDepartments", "Roles: listRoles"),
        *("Removals: listRemovals", "Removals: getRemoval", "Removals: exportRemovals"),
        *("Audit log: listEvents", "Audit log: exportEvents"),
    }


def test_an_export_is_csv_and_its_errors_are_json(schema: Any) -> None:
    for path in ("removals/export", "audit-log/export"):
        operation = schema["paths"][f"{ORGANIZATION}/{path}"]["get"]
        assert list(response_of(schema, operation, "200")["content"]) == ["text/csv"]
        assert list(response_of(schema, operation, "422")["content"]) == ["application/json"]


def test_every_list_has_an_example_of_its_page(schema: Any) -> None:
    for path in ("users", "removals", "audit-log"):
        response = schema["paths"][f"{ORGANIZATION}/{path}"]["get"]["responses"]["200"]
        [example] = response["content"]["application/json"]["examples"].values()
        assert set(example["value"]) == {"items", "total", "skip", "limit", "has_more"}
        assert len(example["value"]["items"]) == 1


def test_it_is_made_once_for_everybody(
    schema: Any, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SchemaGenerator, "get_schema", None)

    assert client.get("/v1/openapi.json?lang=de&version=x").json() == schema


def test_the_body_takes_no_other_fields(schema: Any) -> None:
    assert schema["components"]["schemas"]["RemovalRequest"]["additionalProperties"] is False


def test_a_body_requires_no_field_that_can_be_left_out(schema: Any) -> None:
    removal = schema["components"]["schemas"]["RemovalRequest"]
    assert "required" not in removal
    # Generators for TypeScript take a field with a default for one that is always there.
    bodies = [
        body for name, body in schema["components"]["schemas"].items() if name.endswith("Request")
    ]
    assert [
        body for body in bodies for field in body["properties"].values() if "default" in field
    ] == []


def test_a_patch_requires_what_its_body_cannot_do_without(schema: Any) -> None:
    bodies = schema["components"]["schemas"]

    assert bodies["TaskChangeRequest"]["required"] == ["state"]
    assert bodies["AssignmentRequest"]["required"] == ["department_ids", "role_ids"]
    assert "required" not in bodies["PatchedRoleBodyRequest"]


def test_every_tag_is_described_and_removing_comes_first(schema: Any) -> None:
    names = [tag["name"] for tag in schema["tags"] if tag["description"]]
    used = {tag for operation in operations(schema) for tag in operation["tags"]}

    assert set(names) == used
    assert names[0] == schema["paths"][REMOVAL]["delete"]["tags"][0]


def test_each_error_response_stands_once(schema: Any) -> None:
    responses = [
        response
        for operation in operations(schema)
        for status, response in operation["responses"].items()
        if int(status) >= 400
    ]
    components = [json.dumps(each) for each in schema["components"]["responses"].values()]

    assert all(list(response) == ["$ref"] for response in responses)
    assert len(components) == len(set(components))


def test_a_client_knows_the_server_and_a_receiver_needs_no_token(schema: Any) -> None:
    assert [server["url"] for server in schema["servers"]] == ["/"]
    assert schema["webhooks"]["event"]["post"]["security"] == []


def test_the_page_loads_nothing_from_elsewhere(client: Client) -> None:
    page = client.get("/v1/docs").content.decode()

    assert not re.findall(r'(?:src|href)="https?://', page)
    for static in re.findall(r'(?:src|href)="/static/([^"]+)"', page):
        assert finders.find(static)
