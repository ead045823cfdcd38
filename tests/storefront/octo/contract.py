"""The published OpenAPI document of OCTO as JSON Schema: what is answered is held against it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import yaml

DOCUMENT = Path(__file__).resolve().parents[2] / "vendor/octo/openapi.yaml"
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")
LOCAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+07:00")
FORMATS = jsonschema.FormatChecker(["email", "uuid", "date"])


@cache
def document() -> dict[str, Any]:
    """The document as it was published."""
    return yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))


def _translate(node: Any) -> Any:
    """OpenAPI 3.0 to JSON Schema: `nullable` is a second type, and what it says beside `$ref`s holds for null too."""
    if isinstance(node, list):
        return [_translate(one) for one in node]
    if not isinstance(node, dict):
        return node
    made = {
        # The names of properties are no words of the schema: "description" is one of them.
        name: {key: _translate(one) for key, one in value.items()}
        if name == "properties"
        else _translate(value)
        for name, value in node.items()
        if name not in {"nullable", "example", "examples", "description"} and not name.startswith("x-")
    }
    return {"anyOf": [{"type": "null"}, made]} if node.get("nullable") else made


@cache
def components() -> dict[str, Any]:
    """Every schema. A day pass has no start times (the document's own validator asks for an empty list there)."""
    schemas = {name: _translate(node) for name, node in document()["components"]["schemas"].items()}
    del schemas["Option"]["properties"]["availabilityLocalStartTimes"]["minItems"]
    return schemas


def check(answer: httpx.Response, path: str, method: str) -> Any:
    """Hold an answer against the document: status, headers, body; answers the body."""
    operation = document()["paths"][path][method]
    status = "400" if answer.status_code in {401, 403} else str(answer.status_code)
    assert status in {"200", "400"}, (answer.status_code, answer.text)
    body = answer.json()
    if status == "400" and "400" not in operation["responses"]:  # /capabilities names no error of its own
        assert body.keys() >= {"error", "errorMessage"}
        return body
    found = operation["responses"][status]
    schema = _translate(found["content"]["application/json"]["schema"])
    whole = {**schema, "components": {"schemas": components()}}
    jsonschema.Draft202012Validator(whole, format_checker=FORMATS).validate(body)
    if status == "200":
        for name, header in found.get("headers", {}).items():
            if header.get("required"):
                assert name in answer.headers
    check_stamps(body)
    return body


def check_stamps(body: Any) -> None:
    """Every UTC stamp has none or three digits of a second and a Z, every local one the offset of Viet Nam."""
    if isinstance(body, list):
        for one in body:
            check_stamps(one)
    elif isinstance(body, dict):
        for name, value in body.items():
            if name.startswith("utc") and value is not None:
                assert STAMP.fullmatch(value), (name, value)
            elif name.startswith("localDateTime"):
                assert LOCAL.fullmatch(value), (name, value)
            else:
                check_stamps(value)
