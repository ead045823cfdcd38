"""The query language: what each parameter finds, and that the database finds what the meaning says."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.core.db import Database
from app.core.ids import uuid7
from app.web.house import House
from tests.factories import epcis as made
from tests.house import NOW
from tests.queries import count_queries
from traceability.events import service
from traceability.events.conditions import QueryError
from traceability.events.errors import EpcisError
from traceability.events.facts import Facts
from traceability.events.querying import MasterData, needs_master_data, read_query, split_parameters

NAMESPACES = {prefix: {uri} for prefix, uri in made.NAMESPACES.items()} | {
    "cbvmda": {"urn:epcglobal:cbv:mda:"}
}
NAMES = ("harvest", "roll", "packing", "shipping", "order", "gauge", "water", "correction", "foreign")
POND = "https://id.gs1.org/414/9521234000037"

FOUND: list[tuple[dict[str, Any], str]] = [
    ({}, " ".join(NAMES)),
    ({"eventType": ["AggregationEvent", "TransactionEvent"]}, "packing order"),
    ({"eventType": "https://ext.example/ns/TastingEvent"}, "foreign"),
    ({"GE_eventTime": "2026-11-03T02:15:00Z"}, "shipping order water correction foreign"),
    ({"LT_eventTime": "2026-11-01T07:30:00+07:00"}, "gauge"),
    ({"EQ_action": "OBSERVE"}, "shipping water correction"),
    ({"EQ_bizStep": ["packing", "https://ref.gs1.org/cbv/BizStep-assembling"]}, "packing gauge"),
    ({"EQ_disposition": "in_transit"}, "shipping correction"),
    ({"EQ_persistentDisposition_set": "completeness_verified"}, "harvest"),
    ({"EQ_persistentDisposition_unset": "completeness_verified"}, ""),
    ({"EQ_readPoint": "https://id.gs1.org/414/9521234000020"}, "roll packing"),
    ({"EQ_bizLocation": made.GARDEN}, "harvest"),
    ({"WD_readPoint": "https://id.gs1.org/414/9521234000990"}, "harvest water"),
    ({"WD_bizLocation": made.GARDEN}, "harvest"),
    ({"EQ_transformationID": "urn:uuid:019a3f6e-0000-7000-8000-000000000001"}, "roll"),
    ({"MATCH_epc": made.PACK.format("AAA111")}, "packing order"),
    ({"MATCH_epc": "urn:epc:idpat:sgtin:9521234.020001.*"}, "packing order"),
    ({"MATCH_epc": "urn:epc:idpat:sgtin:9521234.*.*"}, "packing order"),
    ({"MATCH_epc": "urn:epc:idpat:sscc:9521234.*"}, "shipping correction"),
    ({"MATCH_parentID": "https://id.gs1.org/00/195212340000000010"}, "packing"),
    (
        {"MATCH_anyEPC": ["urn:epc:id:sscc:9521234.1000000001", "urn:epc:id:giai:9521234.TEMP7"]},
        "packing gauge",
    ),
    ({"MATCH_inputEPC": made.PACK.format("AAA111")}, ""),
    ({"MATCH_outputEPC": made.PACK.format("AAA111")}, ""),
    ({"MATCH_epcClass": made.LEAF}, "harvest"),
    ({"MATCH_epcClass": "urn:epc:idpat:sgtin:9521234.*.*"}, "harvest packing"),
    ({"MATCH_inputEPCClass": made.LEAF}, "roll"),
    ({"MATCH_outputEPCClass": made.TEA}, "roll"),
    ({"MATCH_anyEPCClass": [made.TEA, made.LEAF]}, "harvest roll packing"),
    ({"EQ_quantity": 42.5}, "harvest roll"),
    ({"GT_quantity": "42.5"}, "roll packing"),
    ({"GE_quantity_KGM": 9}, "harvest roll"),
    ({"LT_quantity_GRM": 9000}, "packing"),
    ({"LE_quantity_GRM": 9000}, "roll packing"),
    ({"EQ_quantity_GRM": [200, 42500]}, "harvest roll packing"),
    ({"EQ_eventID": made.SHIPPING["eventID"]}, "shipping correction"),
    ({"EXISTS_errorDeclaration": "true"}, "correction"),
    ({"EXISTS_errorDeclaration": "false"}, " ".join(NAMES)),
    ({"GE_errorDeclarationTime": "2026-11-05T03:00:00Z"}, "correction"),
    ({"LT_errorDeclaration_Time": "2026-11-05T03:00:00Z"}, ""),
    ({"EQ_errorReason": "incorrect_data"}, "correction"),
    ({"EQ_errorReason": "did_not_occur"}, ""),
    ({"EQ_correctiveEventID": "urn:uuid:019a3f6e-0000-7000-8000-000000000009"}, "correction"),
    ({"EXISTS_sensorElementList": None}, "water"),
    ({"EXISTS_sensorElementList": False}, " ".join(NAMES)),
    ({"GE_time": "2026-11-03T22:59:00Z"}, "water"),
    ({"LT_startTime": "2026-11-03T22:00:00Z"}, ""),
    ({"GE_endTime": "2026-11-03T23:00:00Z"}, "water"),
    ({"EQ_type": "Temperature"}, "water"),
    ({"EQ_type": "Pressure"}, ""),
    ({"EQ_deviceID": "https://id.gs1.org/8004/9521234TEMP7"}, "water"),
    ({"EQ_dataProcessingMethod": "https://id.gs1.org/253/9521234000051"}, "water"),
    ({"EQ_bizRules": "https://x.example/253/9521234000068"}, "water"),
    ({"EQ_microorganism": "https://www.ncbi.nlm.nih.gov/taxonomy/1126011"}, "water"),
    ({"EQ_chemicalSubstance": "https://identifiers.org/inchikey:MYMOFIZGZYHOMD-UHFFFAOYSA-N"}, "water"),
    ({"EQ_stringValue": ["trong", "đục"]}, "water"),
    ({"EQ_hexBinaryValue": "f0A0"}, "water"),
    ({"EQ_uriValue": "urn:epc:id:giai:9521234.TEMP7"}, "water"),
    ({"EQ_booleanValue": "true"}, "water"),
    ({"EQ_booleanValue": False}, ""),
    ({"EQ_value_CEL": [15.5]}, "water"),
    ({"GE_value_FAH": 59.9}, "water"),
    ({"GT_value_KEL": 288.65}, ""),
    ({"LE_minValue_CEL": 14}, "water"),
    ({"GT_maxValue_CEL": 17.25}, ""),
    ({"GE_meanValue_M1": 8}, "water"),
    ({"GE_meanValue_CEL": 8}, ""),
    ({"LT_sDev_M1": 0.3}, "water"),
    ({"GE_percRank": 50}, "water"),
    ({"LT_percValue_A93": 12.5}, ""),
    ({"EQ_bizTransaction_po": "https://chophien.example/orders/CP7K2M9Q"}, "shipping order correction"),
    ({"EQ_bizTransaction_inv": "https://chophien.example/orders/CP7K2M9Q"}, ""),
    ({"EQ_source_location": "https://id.gs1.org/414/9521234000020"}, "shipping correction"),
    ({"EQ_destination_owning_party": made.SHOP}, "shipping correction"),
    ({"EQ_cpf:weather": ["nắng", "sương mù"]}, "harvest"),
    ({"EXISTS_cpf:weather": 1}, "harvest"),
    ({"EXISTS_cpf:weather": "false"}, " ".join(NAMES)),
    ({"EQ_ext:cups": "12"}, "foreign"),
    ({"GT_ext:cups": 11.5}, "foreign"),
    ({"LE_ext:cups": 11}, ""),
    ({"EQ_ILMD_cbvmda:lotNumber": "LA261101"}, "harvest"),
    ({"EQ_ILMD_cpf:leaves": 2}, "harvest"),
    ({"GE_ILMD_cpf:leaves": "3"}, ""),
    ({"LT_ILMD_cbvmda:bestBeforeDate": "2027-11-02T00:00:00Z"}, ""),
    ({"EXISTS_ILMD_cbvmda:bestBeforeDate": ""}, "roll"),
    ({"EQ_INNER_ILMD_cpf:household": "Nguyễn Thị Hoa"}, "harvest"),
    ({"EQ_INNER_ILMD_cpf:hands": "2"}, "harvest"),
    ({"EQ_INNER_ILMD_cpf:left": "true"}, "harvest"),
    ({"EXISTS_INNER_ILMD_cpf:left": None}, "harvest"),
    ({"EXISTS_INNER_cpf:left": None}, ""),
    ({"EQ_ERROR_DECLARATION_ext:said": "sai ngày"}, "correction"),
    ({"EQ_readPoint_cpf:slope": "north"}, "harvest"),
    ({"EXISTS_SENSORMETADATA_ext:calibrated": None}, "water"),
    ({"EXISTS_SENSORREPORT_ext:calibrated": None}, ""),
    ({"EXISTS_SENSORELEMENT_ext:calibrated": None}, ""),
    ({"HASATTR_bizLocation": "https://ext.example/mda#altitude"}, "harvest"),
    ({"HASATTR_readPoint": "none"}, ""),
    ({"HASATTR_cpf:weather": "none"}, ""),
    ({"EQ_ATTR_readPoint_https://ext.example/mda#altitude": ["310", "420"]}, "harvest"),
    ({"EQ_ATTR_readPoint_https://ext.example/mda#altitude": "311"}, ""),
    ({"EQ_ATTR_epcClass_grade": "2"}, "roll packing"),
    ({"HASATTR_bizTransaction": "grade"}, ""),
    ({"HASATTR_bizStep": "grade"}, ""),
    (
        {"EQ_bizStep": "shipping", "EXISTS_errorDeclaration": True, "LT_eventTime": "2027-01-01T00:00:00Z"},
        "correction",
    ),
]
ELEMENTS = {
    "epcisMasterData": {
        "vocabularyList": [
            {
                "type": "urn:epcglobal:epcis:vtype:BusinessLocation",
                "vocabularyElementList": [
                    {
                        "id": "https://id.gs1.org/414/9521234000990",
                        "children": ["https://id.gs1.org/414/9521234000983"],
                    },
                    {"id": "https://id.gs1.org/414/9521234000983", "children": [made.GARDEN, POND, POND]},
                    {
                        "id": "urn:epc:id:sgln:9521234.00001.0",
                        "attributes": [{"id": "https://ext.example/mda#altitude", "attribute": 310}],
                    },
                    {"id": made.TEA, "attributes": [{"id": "grade", "attribute": "2"}]},
                ],
            }
        ]
    }
}


async def names_found(session: AsyncSession, parameters: dict[str, Any]) -> list[str]:
    """Which of the examples a query finds, in order of capture."""
    query = await service.build_query(session, parameters, sight=service.see_all())
    page = await service.find_events(session, query=query, sight=service.see_all(), per_page=100)
    return [
        NAMES[place] for event in page.events for place in range(len(NAMES)) if _is(event.document, place)
    ]


def _is(document: str, place: int) -> bool:
    event = json.loads(document)
    wanted = copy.deepcopy(made.EVERY[place])
    return {name: value for name, value in event.items() if name != "eventID"} == {
        name: value for name, value in wanted.items() if name != "eventID"
    }


@pytest.fixture
async def filled(session: AsyncSession) -> AsyncSession:
    """A session in which the examples were captured."""
    await service.capture_document(
        session,
        body=made.make_document(epcisHeader=ELEMENTS),
        owner_id=uuid7(),
        behaviour=service.Behaviour.ROLLBACK,
        now=NOW,
    )
    return session


async def test_every_parameter_finds_what_it_means(filled: AsyncSession) -> None:
    """Each parameter of the standard finds exactly the examples that it should, by database and in memory alike."""
    for parameters, expected in FOUND:
        assert await names_found(filled, parameters) == expected.split(), parameters


async def test_statistics_change_the_way_never_the_result(filled: AsyncSession) -> None:
    """When the statistics (a thousand terms at most) know what is common, the rest is found by its terms first."""
    known = [
        {**made.WATER, "epcList": [made.PACK.format(f"{number % 2}K{place}") for place in range(600)]}
        for number in range(100)
    ]
    await service.capture_document(
        filled,
        body=made.make_document(
            *({**event, "eventID": f"urn:uuid:{number:032}"} for number, event in enumerate(known))
        ),
        owner_id=uuid7(),
        behaviour=service.Behaviour.ROLLBACK,
        now=NOW,
    )
    await filled.execute(text("ANALYZE events"))
    bind = filled.bind
    assert isinstance(bind, AsyncEngine)
    statements = count_queries(bind)
    for order in ({}, {"orderBy": "eventTime", "orderDirection": "DESC"}):
        rare = {"MATCH_anyEPC": made.PACK.format("AAA111"), "EQ_action": "ADD", **order}
        names = await names_found(filled, rare)
        assert (names if not order else names[::-1]) == ["packing", "order"]
        assert re.search(r"ORDER BY events\.\w+ \+", statements[-2])
        common = {"EQ_bizStep": "sensor_reporting", **order}
        query = await service.build_query(filled, common, sight=service.see_all())
        page = await service.find_events(filled, query=query, sight=service.see_all(), per_page=200)
        assert len(page.events) == 101
        assert not any(re.search(r"ORDER BY events\.\w+ \+", said) for said in statements[-6:])


async def test_record_time_bounds_a_query(filled: AsyncSession) -> None:
    """Events recorded in the half-open span are found."""
    assert await names_found(filled, {"GE_recordTime": "2026-11-12T02:00:00Z"}) == list(NAMES)
    assert await names_found(filled, {"LT_recordTime": "2026-11-12T02:00:00Z"}) == []


async def test_a_prefix_means_what_the_query_says(filled: AsyncSession) -> None:
    """With a context the query's own prefix counts; one that nobody declared finds nothing."""
    own = {"@context": {"w": "https://chophien.example/farm/"}, "EQ_w:weather": "sương mù"}
    assert await names_found(filled, own) == ["harvest"]
    assert await names_found(filled, {"EQ_w:weather": "sương mù"}) == []
    with pytest.raises(EpcisError, match="QueryValidationException"):
        await names_found(filled, {"@context": 5})


