"""Holds requests against a specification, more strictly than the servers and mock servers do."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jsonschema_rs import Draft202012Validator

FOLDER = Path(__file__).parent
METHODS = frozenset({"get", "put", "post", "delete", "patch"})
_NOT_CHECKED = frozenset({"example", "examples", "default"})
Json = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a product's specification leaves out or cannot say."""

    spec: str
    """File name of the OpenAPI document."""
    routes: str = "routes.txt"
    """File of `METHOD PATH` lines of operations that exist beside it; empty for none."""
    common: frozenset[str] = frozenset()
    """Query parameters every operation takes."""
    is_open: bool = False
    """Properties of bodies the document does not name are no finding: it was inferred from samples."""
    prefix: str = ""
    """What stands before the document's paths in a request."""


_SHAPE = frozenset({"page", "per_page", "limit", "sort_by", "order_by", "expand", "full", "all", "with_total_count"})
"""Zammad: how much, in which order and in which form; documented once for all lists and objects."""
RULES: dict[str, Rules] = {"zammad": Rules(spec="openapi.inferred.json", common=_SHAPE, is_open=True)}
_LISTS = frozenset({"page", "per_page", "include", "sort", "sort_by", "sort_order"})
"""Zendesk: paging, order and sideloads, documented once for all lists."""
RULES["zendesk"] = Rules(spec="oas.agent.json", common=_LISTS)
RULES["chatwoot"] = Rules(spec="swagger.agent.json")
"""One entry for each product."""


@dataclass(slots=True)
class _Operation:
    method: str
    pattern: re.Pattern[str]
    path: str
    said: Json
    parameters: list[Json]
    validator: "Draft202012Validator | None" = None
    is_prepared: bool = False


