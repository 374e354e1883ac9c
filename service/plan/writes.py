"""Plans of mutations and subscriptions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from schema import Kind
from service.plan.parameters import Parameter, ParameterIndex
from service.plan.roots import Introspection, Plan
from service.plan.selections import Typename


@dataclass(frozen=True, slots=True)
class PayloadField:
    """A field of a payload that comes from the result of the write, such as `version`, `message` or `nearest`."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class PayloadEntity:
    """The written entity or claim as the store returns it: the next root of the payload's plan."""

    key: str


PayloadPart: TypeAlias = Typename | PayloadField | PayloadEntity


@dataclass(frozen=True, slots=True)
class Payload:
    """The selections on each type of a payload, by the name of the type.

    `plan` reads the written entity or claim. Its first parameter is the global ID.
    """

    parts: tuple[tuple[str, tuple[PayloadPart, ...]], ...]
    plan: Plan


@dataclass(frozen=True, slots=True)
class MutationField:
    """A root field of a mutation: `kind` is that of an upsert, `values` are the names and parameters of its input."""

    key: str
    name: str
    kind: Kind | None
    values: tuple[tuple[str, ParameterIndex], ...]
    payload: Payload


@dataclass(frozen=True, slots=True)
class MutationPlan:
    """The root fields of a mutation, in the order of the document, and their parameters."""

    roots: tuple[Typename | Introspection | MutationField, ...]
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True)
class SubscriptionPlan:
    """A subscription to the changes of these kinds (None: of all) after a version; `plan` reads one change."""

    key: str
    kinds: tuple[str, ...] | None
    after: tuple[ParameterIndex, ParameterIndex] | None
    parameters: tuple[Parameter, ...]
    plan: Plan
