"""The OpenAPI documents: whole, valid, and in words."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from openapi_spec_validator import OpenAPIV31SpecValidator


@pytest.mark.parametrize("prefix", ["/api/v1/", "/channel/v1/"])
def test_the_description_is_valid_and_holds_every_route(client: FlaskClient, prefix: str) -> None:
    spec = client.get(f"{prefix}openapi.json").json
    assert spec["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(spec).validate()
    described = {
        (method.upper(), path)
        for path, item in spec["paths"].items()
        for method in item
        if method in ("get", "post", "put", "delete")
    }
    routed = {
        (method, rule.rule.replace("<int:", "{").replace("<path:", "{").replace("<", "{").replace(">", "}"))
        for rule in client.application.url_map.iter_rules()
        if rule.rule.startswith(prefix) and not rule.rule.endswith("openapi.json")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert described == routed


def test_a_marketplace_is_told_what_every_field_of_the_channel_means(client: FlaskClient) -> None:
    """Its developers have the document alone."""
    shapes = client.get("/channel/v1/openapi.json").json["components"]["schemas"]
    silent = [
        f"{name}.{field}"
        for name, shape in shapes.items()
        for field, told in shape["properties"].items()
        if not told.get("description")
    ]
    assert silent == []


def test_errors_are_described_as_problems(client: FlaskClient) -> None:
    spec = client.get("/api/v1/openapi.json").json
    for name, response in spec["components"]["responses"].items():
        assert set(response["content"]) == {"application/problem+json"}, name


@pytest.mark.parametrize(
    "amount", ["Settings.rate_floor", "Campaign.fee", "CampaignBody.fee", "Opportunity.revenue", "BroughtBy.revenue"]
)
def test_an_amount_is_described_as_the_string_that_it_is(client: FlaskClient, amount: str) -> None:
    name, field = amount.split(".")
    told = client.get("/api/v1/openapi.json").json["components"]["schemas"][name]["properties"][field]
    assert "string" in told["type"]
    assert told["format"] == "decimal"
