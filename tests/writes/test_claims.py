"""Mutations of claims: claim, retract, and changes of their sources."""

from __future__ import annotations

from typing import Any

import pytest

from graph_seed.facts import global_id
from service.execution.engine import Engine
from tests.queries import query
from tests.small_graph import ADMIN, DJANGO, FLASK, ORM, claim_input, id_of
from tests.writes.documents import CLAIM, DELETE, RETRACT, SOURCE, payload_of, sequence

pytestmark = pytest.mark.anyio


# --------------------------------------------------------------------------------------------------------------- claims


async def test_a_claim_returns_all_its_evidence(engine: Engine) -> None:
    values = claim_input(DJANGO, "HAS_FEATURE", ORM, "beta", note="None.", supports=False, term="mapper", locator="4.1")

    payload = await payload_of(engine, CLAIM, input=values)

    other = {"supports": True, "note": "It says so.", "term": None, "locator": None}
    assert payload == {
        "__typename": "Claimed",
        "claim": {
            "id": global_id("Claim", f"{DJANGO}/HAS_FEATURE/{ORM}"),
            "stance": "DISPUTED",
            "confidence": 0.667,
            "firstSeen": "2020",
            "lastSeen": "2021-05",
            "evidence": [
                {**other, "source": {"slug": "alpha"}},
                {
                    "supports": False,
                    "note": "None.",
                    "term": "mapper",
                    "locator": "4.1",
                    "source": {"slug": "beta"},
                },
                {**other, "source": {"slug": "gamma"}},
            ],
        },
        "version": await engine.store.version(),
    }


async def test_new_evidence_of_a_source_replaces_its_earlier_evidence(engine: Engine) -> None:
    await payload_of(
        engine, CLAIM, input=claim_input(FLASK, "HAS_FEATURE", ADMIN, "alpha", note="Yes.", term="t", locator="l")
    )
    payload = await payload_of(
        engine, CLAIM, input=claim_input(FLASK, "HAS_FEATURE", ADMIN, "alpha", note="No.", supports=False)
    )
    by_default = await payload_of(
        engine, CLAIM, input=claim_input(FLASK, "HAS_FEATURE", ADMIN, "beta", note="Yes.", supports=None)
    )

    assert payload["claim"]["evidence"] == [
        {"supports": False, "note": "No.", "term": None, "locator": None, "source": {"slug": "alpha"}}
    ]
    assert (payload["claim"]["stance"], by_default["claim"]["stance"]) == ("LACKS", "DISPUTED")
    assert by_default["claim"]["evidence"][1]["supports"] is True


async def test_a_claim_is_an_edge_unless_all_its_evidence_denies_it(
    engine: Engine,
) -> None:
    text = '{ framework(slug: "flask") { features { totalCount edges { node { slug } claim { stance } } } } }'

    async def edges() -> Any:
        features = (await query(engine, text))["framework"]["features"]
        return features["totalCount"], [edge["claim"]["stance"] for edge in features["edges"]]

    counts = [await edges()]
    await payload_of(engine, CLAIM, input=claim_input(FLASK, "HAS_FEATURE", ORM, "gamma", note="Yes."))
    counts.append(await edges())
    await payload_of(engine, RETRACT, input=claim_input(FLASK, "HAS_FEATURE", ORM, "beta"))
    counts.append(await edges())
    await payload_of(engine, CLAIM, input=claim_input(FLASK, "HAS_FEATURE", ORM, "gamma", note="No.", supports=False))
    counts.append(await edges())

    assert counts == [(0, []), (1, ["DISPUTED"]), (1, ["HAS"]), (0, [])]


async def test_retracting_keeps_other_evidence_and_deletes_a_claim_without_evidence(engine: Engine) -> None:
    values = claim_input(DJANGO, "HAS_FEATURE", ORM, "alpha")
    remaining = await payload_of(engine, RETRACT, input=values)
    deleted = await payload_of(engine, RETRACT, input={**values, "source": id_of("Source:gamma")})
    again = await payload_of(engine, RETRACT, input=values)

    assert remaining["claim"] == {"stance": "HAS", "confidence": 0.5, "evidence": [{"source": {"slug": "gamma"}}]}
    assert deleted == {"__typename": "Retracted", "claim": None, "version": await engine.store.version()}
    assert again == {
        "__typename": "NotFound",
        "message": f"Source:alpha has no evidence about {DJANGO} HAS_FEATURE {ORM}.",
        "nearest": [],
    }