@pytest.mark.parametrize(
    "parameters",
    [
        {"EQ_nothing": "x"},
        {"eventType": "Harvest"},
        {"eventType": []},
        {"EQ_action": "CREATE"},
        {"EQ_bizStep": "harvesting"},
        {"EQ_bizStep": 5},
        {"GE_eventTime": "yesterday"},
        {"GE_eventTime": 5},
        {"EQ_quantity": "much"},
        {"EQ_quantity": True},
        {"GE_quantity": [1, 2]},
        {"GE_value_CEL": float("inf")},
        {"EXISTS_errorDeclaration": "perhaps"},
        {"EQ_booleanValue": "perhaps"},
        {"EQ_bizTransaction_receipt": "urn:x:y"},
        {"GT_ext:cups": "many"},
        {"HASATTR_action": "x"},
        {"orderBy": "ext:cups"},
        {"orderDirection": "UP"},
        {"eventCountLimit": 5},
        {"eventCountLimit": 5, "maxEventCount": 5, "orderBy": "eventTime"},
        {"maxEventCount": "-1"},
        {"perPage": "x"},
        {"MATCH_epc": ["urn:x:y"] * 1001},
    ],
)
def test_parameters_that_cannot_be_read_are_refused(parameters: dict[str, Any]) -> None:
    """Unknown names and values that mean nothing are said to be so, by name."""
    with pytest.raises(QueryError):
        read_query(parameters, namespaces=NAMESPACES)


