"""Subscriptions in the REST binding: `/queries/{name}/subscriptions`, and `/queries/{name}/events` as a WebSocket."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from starlette.websockets import WebSocket

from app.core.errors import AppError
from app.core.settings import Environment
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.errors import status_of
from app.web.house import House
from traceability.events import errors
from traceability.events import service as events
from traceability.events.answering import spell_instant
from traceability.events.binding import (
    Part,
    TheKey,
    answer_problem,
    format_of,
    identify,
    lead_on,
    page_size,
    read_body,
    read_token,
)
from traceability.events.errors import EpcisError
from traceability.subscriptions import service
from traceability.subscriptions.controls import read_controls, split_controls
from traceability.subscriptions.models import Subscription
from traceability.subscriptions.streams import Streams, follow
from traceability.subscriptions.targets import TargetError, locate


def _tell(found: Subscription, name: str) -> dict[str, Any]:
    """A subscription as the standard answers it; the token is never among it."""
    told: dict[str, Any] = {
        "subscriptionID": str(found.id),
        "queryName": name,
        "dest": found.dest,
        "createdAt": spell_instant(found.created_at),
        "initialRecordTime": spell_instant(found.since or found.created_at),
        "minRecordTime": spell_instant(found.min_record_time),
        "epcFormat": found.epc_format.value,
    }
    if found.last_notified_at is not None:
        told["lastNotifiedAt"] = spell_instant(found.last_notified_at)
    if found.schedule is None:
        return {**told, "stream": True}
    return {**told, "reportIfEmpty": found.report_if_empty, "schedule": found.schedule}


async def create_subscription(name: str, request: Request, house: TheHouse, now: Now) -> Response:
    """Subscribe an address; looked up between two transactions, none is open meanwhile."""
    async with house.database.transaction() as session:
        key = await identify(request, session)
    body = await read_body(request)
    is_strict = house.settings.env is Environment.PRODUCTION
    dest = service.read_dest(body, is_strict=is_strict)
    try:
        await locate(dest, is_strict=is_strict)
    except TargetError as error:
        raise errors.bad_subscription(str(error)) from error
    async with house.database.transaction() as session:
        made = await service.create_subscription(
            session,
            query=await events.get_query(session, owner_id=key.id, name=name),
            body=body,
            dest=str(dest),
            epc_format=format_of(request),
            secret=house.secret,
            now=now,
        )
    location = f"{request.scope['root_path']}/queries/{quote(name, safe='')}/subscriptions/{made.id}"
    return JSONResponse(_tell(made, name), HTTPStatus.CREATED, headers={"Location": location})


async def list_subscriptions(
    name: str, request: Request, session: DbSession, key: TheKey, now: Now
) -> Response:
    """List a query's subscriptions, the oldest first."""
    query = await events.get_query(session, owner_id=key.id, name=name)
    token = read_token(request, now)
    size = page_size(request)
    try:
        after = UUID(token["id"]) if "id" in token else None
    except (ValueError, AttributeError, TypeError) as error:
        raise errors.bad_parameter("nextPageToken: this is no token of this repository") from error
    found = await service.list_subscriptions(session, query=query, after=after, limit=size + 1)
    response = JSONResponse([_tell(one, name) for one in found[:size]])
    if len(found) > size:
        lead_on(request, response, {"id": str(found[size - 1].id)}, now)
    return response


async def show_subscription(name: str, subscription_id: str, session: DbSession, key: TheKey) -> Response:
    """Show a subscription."""
    query = await events.get_query(session, owner_id=key.id, name=name)
    found = await service.get_subscription(session, query=query, subscription_id=subscription_id)
    return JSONResponse(_tell(found, name))


async def delete_subscription(name: str, subscription_id: str, session: DbSession, key: TheKey) -> Response:
    """Unsubscribe."""
    query = await events.get_query(session, owner_id=key.id, name=name)
    await service.delete_subscription(session, query=query, subscription_id=subscription_id)
    return Response(status_code=HTTPStatus.NO_CONTENT)


async def stream_events(socket: WebSocket) -> None:
    """Send what a query finds as it comes in, until the reader leaves."""
    house: House = socket.app.state.house
    name = str(socket.path_params["name"])
    try:
        if "\x00" in name:
            raise errors.no_name("there is no such query")
        controls = read_controls(split_controls(socket.query_params))
        epc_format = format_of(socket)
        with house.port(Streams).take_place():
            async with house.database.transaction() as session:
                key = await identify(socket, session)
                query, after = await service.open_stream(
                    session, owner_id=key.id, name=name, controls=controls
                )
            since = spell_instant(controls.since or house.clock.now())
            await socket.accept(headers=[(b"gs1-query-min-record-time", since.encode())])
            await follow(
                socket, house=house, query=query, after=after, controls=controls, epc_format=epc_format
            )
    except EpcisError as error:
        await socket.send_denial_response(answer_problem(error))
    except AppError as error:
        refused = errors.cannot_answer(int(status_of(error)), error.code)
        await socket.send_denial_response(answer_problem(refused))


PART = Part(
    doors=(
        ("/queries/{name}/subscriptions", {"GET": list_subscriptions, "POST": create_subscription}),
        (
            "/queries/{name}/subscriptions/{subscription_id}",
            {"GET": show_subscription, "DELETE": delete_subscription},
        ),
    ),
    sockets=(("/queries/{name}/events", stream_events),),
)
"""What the binding of events takes in; see `app.main`."""