INVALID: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"subject": id_of("Framework:djnago")},
        {"__typename": "NotFound", "message": "Framework:djnago does not exist.", "nearest": ["django"]},
    ),
    (
        {"object": id_of("Feature:admn")},
        {"__typename": "NotFound", "message": "Feature:admn does not exist.", "nearest": ["admin"]},
    ),
    (
        {"subject": "x"},
        {"__typename": "NotFound", "message": "subject: there is no entity with the ID 'x'.", "nearest": []},
    ),
    (
        {"object": global_id("Claim", "x")},
        {
            "__typename": "NotFound",
            "message": f"object: there is no entity with the ID '{global_id('Claim', 'x')}'.",
            "nearest": [],
        },
    ),
    (
        {"relation": "EATS"},
        {
            "__typename": "InvalidInput",
            "message": "relation: unknown relation Framework EATS Feature; use Framework OF_TYPE FrameworkType, "
            "HAS_FEATURE Feature, SUITS Application, WORKS_WITH Technology, EXTENDS Framework.",
            "field": "relation",
        },
    ),
    (
        {"subject": id_of(ORM), "object": id_of(DJANGO)},
        {
            "__typename": "InvalidInput",
            "message": "relation: unknown relation Feature HAS_FEATURE Framework; Feature is not the subject of any relation.",
            "field": "relation",
        },
    ),
    (
        {"source": id_of("Source:missing")},
        {
            "__typename": "InvalidInput",
            "message": "source: Source:missing does not exist; create it first.",
            "field": "source",
        },
    ),
    (
        {"source": id_of(DJANGO)},
        {
            "__typename": "InvalidInput",
            "message": f"source: '{id_of(DJANGO)}' is not the ID of a Source.",
            "field": "source",
        },
    ),
    (
        {"note": " "},
        {
            "__typename": "InvalidInput",
            "message": "note is missing; state the claim in a sentence in your own words.",
            "field": "note",
        },
    ),
    (
        {"term": "\u0007"},
        {"__typename": "InvalidInput", "message": "term contains a control character.", "field": "term"},
    ),
    (
        {"locator": "\u0007"},
        {"__typename": "InvalidInput", "message": "locator contains a control character.", "field": "locator"},
    ),
]


async def test_an_invalid_claim_is_reported_with_its_reason(engine: Engine) -> None:
    valid = claim_input(DJANGO, "HAS_FEATURE", ADMIN, "alpha", note="It does.")

    payloads = [await payload_of(engine, CLAIM, input={**valid, **values}) for values, _ in INVALID]

    assert payloads == [expected for _, expected in INVALID]
    assert await sequence(engine) == 1


async def test_a_claim_that_cannot_exist_is_not_found(engine: Engine) -> None:
    valid = claim_input(DJANGO, "HAS_FEATURE", ORM, "alpha")
    impossible = [{"subject": id_of("Framework:flsk")}, {"relation": "EATS"}, {"object": "x"}, {"source": "x"}]

    payloads = [await payload_of(engine, RETRACT, input={**valid, **values}) for values in impossible]

    assert [item["__typename"] for item in payloads] == ["NotFound"] * 4
    assert payloads[0] == {"__typename": "NotFound", "message": "Framework:flsk does not exist.", "nearest": ["flask"]}
    assert await sequence(engine) == 1


# -------------------------------------------------------------------------------------------------------------- sources


async def confidence(engine: Engine) -> Any:
    text = """{ framework(slug: "django") { features { edges { claim { stance confidence firstSeen lastSeen } } } }
      frameworks(where: {features: {some: {}, minConfidence: 0.6}}) { nodes { slug } } }"""
    answer = await query(engine, text)
    claims = [tuple(edge["claim"].values()) for edge in answer["framework"]["features"]["edges"]]
    return claims, len(answer["frameworks"]["nodes"])


async def test_claims_are_assessed_again_when_a_source_changes_its_publisher_or_date(engine: Engine) -> None:
    results = [await confidence(engine)]
    for values in (
        {"publisher": "The Press"},  # the publisher of another source: they count once
        {"published": "2019-01-31"},
        {"publisher": None, "published": None},
        {"name": "Another name"},
    ):
        await payload_of(engine, SOURCE, input={"slug": "gamma", **values})
        results.append(await confidence(engine))

    assert results == [
        ([("HAS", 0.75, "2020", "2020")], 1),
        ([("HAS", 0.5, "2020", "2020")], 0),
        ([("HAS", 0.5, "2019-01-31", "2020")], 0),
        ([("HAS", 0.75, "2020", "2020")], 1),
        ([("HAS", 0.75, "2020", "2020")], 1),
    ]


async def test_deleting_a_source_deletes_its_evidence(engine: Engine) -> None:
    await payload_of(engine, DELETE, id=id_of("Source:alpha"))

    text = "{ claims { nodes { subject { slug } evidence { source { slug } } } } }"
    assert await confidence(engine) == ([("HAS", 0.5, None, None)], 0)
    assert await query(engine, text) == {
        "claims": {
            "nodes": [
                {"subject": {"slug": "django"}, "evidence": [{"source": {"slug": "gamma"}}]},
                {"subject": {"slug": "flask"}, "evidence": [{"source": {"slug": "beta"}}]},
            ]
        }
    }
