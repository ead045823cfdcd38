"""The house's own rules, as far as a machine can see them."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from dataclasses import fields
from pathlib import Path

import jinja2
import jinja2.meta
import jinja2.nodes
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from app.core.settings import Settings
from app.web.house import House
from app.web.pages import Page
from app.web.templating import PACKAGES, template_folders

ROOT = Path(__file__).resolve().parents[2]
FRAME = {
    "lang",
    "shell",
    "_",
    "url",
    "now",
    "today",
    "public_url",
    "static",
    "static_text",
    "modules_version",
}


def _modules() -> list[str]:
    names: list[str] = []
    for package in PACKAGES:
        module = importlib.import_module(package)
        names += [info.name for info in pkgutil.walk_packages(module.__path__, f"{package}.")]
    return names


def _page_classes() -> list[type[Page]]:
    for name in _modules():
        importlib.import_module(name)
    found: list[type[Page]] = []
    todo = [Page]
    while todo:
        for child in todo.pop().__subclasses__():
            todo.append(child)
            if "template" in vars(child) or hasattr(child, "template"):
                found.append(child)
    return found


def test_importing_app_imports_nothing() -> None:
    """`import app` alone pulls in no other module of the house."""
    tree = ast.parse((ROOT / "app/__init__.py").read_text(encoding="utf-8"))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]


def test_every_template_uses_only_its_pages_fields(house: House) -> None:
    """A template compiles and asks for nothing but its page's fields and the frame."""
    pages: dict[str, set[str]] = {}
    for page in _page_classes():
        if hasattr(page, "template"):
            names = {field.name for field in fields(page)}
            pages[page.template] = pages[page.template] & names if page.template in pages else names
    environment = house.templates
    assert environment.loader is not None
    for name in environment.loader.list_templates():
        if not name.endswith(".html"):
            continue
        source, *_ = environment.loader.get_source(environment, name)
        environment.get_template(name)
        if name in pages:
            tree = environment.parse(source)
            imported = {node.target for node in tree.find_all(jinja2.nodes.Import)}
            # What a child template sets or defines at its top is seen in its blocks.
            imported |= {node.target.name for node in tree.body if isinstance(node, jinja2.nodes.Assign)}
            imported |= {node.name for node in tree.body if isinstance(node, jinja2.nodes.Macro)}
            asked = jinja2.meta.find_undeclared_variables(tree) - imported
            assert asked <= pages[name] | FRAME, f"{name} asks for {asked - pages[name] - FRAME}"


def test_every_page_template_exists(house: House) -> None:
    """Every page class names a template that is there."""
    for page in _page_classes():
        if hasattr(page, "template"):
            house.templates.get_template(page.template)


def test_templates_hold_no_inline_style_or_script() -> None:
    """The content policy would refuse them: no style attribute, no handler, no inline script."""
    for folder in template_folders():
        for path in folder.rglob("*.html"):
            text = path.read_text(encoding="utf-8")
            assert " style=" not in text, path
            assert " onclick=" not in text, path
            assert "<script>" not in text, path


def test_every_route_has_a_name_of_its_own(app: FastAPI) -> None:
    """Routes are named package.room.action, each name once for each path."""
    seen: dict[str, str] = {}
    for route in iter_route_contexts(app.routes):
        name, path = str(route.name or ""), str(route.path or "")
        if path.startswith(("/static", "/probe/")):
            continue
        assert name.count(".") >= 2, f"{path} is named {name}"
        assert seen.setdefault(name, path) == path, f"{name} names {seen[name]} and {path}"
    assert seen


def test_every_setting_stands_in_the_readme() -> None:
    """The README's table knows every environment variable."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    missing = [name for name in Settings.model_fields if f"CHOPHIEN_{name.upper()}" not in readme]
    assert missing == []


@pytest.mark.parametrize("folder", ["tests"])
def test_every_test_says_its_rule(folder: str) -> None:
    """Each test's docstring is one line: the rule that it proves."""
    silent: list[str] = []
    for path in (ROOT / folder).rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                said = ast.get_docstring(node)
                if not said or len(said.splitlines()) != 1:
                    silent.append(f"{path.relative_to(ROOT)}::{node.name}")
    assert silent == []


def test_no_committed_file_names_a_registry() -> None:
    """The lock and every other file stay free of package-index addresses."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "http" not in lock.replace("httpcore", "").replace("httpx", "").replace("httptools", "")
    assert "--hash=sha256:" in lock
