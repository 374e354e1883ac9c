"""The root fields of a mutation, and the plan of a subscription."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from schema import Kind
from service.plan.parameters import Parameter, ParameterIndex
from service.plan.roots import Introspection, Plan
from service.plan.selections import Typename


@dataclass(frozen=True, slots=True)
class PayloadField:
    """A field of a payload that the service itself knows: `version`, `message`, `nearest` and so on."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class PayloadEntity:
    """What was written, as the graph has it: the next root of the payload's plan."""

    key: str


PayloadPart: TypeAlias = Typename | PayloadField | PayloadEntity


@dataclass(frozen=True, slots=True)
class Payload:
    """What is selected of each type that a write may answer with, by the name of the type.

    `plan` asks for what was written, of which its slot 0 is the global ID.
    """

    parts: tuple[tuple[str, tuple[PayloadPart, ...]], ...]
    plan: Plan


@dataclass(frozen=True, slots=True)
class MutationField:
    """A root field that writes: `name` is the mutation, `kind` that of an upsert, `values` the slots of its input."""

    key: str
    name: str
    kind: Kind | None
    values: tuple[tuple[str, ParameterIndex], ...]
    payload: Payload


@dataclass(frozen=True, slots=True)
class MutationPlan:
    """The root fields of a mutation, in the order of the document, and the values they need."""

    roots: tuple[Typename | Introspection | MutationField, ...]
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True)
class SubscriptionPlan:
    """A subscription: what is asked of every change, what concerns these kinds (None: any), what came after a version."""

    key: str
    kinds: tuple[str, ...] | None
    after: tuple[ParameterIndex, ParameterIndex] | None
    parameters: tuple[Parameter, ...]
    plan: Plan
