"""The referee finds what is wrong, and lets pass what the product's own documentation shows."""

import json

import pytest

from tests.specs.strict import FOLDER, Checker, Rules, checker

CLOSED = {
    "paths": {
        "/things/{id}": {
            "put": {
                "parameters": [
                    {"name": "colour", "in": "query", "schema": {"type": "string", "enum": ["red"]}},
                    {"name": "size", "in": "query", "required": True, "schema": {"type": "integer"}},
                ],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
            },
            "get": {},
        }
    },
    "components": {"schemas": {"Thing": {"type": "object", "properties": {"name": {"type": "string", "nullable": True}}}}},
}
REFEREE = Checker(CLOSED, Rules(spec=""), ["GET /other/{id}", "GET /things/search"])


@pytest.mark.parametrize(
    ("url", "body", "complaint"),
    [
        ("/things/1?size=1&colour=red", {"name": None}, ""),
        ("/things/1?size=1&shade=red", {"name": "x"}, "unknown query parameter 'shade'"),
        ("/things/1?size=1&colour=blue", {"name": "x"}, "is not one of"),
        ("/things/1?size=big", {"name": "x"}, "is not a number"),
        ("/things/1", {"name": "x"}, "is required"),
        ("/things/1?size=1", {"name": 7}, "body /name"),
        ("/things/1?size=1", {"name": "x", "other": 1}, "other"),
        ("/nothing", None, "no such operation"),
    ],
)
def test_each_kind_of_fault_is_found(url: str, body: object, complaint: str) -> None:
    findings = REFEREE.check("PUT", url, body)
    assert any(complaint in one for one in findings) if complaint else findings == []


def test_body_where_none_is_foreseen_is_found() -> None:
    assert REFEREE.check("GET", "/things/1", {"x": 1})
    assert REFEREE.check("GET", "/things/search", {"x": 1}) == []
    assert REFEREE.check("GET", "/other/1") == []


def test_requests_of_zammads_documentation_conform() -> None:
    referee = checker("zammad")
    samples = json.loads((FOLDER / "zammad" / "doc-samples.json").read_text())["samples"]
    assert len(samples) == 125
    findings = [
        finding
        for one in samples
        if (one["method"], one["path"]) != ("GET", "/api/v1/links")  # shows a body with a GET, which its own document lacks
        for finding in referee.check(one["method"], one["path"].replace("{", "").replace("}", ""), one["request"])
    ]
    assert findings == []
    assert referee.check("GET", "/api/v1/tickets/5?colour=red") != []
    assert referee.check("POST", "/api/v1/ticket", {}) != []
