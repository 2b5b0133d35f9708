"""A list by pages with filters describes itself."""

from typing import Any

import pytest
from django.urls import path
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from tests.config.api.endpoints import NewestOrganizationList, OrganizationList


@pytest.fixture
def schema() -> Any:
    patterns = [
        path("v1/organizations", OrganizationList.as_view()),
        path("v1/newest", NewestOrganizationList.as_view()),
    ]
    GENERATOR_STATS.reset()
    generator: Any = SchemaGenerator
    schema = generator(patterns=patterns).get_schema(public=True)
    assert not GENERATOR_STATS
    return schema


def test_it_is_valid(schema: Any) -> None:
    validate_schema(schema)  # type: ignore[no-untyped-call]


def test_each_parameter_has_its_bounds(schema: Any) -> None:
    parameters = schema["paths"]["/v1/organizations"]["get"]["parameters"]
    schemas = {each["name"]: each["schema"] for each in parameters if each["in"] == "query"}

    assert set(schemas) == {
        "limit",
        "skip",
        "after",
        "name",
        "kind",
        "named",
        "from_date",
        "to_date",
    }
    assert schemas["limit"] == {"type": "integer", "minimum": 1, "maximum": 100, "default": 50}
    assert schemas["skip"] == {"type": "integer", "minimum": 0, "maximum": 10_000, "default": 0}
    assert schemas["after"] == {"type": "string", "pattern": "^org_[A-Za-z0-9_]+$"}
    assert schemas["kind"]["items"]["enum"] == ["North", "South"]
    assert schemas["named"] == {"type": "boolean"}
    assert schemas["to_date"] == {
        "anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}]
    }


def test_a_page_has_its_five_keys(schema: Any) -> None:
    answer = schema["paths"]["/v1/newest"]["get"]["responses"]["200"]
    reference = answer["content"]["application/json"]["schema"]["$ref"]

    page = schema["components"]["schemas"][reference.rsplit("/", 1)[1]]
    assert page["required"] == ["items", "total", "skip", "limit", "has_more"]
    assert page["properties"]["total"]["type"] == ["integer", "null"]
