"""The compose file and the image: what an operator starts must fit the house."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from app.cli import cli
from app.core.settings import Environment, Settings

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
LASTING = sorted(SERVICES.keys() - {"bucket"})
PLACE = re.compile(r"\$\{(?P<name>\w+)(?P<rule>:[?-])?(?P<word>[^}]*)\}")
SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|_KEY")
COMMANDS = typer.main.get_command(cli)


def _filled(value: str) -> str:
    """A value as an operator's environment would fill it."""
    return PLACE.sub(
        lambda match: "" if match["rule"] == ":-" else f"{match['name'].lower()}-" + "x" * 32, value
    )


def _options(verb: str) -> set[str]:
    command = COMMANDS.commands[verb]  # type: ignore[attr-defined]  # a group
    return {option for param in command.params for option in (*param.opts, *param.secondary_opts)}


def test_the_parts_of_an_instance() -> None:
    """Web, worker, database, photos and HTTPS are there; the bucket is made once."""
    assert LASTING == ["app", "caddy", "postgres", "s3", "worker"]
    assert SERVICES["bucket"]["restart"] == "no"
    assert SERVICES["postgres"]["image"].startswith("postgres:18.")


@pytest.mark.parametrize("name", ["app", "worker"])
def test_every_setting_is_one_of_ours(name: str) -> None:
    """No CHOPHIEN_* is given that the settings would silently ignore."""
    ours = {key for key in SERVICES[name]["environment"] if key.startswith("CHOPHIEN_")}
    assert ours <= {f"CHOPHIEN_{field.upper()}" for field in Settings.model_fields}


def test_production_starts_on_these_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """With every asked-for variable filled in, the settings of production accept what compose hands over."""
    for key, value in SERVICES["app"]["environment"].items():
        monkeypatch.setenv(key, _filled(value))
    settings = Settings()
    assert settings.env is Environment.PRODUCTION
    assert settings.is_secure
    assert settings.trusted_proxies == 1


def test_no_secret_stands_in_the_file() -> None:
    """A secret is asked for, or empty and so switched off; none has a value here."""
    for service in SERVICES.values():
        for key, value in service.get("environment", {}).items():
            if SECRET.search(key):
                match = PLACE.fullmatch(value)
                assert match, f"{key} is written out"
                assert match["rule"] == ":?" or (match["rule"] == ":-" and not match["word"]), key
    for match in PLACE.finditer(TEXT):
        assert match["rule"] in {":?", ":-"}, f"{match['name']} may be missing unnoticed"
        assert match["rule"] == ":?" or not match["word"], f"{match['name']} has a default"


def test_every_variable_stands_in_the_readme() -> None:
    """Whoever starts compose finds each variable that it asks for in the README."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in {match["name"] for match in PLACE.finditer(TEXT)} if name not in readme] == []


def test_only_caddy_has_a_door_to_the_street() -> None:
    """Ports are published by the HTTPS proxy alone."""
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["caddy"]
    assert not any("network_mode" in service or service.get("privileged") for service in SERVICES.values())


@pytest.mark.parametrize("name", LASTING)
def test_every_part_is_watched(name: str) -> None:
    """Each lasting service has a health check and comes back after a fall."""
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_who_waits_for_whom() -> None:
    """Nothing starts before what it needs is healthy, and everybody waited for has a health check."""
    for service in SERVICES.values():
        for needed, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[needed]
            else:
                assert (needed, how["condition"]) == ("bucket", "service_completed_successfully")
    assert SERVICES["caddy"]["depends_on"]["app"]["condition"] == "service_healthy"


def test_images_are_pinned() -> None:
    """Every image names its version."""
    images = [service["image"] for service in SERVICES.values()]
    images += re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    for image in images:
        tag = image.rpartition(":")[2]
        assert any(char.isdigit() for char in tag), image
        assert "latest" not in tag


def test_volumes_are_declared_and_used() -> None:
    """Data lives in named volumes that are declared; none is left over."""
    used = {mount.split(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])}
    assert used == COMPOSE["volumes"].keys()
    assert "database:/var/lib/postgresql" in SERVICES["postgres"]["volumes"]
    assert SERVICES["bucket"]["volumes"] == SERVICES["s3"]["volumes"]


def test_caddy_leads_to_the_app() -> None:
    """The proxy serves the domain of the labels and hands on to the port that the app listens on."""
    content = COMPOSE["configs"]["caddyfile"]["content"]
    port = SERVICES["app"]["command"][SERVICES["app"]["command"].index("--port") + 1]
    assert f"reverse_proxy app:{port}" in content
    assert content.startswith("${DOMAIN:?")
    assert SERVICES["app"]["environment"]["CHOPHIEN_PUBLIC_URL"].startswith("https://${DOMAIN:?")


@pytest.mark.parametrize("name", ["app", "worker"])
def test_commands_exist(name: str) -> None:
    """What compose runs is a verb of the command, with options that it knows."""
    verb, *words = SERVICES[name]["command"]
    assert {word for word in words if word.startswith("--")} <= _options(verb)


def test_web_and_worker_are_apart() -> None:
    """The web's container runs no worker of its own: the worker has one."""
    assert "--no-worker" in SERVICES["app"]["command"]
    assert SERVICES["worker"]["command"] == ["worker"]
    assert SERVICES["worker"]["healthcheck"]["test"][1:] == ["chophien", "doctor"]
    assert "doctor" in COMMANDS.commands  # type: ignore[attr-defined]  # a group


def test_the_image_runs_our_command_as_nobody_special() -> None:
    """The image installs the locked hashes, drops root, and its default verb exists."""
    lines = DOCKERFILE.splitlines()
    assert "--no-deps --require-hashes -r requirements.lock" in DOCKERFILE
    user = next(i for i, line in enumerate(lines) if line.startswith("USER "))
    assert lines[user] != "USER root"
    assert json.loads(next(line for line in lines if line.startswith("ENTRYPOINT")).partition(" ")[2]) == [
        "chophien"
    ]
    assert not any(line.startswith("RUN") for line in lines[user:])
    verb, *words = json.loads(next(line for line in lines if line.startswith("CMD ")).partition(" ")[2])
    assert {word for word in words if word.startswith("--")} <= _options(verb)


def test_the_image_holds_what_it_needs() -> None:
    """Every folder of the house that runs is copied, and nothing that is not there."""
    copied = {
        word for line in re.findall(r"^COPY (.+) \S+$", DOCKERFILE, re.MULTILINE) for word in line.split()
    }
    assert {"app", "producers", "traceability", "storefront", "migrations", "pyproject.toml"} <= copied
    assert [name for name in copied if not (ROOT / name).exists()] == []
