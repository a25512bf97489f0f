"""The OpenAPI document, drawn from the declarations and the wire structs."""

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from supportdesk_tui.server.http.call import Endpoint, Param
from supportdesk_tui.wire import schema

REF = "#/components/schemas/{name}"
_KEY = Param(
    "Idempotency-Key",
    {"type": "string", "pattern": "^[A-Za-z0-9_-]{8,64}$"},
    "header",
    says="The same key gets the first answer",
)
_MATCH = Param(
    "If-Match", {"type": "string", "pattern": '^"[0-9]{1,9}"$'}, "header", says="The version the agent saw, in quotes"
)
_REACHED = Param(
    "If-Log-Reached", {"type": "string", "pattern": "^[0-9]{1,18}$"}, "header", says="An event the log must not end before"
)
_PART = (
    Param("Range", {"type": "string", "pattern": "^bytes=[0-9]{1,15}-$"}, "header", says="Only what comes from this byte on"),
    Param("If-Range", {"type": "string", "pattern": '^"[0-9a-f]{32}"$'}, "header", says="The ETag of what came before it"),
)
_TITLES = {
    400: "Cannot be read", 401: "Sign in", 403: "Not allowed", 404: "No such thing", 408: "Too slow", 409: "Moved on",
    413: "Too large", 414: "Too long an address", 415: "In a coding the server does not take", 422: "Understood and refused",
    429: "Too often", 503: "Not now; nothing was changed",
}  # fmt: skip


def document(endpoints: Iterable[Endpoint]) -> bytes:
    """The whole document as JSON bytes."""
    declared = list(endpoints)
    kinds = [kind for one in declared for kind in (one.body, one.out) if kind not in {None, bytes}]
    shapes, components = msgspec.json.schema_components([*kinds, schema.ErrorOut], ref_template=REF)
    drawn = {id(kind): shape for kind, shape in zip([*kinds, schema.ErrorOut], shapes, strict=True)}
    paths: dict[str, dict[str, Any]] = {}
    for one in declared:
        paths.setdefault(schema.API_PREFIX + one.path, {})[one.method.lower()] = _operation(one, drawn)
    paths[f"{schema.API_PREFIX}/openapi.json"] = {
        "get": {
            "summary": "This document",
            "security": [],
            "responses": {"200": {"description": "OpenAPI", "content": {"application/json": {}}}},
        }
    }
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {"title": "Support desk", "version": schema.API_VERSION},
            "paths": paths,
            "components": {"schemas": components, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
            "security": [{"token": []}],
        }
    )


def _operation(one: Endpoint, drawn: dict[int, Any]) -> dict[str, Any]:
    names = re.findall(r"\{(\w+)\}", one.path)
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1, "maxLength": 60}}
        for name in names
    ]
    parameters += [_parameter(param, required=param.required) for param in one.params]
    if one.keyed:
        parameters.append(_parameter(_KEY, required=one.who == "agent"))
    if one.keyed and "{ticket}" in one.path:
        parameters += [_parameter(_MATCH, required=False), _parameter(_REACHED, required=False)]
    if one.in_parts:
        parameters += [_parameter(param, required=False) for param in _PART]
    operation: dict[str, Any] = {
        "summary": one.says,
        "operationId": f"{one.method.lower()}{re.sub(r'[^a-z]+', '_', one.path)}",
        "parameters": parameters,
        "responses": {
            str(one.status): _success(one, drawn),
            **({"206": _success(one, drawn)} if one.in_parts else {}),
            **{str(code): _refusal(code, drawn) for code in sorted(_codes(one))},
        },
    }
    if one.body is bytes:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    elif one.body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": drawn[id(one.body)]}}}
    if one.who == "anyone":
        operation["security"] = []
    return operation


def _codes(one: Endpoint) -> set[int]:
    codes = {*one.refusals, 414, 415, 429, 503}
    if one.who != "anyone":
        codes.add(401)
    if one.body is not None or one.keyed:
        codes |= {400, 408, 413, 422}
    if one.params:
        codes |= {400, 422}
    return codes


def _parameter(param: Param, *, required: bool) -> dict[str, Any]:
    return {"name": param.name, "in": param.place, "required": required, "schema": param.schema, "description": param.says}


def _success(one: Endpoint, drawn: dict[int, Any]) -> dict[str, Any]:
    if one.out is None:
        return {"description": "Done"}
    if one.out is bytes:
        kind = "text/event-stream" if one.path == "/events" else "*/*"
        return {"description": one.says, "content": {kind: {"schema": {"type": "string"}}}}
    return {"description": one.says, "content": {"application/json": {"schema": drawn[id(one.out)]}}}


def _refusal(code: int, drawn: dict[int, Any]) -> dict[str, Any]:
    return {"description": _TITLES[code], "content": {"application/json": {"schema": drawn[id(schema.ErrorOut)]}}}
