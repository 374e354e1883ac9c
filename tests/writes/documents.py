"""Mutations as documents, and helpers to execute them."""

from __future__ import annotations

from typing import Any

from service.execution.engine import Engine
from tests.queries import mutate


async def sequence(engine: Engine) -> int:
    """The number of the last change."""
    return int((await engine.store.version()).rpartition(".")[2])


UPSERT = """mutation ($input: FrameworkInput!) { upsertFramework(input: $input) { __typename
  ... on UpsertedFramework { framework { slug name aliases summary homepage } version }
  ... on Conflict { message field value } ... on InvalidInput { message field } ... on NotAuthorized { message } } }"""
CLAIM = """mutation ($input: ClaimInput!) { claim(input: $input) { __typename
  ... on Claimed { claim { id stance confidence firstSeen lastSeen evidence { supports note term locator source { slug } } }
    version }
  ... on NotFound { message nearest } ... on InvalidInput { message field } ... on NotAuthorized { message } } }"""
RETRACT = """mutation ($input: RetractInput!) { retract(input: $input) { __typename
  ... on Retracted { claim { stance confidence evidence { source { slug } } } version }
  ... on NotFound { message nearest } ... on NotAuthorized { message } } }"""
DELETE = """mutation ($id: ID!) { deleteEntity(id: $id) { __typename
  ... on Deleted { id version } ... on NotFound { message nearest } ... on NotAuthorized { message } } }"""
SOURCE = """mutation ($input: SourceInput!) { upsertSource(input: $input) { __typename
  ... on UpsertedSource { source { slug publisher published } version } ... on InvalidInput { message field } } }"""


async def payload_of(engine: Engine, text: str, **variables: Any) -> dict[str, Any]:
    """The payload of a mutation of one field."""
    (payload,) = (await mutate(engine, text, variables)).values()
    return payload
