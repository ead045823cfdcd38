"""The EPCIS 2.0 REST binding as an application of its own, mounted at `/epcis`. JSON-LD only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, quote
from uuid import UUID

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.accounts.models import ApiKey
from app.core.errors import AppError
from app.web.dependencies import DbSession, Now
from app.web.errors import status_of
from app.web.house import House
from app.web.security import NO_TELEMETRY
from traceability.events import errors, service
from traceability.events.access import sight_of_key
from traceability.events.answering import Answered, EpcFormat, spell_instant, write_collection, write_document
from traceability.events.binding import (
    VERSION,
    Part,
    TheKey,
    answer_document,
    answer_problem,
    cursor_of,
    format_of,
    lead_on,
    page_size,
    per_page_of,
    read_body,
    read_token,
    spell_cursor,
    writer_of,
)
from traceability.events.errors import EpcisError
from traceability.events.models import CaptureJob, NamedQuery
from traceability.events.querying import Query, split_parameters
from traceability.events.vocabulary import BIZ_STEPS, DISPOSITIONS, EVENT_TYPES

VENDOR = "1.0.0"
RESOURCES = ("eventTypes", "epcs", "bizSteps", "bizLocations", "readPoints", "dispositions")


async def _answer_query(
    request: Request, session: DbSession, key: ApiKey, now: datetime, *, query: Mapping[str, Any], name: str
) -> Response:
    """Run a query and write one page of its result."""
    sight = sight_of_key(key)
    read: Query = await service.build_query(session, query, sight=sight)
    token = read_token(request, now)
    if "left" in token:
        read = replace(read, limit=min(int(token["left"]), read.limit or 0))
    found = await service.find_events(
        session, query=read, sight=sight, after=cursor_of(token), per_page=per_page_of(read.per_page)
    )
    epc_format = format_of(request)
    response = answer_document(write_document(found.events, epc_format=epc_format, now=now, query_name=name))
    if found.after is not None:
        left = {} if read.limit is None else {"left": read.limit - len(found.events)}
        lead_on(request, response, {**spell_cursor(found.after), **left}, now)
    return response


# ---------------------------------------------------------------- capture


def _behaviour(request: Request) -> service.Behaviour:
    said = request.headers.get("GS1-Capture-Error-Behaviour", service.Behaviour.ROLLBACK.value)
    try:
        return service.Behaviour(said)
    except ValueError as error:
        raise errors.invalid(f"GS1-Capture-Error-Behaviour: {said!r} is not known") from error


async def capture(request: Request, session: DbSession, key: TheKey, now: Now) -> Response:
    """Take a document in."""
    owner_id = writer_of(key)
    behaviour = _behaviour(request)
    job = await service.capture_document(
        session, body=await read_body(request), owner_id=owner_id, behaviour=behaviour, now=now
    )
    location = f"{request.scope['root_path']}/capture/{job.id}"
    return Response(status_code=HTTPStatus.ACCEPTED, headers={"Location": location})


def _tell_job(job: CaptureJob) -> dict[str, Any]:
    return {
        "captureID": str(job.id),
        "createdAt": spell_instant(job.created_at),
        "finishedAt": spell_instant(job.finished_at),
        "running": False,
        "success": job.is_success,
        "captureErrorBehaviour": job.behaviour,
        "errors": job.errors,
    }


async def list_captures(request: Request, session: DbSession, key: TheKey, now: Now) -> Response:
    """List this key's capture jobs, the newest first."""
    token = read_token(request, now)
    size = page_size(request)
    try:
        before = UUID(token["id"]) if "id" in token else None
    except (ValueError, AttributeError, TypeError) as error:
        raise errors.bad_parameter("nextPageToken: this is no token of this repository") from error
    jobs = await service.list_jobs(session, owner_id=key.id, before=before, limit=size + 1)
    response = JSONResponse([_tell_job(job) for job in jobs[:size]])
    if len(jobs) > size:
        lead_on(request, response, {"id": str(jobs[size - 1].id)}, now)
    return response


async def show_capture(job_id: str, session: DbSession, key: TheKey) -> Response:
    """Tell what became of a capture job."""
    try:
        wanted = UUID(job_id)
    except ValueError as error:
        raise errors.no_resource("there is no such capture job") from error
    return JSONResponse(_tell_job(await service.get_job(session, job_id=wanted, owner_id=key.id)))


# ---------------------------------------------------------------- events


async def list_events(request: Request, session: DbSession, key: TheKey, now: Now) -> Response:
    """Find events by the parameters in the address."""
    parameters = _parameters(request)
    return await _answer_query(request, session, key, now, query=parameters, name="SimpleEventQuery")


def _parameters(request: Request) -> dict[str, Any]:
    """The query's own parameters of the address; prefixes come with `GS1-Extensions`."""
    found = split_parameters(parse_qsl(request.url.query, keep_blank_values=True))
    found.pop("nextPageToken", None)
    declared = {}
    for part in request.headers.get("GS1-Extensions", "").split(","):
        prefix, equals, uri = part.strip().partition("=")
        if equals and prefix:
            declared[prefix] = uri
    return {**found, "@context": declared} if declared else found