def test_addresses_divide_lists_by_bars() -> None:
    """`|` and repetition both make a list; master data is read only where it is asked for."""
    pairs = [("EQ_bizStep", "packing|shipping"), ("EQ_action", "ADD"), ("EQ_action", "OBSERVE")]
    assert split_parameters(pairs) == {"EQ_bizStep": ["packing", "shipping"], "EQ_action": ["ADD", "OBSERVE"]}
    assert needs_master_data(["WD_readPoint"]) and not needs_master_data(["EQ_readPoint"])


def test_places_inside_each_other_end() -> None:
    """A circle of places is walked once."""
    circle = MasterData.of([("urn:a:1", ["urn:a:2"], {}), ("urn:a:2", ["urn:a:1"], {})])
    assert circle.with_descendants(["urn:a:1"]) == {"urn:a:1", "urn:a:2"}


# ---------------------------------------------------------------- the database finds what the meaning says

_serials = st.sampled_from(["A1", "A2", "B1"]).map(made.PACK.format)
_classes = st.sampled_from([made.LEAF, made.TEA, "https://id.gs1.org/01/09521234200017"])
_quantities = st.lists(
    st.fixed_dictionaries(
        {"epcClass": _classes, "quantity": st.integers(0, 3)},
        optional={"uom": st.sampled_from(["KGM", "GRM"])},
    ),
    min_size=1,
    max_size=2,
)
_notes = st.dictionaries(
    st.sampled_from(["cpf:a", "ext:a"]),
    st.one_of(
        st.sampled_from(["x", "2", "true"]),
        st.integers(1, 3),
        st.booleans(),
        st.lists(st.integers(1, 2), max_size=2),
    ),
    max_size=2,
)
_events = st.builds(
    lambda base, notes, ilmd: {**base, **notes, **({"ilmd": ilmd} if base["action"] == "ADD" else {})},
    st.fixed_dictionaries(
        {
            "type": st.just("ObjectEvent"),
            "eventTime": st.sampled_from(
                ["2026-11-01T00:00:00Z", "2026-11-02T07:00:00+07:00", "2026-11-03T00:00:00.5Z"]
            ),
            "eventTimeZoneOffset": st.just("+07:00"),
            "action": st.sampled_from(["ADD", "OBSERVE", "DELETE"]),
            "epcList": st.lists(_serials, max_size=2, unique=True),
        },
        optional={
            "bizStep": st.sampled_from(["packing", "shipping", "https://ref.gs1.org/cbv/BizStep-packing"]),
            "quantityList": _quantities,
            "readPoint": st.fixed_dictionaries({"id": st.sampled_from([made.GARDEN, made.WORKSHOP])}),
            "sourceList": st.lists(
                st.fixed_dictionaries(
                    {
                        "type": st.sampled_from(["location", "owning_party"]),
                        "source": st.sampled_from([made.SHOP, made.GARDEN]),
                    }
                ),
                max_size=1,
            ),
            "errorDeclaration": st.just({"declarationTime": "2026-11-05T00:00:00Z"}),
        },
    ),
    _notes,
    _notes,
)
_queries = st.fixed_dictionaries(
    {},
    optional={
        "EQ_action": st.sampled_from(["ADD", "OBSERVE"]),
        "EQ_bizStep": st.sampled_from(["packing", "shipping"]),
        "GE_eventTime": st.sampled_from(["2026-11-02T00:00:00Z", "2026-11-03T00:00:00Z"]),
        "LT_eventTime": st.sampled_from(["2026-11-02T00:00:00Z", "2026-11-03T00:00:01Z"]),
        "MATCH_anyEPC": st.one_of(
            _serials,
            st.just("urn:epc:idpat:sgtin:9521234.020001.*"),
            st.just("urn:epc:idpat:sgtin:9521234.*.*"),
        ),
        "MATCH_anyEPCClass": _classes,
        "GE_quantity_GRM": st.sampled_from([1, 1000]),
        "EQ_readPoint": st.sampled_from([made.GARDEN, made.WORKSHOP]),
        "EQ_source_location": st.sampled_from([made.SHOP, made.GARDEN]),
        "EXISTS_errorDeclaration": st.just("true"),
        "EQ_cpf:a": st.sampled_from(["x", "2", 2, "true", True]),
        "EXISTS_ext:a": st.just(None),
        "GE_ILMD_cpf:a": st.sampled_from([2, "2"]),
        "EQ_ILMD_ext:a": st.sampled_from(["x", 1]),
        "orderBy": st.sampled_from(["eventTime", "recordTime"]),
        "orderDirection": st.sampled_from(["ASC", "DESC"]),
    },
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(_events, min_size=1, max_size=12), parameters=_queries)
async def test_a_query_is_a_filter(
    house: House, events: list[dict[str, Any]], parameters: dict[str, Any]
) -> None:
    """Whatever events and query: what comes in comes out, and the database finds what the meaning in memory accepts."""
    db: Database = house.database
    async with db.sessions(info={"handlers": db.handlers}) as session, session.begin():
        document = made.make_document(*events)
        for place, event in enumerate(document["epcisBody"]["eventList"]):
            event["eventID"] = f"urn:uuid:{place:032}"
        await service.capture_document(
            session, body=document, owner_id=uuid7(), behaviour=service.Behaviour.ROLLBACK, now=NOW
        )
        query = await service.build_query(session, parameters, sight=service.see_all())
        page = await service.find_events(session, query=query, sight=service.see_all(), per_page=1000)
        wanted = [
            event
            for event in document["epcisBody"]["eventList"]
            if query.accepts(Facts(event, made.NAMESPACES, NOW))
        ]
        found = [json.loads(event.document) for event in page.events]
        assert sorted(found, key=lambda event: event["eventID"]) == wanted
        await session.rollback()