@dataclass(slots=True)
class Checker:
    """Requests of one product against its specification."""

    spec: Json
    rules: Rules
    routes: Sequence[str] = ()
    _operations: list[_Operation] = field(default_factory=list)
    _table: list[tuple[str, re.Pattern[str]]] = field(default_factory=list)
    _literal: set[tuple[str, str]] = field(default_factory=set)
    _components: Json = None

    def __post_init__(self) -> None:
        self._components = self._prepared(self.spec.get("components", {}))
        for path, item in self.spec["paths"].items():
            for method in METHODS & item.keys():
                parameters = [self._resolved(one) for one in [*item.get("parameters", []), *item[method].get("parameters", [])]]
                self._operations.append(_Operation(method.upper(), _pattern(path), path, item[method], parameters))
        self._operations.sort(key=lambda one: one.path.count("{"))
        for line in self.routes:
            method, _, path = line.strip().partition(" ")
            path = path.strip()
            if method and not method.startswith("#"):
                self._table.append((method, _pattern(path)))
                if "{" not in path:
                    self._literal.add((method, path))

    def check(self, method: str, url: str, body: Json = None) -> list[str]:
        """What the specification has against a request; `body` is the decoded JSON, None for none."""
        parts = urlsplit(url)
        if method == "GET" and parts.path == "/":
            return []  # the front page, where login looks whether anybody is there
        path = parts.path.removeprefix(self.rules.prefix)
        operation = self._operation(method, path)
        if operation is None:
            is_known = any(one == method and pattern.fullmatch(path) for one, pattern in self._table)
            return [] if is_known else [f"{method} {path}: no such operation"]
        asked: dict[str, list[str]] = {}
        for name, value in parse_qsl(parts.query, keep_blank_values=True):
            asked.setdefault(name, []).append(value)
        findings = [*self._query(operation, asked), *self._body(operation, body)]
        return [f"{method} {operation.path}: {one}" for one in findings]

    def _operation(self, method: str, path: str) -> _Operation | None:
        found = next((one for one in self._operations if one.method == method and one.pattern.fullmatch(path)), None)
        plain = path.removesuffix(".json").rstrip("/")
        if found is not None and "{" in found.path and (method, plain) in self._literal and plain != found.path:
            return None
        return found

    def _query(self, operation: _Operation, asked: Mapping[str, list[str]]) -> Iterator[str]:
        known = {one["name"]: one for one in operation.parameters if one.get("in") == "query"}
        for name in asked:
            stem = name.removesuffix("[]").partition("[")[0]
            if not {name, stem, f"{stem}[]"} & known.keys() and stem not in self.rules.common:
                yield f"unknown query parameter {name!r}"
        for name, one in known.items():
            if one.get("required") and name not in asked:
                yield f"query parameter {name!r} is required"
            schema = self._resolved(one.get("schema") or {})
            for value in asked.get(name, []):
                if schema.get("enum") and value not in map(str, schema["enum"]):
                    yield f"{name}={value!r} is not one of {schema['enum']}"
                if schema.get("type") in {"integer", "number"} and not re.fullmatch(r"-?\d+(\.\d+)?", value):
                    yield f"{name}={value!r} is not a number"

    def _body(self, operation: _Operation, body: Json) -> Iterator[str]:
        said = operation.said.get("requestBody")
        if said is None:
            if body not in (None, {}):
                yield "a body was sent, the specification has none"
            return
        if not isinstance(body, dict | list):
            return
        if not operation.is_prepared:
            schema = self._resolved(said).get("content", {}).get("application/json", {}).get("schema")
            if schema is not None:
                closed = self._closed(self._prepared(schema))
                operation.validator = Draft202012Validator({**closed, "components": self._components})
            operation.is_prepared = True
        for error in operation.validator.iter_errors(body) if operation.validator else ():
            yield f"body /{'/'.join(map(str, error.instance_path))}: {error.message[:200]}"

    def _resolved(self, node: Json) -> Json:
        while "$ref" in node:
            place = self.spec
            for step in node["$ref"].split("/")[1:]:
                place = place[step.replace("~1", "/").replace("~0", "~")]
            node = place
        return node

    def _prepared(self, node: Json) -> Json:
        """As JSON Schema: `nullable` becomes a type, and objects inside that name their properties take no others."""
        if isinstance(node, list):
            return [self._prepared(one) for one in node]
        if not isinstance(node, dict):
            return node
        made = {name: self._prepared(one) for name, one in node.items() if name not in _NOT_CHECKED}
        if made.pop("nullable", False) is True and isinstance(made.get("type"), str):
            made["type"] = [made["type"], "null"]
        if isinstance(made.get("enum"), list) and isinstance(made.get("type"), list) and None not in made["enum"]:
            made["enum"] = [*made["enum"], None]
        if isinstance(made.get("properties"), dict):
            made["properties"] = {name: self._closed(one) for name, one in made["properties"].items()}
        if isinstance(made.get("items"), dict):
            made["items"] = self._closed(made["items"])
        return made

    def _closed(self, schema: Json) -> Json:
        is_settled = not isinstance(schema, dict) or {"additionalProperties", "unevaluatedProperties"} & schema.keys()
        if self.rules.is_open or is_settled or not self._has_shape(schema):
            return schema
        return {**schema, "unevaluatedProperties": False}

    def _has_shape(self, schema: Json, depth: int = 0) -> bool:
        schema = self._resolved(schema)
        if depth > 6:
            return False
        return bool(schema.get("properties")) or any(self._has_shape(one, depth + 1) for one in schema.get("allOf", []))


def _pattern(path: str) -> re.Pattern[str]:
    escaped = re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(path))
    return re.compile(escaped + r"(?:\.json)?/?")


@cache
def checker(product: str) -> Checker:
    """The checker of a product; reading its files takes a moment, so it is made once."""
    rules = RULES[product]
    folder = FOLDER / product
    spec = json.loads((folder / rules.spec).read_text(encoding="utf-8"))
    routes: Iterable[str] = (folder / rules.routes).read_text(encoding="utf-8").splitlines() if rules.routes else ()
    return Checker(spec, rules, list(routes))