async def create_event(request: Request, session: DbSession, key: TheKey, now: Now) -> Response:
    """Take one event in at once."""
    event_id = await service.capture_event(
        session, event=await read_body(request), owner_id=writer_of(key), now=now
    )
    location = f"{request.scope['root_path']}/events/{quote(event_id, safe='')}"
    return Response(status_code=HTTPStatus.CREATED, headers={"Location": location})


async def show_event(event_id: str, request: Request, session: DbSession, key: TheKey, now: Now) -> Response:
    """Show an event with its error declarations."""
    events: list[Answered] = await service.get_event(session, event_id=event_id, sight=sight_of_key(key))
    return answer_document(
        write_document(events, epc_format=format_of(request), now=now, query_name="SimpleEventQuery")
    )


# ---------------------------------------------------------------- top-level resources

_FILTERS = {
    "eventTypes": "eventType",
    "epcs": "MATCH_anyEPC",
    "bizSteps": "EQ_bizStep",
    "bizLocations": "EQ_bizLocation",
    "readPoints": "EQ_readPoint",
    "dispositions": "EQ_disposition",
}
_STANDARD: Mapping[str, Sequence[str]] = {
    "eventTypes": EVENT_TYPES,
    "bizSteps": sorted(BIZ_STEPS),
    "dispositions": sorted(DISPOSITIONS),
}


async def show_root(_key: TheKey) -> Response:
    """List the top-level resources."""
    return JSONResponse(write_collection(["queries", "capture", "events", *RESOURCES]))


def _value_routes(resource: str) -> tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]:
    """The three doors of one top-level resource: its values, one value, the events of one value."""

    async def list_values(request: Request, session: DbSession, key: TheKey, now: Now) -> Response:
        token = read_token(request, now)
        size = page_size(request)
        standard = _STANDARD.get(resource, ())
        at = int(token.get("standard", 0)) if str(token.get("standard", 0)).isdecimal() else 0
        members = list(standard[at : at + size]) if "n" not in token else []
        if at + size < len(standard) and "n" not in token:
            response = JSONResponse(write_collection(members))
            lead_on(request, response, {"standard": at + size}, now)
            return response
        found, after = await service.list_values(
            session, resource=resource, sight=sight_of_key(key), after=cursor_of(token), per_page=size
        )
        members += [value for value in found if value not in standard]
        response = JSONResponse(write_collection(members))
        if after is not None:
            lead_on(request, response, spell_cursor(after), now)
        return response

    async def show_value(value: str, session: DbSession, key: TheKey) -> Response:
        if value not in _STANDARD.get(resource, ()):
            sight = sight_of_key(key)
            query = await service.build_query(session, {_FILTERS[resource]: value}, sight=sight)
            page = await service.find_events(session, query=query, sight=sight, per_page=1)
            if not page.events:
                raise errors.no_resource(f"no event names {value}")
        return JSONResponse(write_collection(["events"]))

    async def list_events_of(
        value: str, request: Request, session: DbSession, key: TheKey, now: Now
    ) -> Response:
        parameters = _parameters(request)
        name = _FILTERS[resource]
        if name in parameters:
            raise errors.bad_parameter(f"{name}: the address says it already")
        asked = {**parameters, name: value}
        return await _answer_query(request, session, key, now, query=asked, name="SimpleEventQuery")

    return list_values, show_value, list_events_of


# ---------------------------------------------------------------- named queries


def _tell_query(found: NamedQuery) -> dict[str, Any]:
    return {"name": found.name, "query": found.query, "createdAt": spell_instant(found.created_at)}


async def list_queries(request: Request, session: DbSession, key: TheKey, now: Now) -> Response:
    """List this key's named queries."""
    token = read_token(request, now)
    size = page_size(request)
    after = token.get("name")
    found = await service.list_queries(
        session, owner_id=key.id, after=after if isinstance(after, str) else None, limit=size + 1
    )
    response = JSONResponse([_tell_query(one) for one in found[:size]])
    if len(found) > size:
        lead_on(request, response, {"name": found[size - 1].name}, now)
    return response


async def create_query(request: Request, session: DbSession, key: TheKey, now: Now) -> Response:
    """Keep a query under a name."""
    made = await service.create_query(
        session, body=await read_body(request), owner_id=key.id, sight=sight_of_key(key), now=now
    )
    location = f"{request.scope['root_path']}/queries/{quote(made.name, safe='')}"
    return Response(status_code=HTTPStatus.CREATED, headers={"Location": location})


async def show_query(name: str, session: DbSession, key: TheKey) -> Response:
    """Show a named query."""
    return JSONResponse(_tell_query(await service.get_query(session, owner_id=key.id, name=name)))


async def delete_query(name: str, session: DbSession, key: TheKey) -> Response:
    """Forget a named query."""
    await service.delete_query(session, owner_id=key.id, name=name)
    return Response(status_code=HTTPStatus.NO_CONTENT)


async def list_events_of_query(
    name: str, request: Request, session: DbSession, key: TheKey, now: Now
) -> Response:
    """Run a named query."""
    found = await service.get_query(session, owner_id=key.id, name=name)
    parameters = dict(found.query)
    if "perPage" in request.query_params:
        parameters["perPage"] = request.query_params["perPage"]
    return await _answer_query(request, session, key, now, query=parameters, name=name)


async def delete_token(token: str, _key: TheKey) -> Response:
    """Tokens hold nothing here that could be given back."""
    raise errors.not_built(f"a token is not kept, it ends by itself: {token[:20]}")


# ---------------------------------------------------------------- the application


def _discovery(methods: str, *, is_capture: bool) -> Callable[..., Any]:
    async def discover(_key: TheKey) -> Response:
        headers = {
            "Allow": methods,
            "GS1-EPCIS-Min": VERSION,
            "GS1-EPCIS-Max": VERSION,
            "GS1-CBV-Min": VERSION,
            "GS1-CBV-Max": VERSION,
            "GS1-EPC-Format": ", ".join(epc_format.value for epc_format in EpcFormat),
            "GS1-Vendor-Version": VENDOR,
        }
        if is_capture:
            headers |= {
                "GS1-EPCIS-Capture-Limit": str(service.MOST_EVENTS),
                "GS1-EPCIS-Capture-File-Size-Limit": str(service.MOST_BYTES),
                "GS1-Capture-Error-Behaviour": ", ".join(behaviour.value for behaviour in service.Behaviour),
            }
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)

    return discover


def _doors() -> list[tuple[str, dict[str, Callable[..., Any]]]]:
    """Every address with what answers each method; longer addresses first, for values hold slashes."""
    doors: list[tuple[str, dict[str, Callable[..., Any]]]] = [
        ("/", {"GET": show_root}),
        ("/capture", {"GET": list_captures, "POST": capture}),
        ("/capture/{job_id}", {"GET": show_capture}),
        ("/events", {"GET": list_events, "POST": create_event}),
        ("/queries", {"GET": list_queries, "POST": create_query}),
        ("/queries/{name}/events", {"GET": list_events_of_query}),
        ("/queries/{name}", {"GET": show_query, "DELETE": delete_query}),
        ("/nextPageToken/{token}", {"DELETE": delete_token}),
    ]
    for resource in RESOURCES:
        list_values, show_value, list_events_of = _value_routes(resource)
        doors += [
            (f"/{resource}/{{value:path}}/events", {"GET": list_events_of}),
            (f"/{resource}", {"GET": list_values}),
            (f"/{resource}/{{value:path}}", {"GET": show_value}),
        ]
    doors.append(("/events/{event_id:path}", {"GET": show_event}))
    return doors


def create_app(house: House, *parts: Part) -> FastAPI:
    """Build the application around a house; `parts` are the addresses of rooms above."""
    app = FastAPI(
        title="EPCIS 2.0",
        version=VERSION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        telemetry=NO_TELEMETRY,
    )
    app.state.house = house
    for path, methods in [*(door for part in parts for door in part.doors), *_doors()]:
        for method, endpoint in methods.items():
            app.add_api_route(path, endpoint, methods=[method], response_model=None)
        allowed = ", ".join(["OPTIONS", *sorted(methods)])
        discover = _discovery(allowed, is_capture=path == "/capture")
        app.add_api_route(path, discover, methods=["OPTIONS"], response_model=None)
    for path, socket in (one for part in parts for one in part.sockets):
        app.add_api_websocket_route(path, socket)
    app.add_exception_handler(EpcisError, _on_epcis_error)
    app.add_exception_handler(AppError, _on_app_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_middleware(_Versions)
    return app


_ANSWERS = frozenset({"http.response.start", "websocket.accept", "websocket.http.response.start"})


class _Versions:
    """Says with every answer which versions are spoken."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_versions(message: Message) -> None:
            if message["type"] in _ANSWERS:
                headers = MutableHeaders(scope=message)
                headers["GS1-EPCIS-Version"] = VERSION
                headers["GS1-CBV-Version"] = VERSION
            await send(message)

        await self._app(scope, receive, send_with_versions)


async def _on_epcis_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, EpcisError)  # noqa: S101 - registered for this class alone
    return answer_problem(error)


async def _on_app_error(_request: Request, error: Exception) -> Response:
    """What the house refuses (it is busy): the standard has one word for it."""
    assert isinstance(error, AppError)  # noqa: S101 - registered for this class alone
    return answer_problem(errors.cannot_answer(int(status_of(error)), error.code))


async def _on_http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class alone
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        refused = EpcisError("ImplementationException", 405, "Method not allowed", "see Allow in OPTIONS")
        response = answer_problem(refused)
        response.headers.update(error.headers or {})
        return response
    return answer_problem(errors.no_resource("there is nothing at this address"))
