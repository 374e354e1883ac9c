"""The types of the GraphQL schema for type checkers.

Generated from the schema by `generate_types.py`; do not edit.

Input types are exact, so that a type checker finds an invalid filter, order or input. Output types contain all fields of the
schema; at run time a value contains only the fields that the document selects.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypeAlias, TypedDict

Date: TypeAlias = str
DateTime: TypeAlias = str


Action: TypeAlias = Literal["UPSERT", "DELETE", "CLAIM", "RETRACT", "LOAD"]
"""The type of a change."""

Answer: TypeAlias = Literal["HAS", "LACKS", "DISPUTED", "UNKNOWN"]
"""What the sources say about a relation between two entities."""

ApplicationCategory: TypeAlias = Literal["USE_CASE", "INDUSTRY", "PROJECT_SIZE", "AUDIENCE"]
"""The category of an application."""

FeatureCategory: TypeAlias = Literal["CAPABILITY", "QUALITY", "PRINCIPLE", "SECURITY", "STATUS"]
"""The category of a feature."""

Kind: TypeAlias = Literal["FRAMEWORK", "FRAMEWORK_TYPE", "FEATURE", "APPLICATION", "TECHNOLOGY", "COMPANY", "SOURCE"]
"""The kinds of entities."""

RelationType: TypeAlias = Literal["OF_TYPE", "HAS_FEATURE", "SUITS", "WORKS_WITH", "EXTENDS", "NARROWS", "USES"]
"""The relations between two entities."""

Sort: TypeAlias = Literal["ASC", "DESC"]
"""The direction of a sort order."""

Stance: TypeAlias = Literal["HAS", "LACKS", "DISPUTED"]
"""The combined position of all sources on a claim."""

TechnologyCategory: TypeAlias = Literal["LANGUAGE", "LIBRARY", "DATABASE", "CACHE", "STANDARD", "PROTOCOL", "TOOL"]
"""The category of a technology."""

ApplicationFilter = TypedDict(
    "ApplicationFilter",
    {
        "slug": "NotRequired[TextFilter | None]",
        "name": "NotRequired[TextFilter | None]",
        "summary": "NotRequired[TextFilter | None]",
        "category": "NotRequired[list[ApplicationCategory] | None]",
        "frameworks": "NotRequired[FrameworkRelation | None]",
        "frameworkTypes": "NotRequired[FrameworkTypeRelation | None]",
        "technologies": "NotRequired[TechnologyRelation | None]",
        "and": "NotRequired[list[ApplicationFilter] | None]",
        "or": "NotRequired[list[ApplicationFilter] | None]",
        "not": "NotRequired[ApplicationFilter | None]",
    },
)
"""Conditions on applications. An entity must match all of them."""


class ApplicationInput(TypedDict):
    """The application to create or update. Omitted fields keep their values; null removes a value."""

    slug: str
    name: NotRequired[str | None]
    aliases: NotRequired[list[str] | None]
    summary: NotRequired[str | None]
    homepage: NotRequired[str | None]
    category: NotRequired[ApplicationCategory | None]
    expectedVersion: NotRequired[str | None]


class ApplicationOrderBySlug(TypedDict):
    slug: Sort


class ApplicationOrderByName(TypedDict):
    name: Sort


class ApplicationOrderByFrameworks(TypedDict):
    frameworks: CountSort


class ApplicationOrderByFrameworkTypes(TypedDict):
    frameworkTypes: CountSort


class ApplicationOrderByTechnologies(TypedDict):
    technologies: CountSort


class ApplicationOrderByClaim(TypedDict):
    claim: ClaimSort


ApplicationOrder: TypeAlias = (
    ApplicationOrderBySlug
    | ApplicationOrderByName
    | ApplicationOrderByFrameworks
    | ApplicationOrderByFrameworkTypes
    | ApplicationOrderByTechnologies
    | ApplicationOrderByClaim
)
"""A sort criterion; give exactly one field. Entities that compare equal are sorted by slug, null values last."""


class ApplicationRelation(TypedDict):
    """Conditions on related applications. All of them must match. Without `some`, `none`, `all` and `count`, at least one must be known."""

    some: NotRequired[ApplicationFilter | None]
    none: NotRequired[ApplicationFilter | None]
    all: NotRequired[ApplicationFilter | None]
    count: NotRequired[IntFilter | None]
    minConfidence: NotRequired[float | None]
    stance: NotRequired[list[Stance] | None]


class ClaimFilter(TypedDict):
    """Conditions on claims. A claim must match all of them."""

    subject: NotRequired[str | None]
    object: NotRequired[str | None]
    source: NotRequired[str | None]
    relation: NotRequired[list[str] | None]
    stance: NotRequired[list[Stance] | None]
    minConfidence: NotRequired[float | None]


class ClaimInput(TypedDict):
    """Evidence of one source for a claim. It replaces earlier evidence of the same source for the same claim."""

    subject: str
    relation: str
    object: str
    source: str
    supports: NotRequired[bool | None]
    note: str
    term: NotRequired[str | None]
    locator: NotRequired[str | None]


class ClaimSortByConfidence(TypedDict):
    confidence: Sort


class ClaimSortByFirstSeen(TypedDict):
    firstSeen: Sort


class ClaimSortByLastSeen(TypedDict):
    lastSeen: Sort


ClaimSort: TypeAlias = ClaimSortByConfidence | ClaimSortByFirstSeen | ClaimSortByLastSeen
"""Sort by a field of the claim that relates an entity to its parent. Give exactly one field."""

CompanyFilter = TypedDict(
    "CompanyFilter",
    {
        "slug": "NotRequired[TextFilter | None]",
        "name": "NotRequired[TextFilter | None]",
        "summary": "NotRequired[TextFilter | None]",
        "uses": "NotRequired[FrameworkRelation | None]",
        "and": "NotRequired[list[CompanyFilter] | None]",
        "or": "NotRequired[list[CompanyFilter] | None]",
        "not": "NotRequired[CompanyFilter | None]",
    },
)
"""Conditions on companies. An entity must match all of them."""


class CompanyInput(TypedDict):
    """The company to create or update. Omitted fields keep their values; null removes a value."""

    slug: str
    name: NotRequired[str | None]
    aliases: NotRequired[list[str] | None]
    summary: NotRequired[str | None]
    homepage: NotRequired[str | None]
    expectedVersion: NotRequired[str | None]


class CompanyOrderBySlug(TypedDict):
    slug: Sort


class CompanyOrderByName(TypedDict):
    name: Sort


class CompanyOrderByUses(TypedDict):
    uses: CountSort


class CompanyOrderByClaim(TypedDict):
    claim: ClaimSort


CompanyOrder: TypeAlias = CompanyOrderBySlug | CompanyOrderByName | CompanyOrderByUses | CompanyOrderByClaim
"""A sort criterion; give exactly one field. Entities that compare equal are sorted by slug, null values last."""


class CompanyRelation(TypedDict):
    """Conditions on related companies. All of them must match. Without `some`, `none`, `all` and `count`, at least one must be known."""

    some: NotRequired[CompanyFilter | None]
    none: NotRequired[CompanyFilter | None]
    all: NotRequired[CompanyFilter | None]
    count: NotRequired[IntFilter | None]
    minConfidence: NotRequired[float | None]
    stance: NotRequired[list[Stance] | None]


class CountSort(TypedDict):
    """Sort by the number of related entities."""

    count: Sort


class DateFilter(TypedDict):
    """Conditions on a date. A less precise date is less than a more precise one: 2024 < 2024-03. A value must match all of them. `eq: null` matches missing values, `ne: null` matches present ones; any other null is ignored."""

    eq: NotRequired[Date | None]
    ne: NotRequired[Date | None]
    lt: NotRequired[Date | None]
    lte: NotRequired[Date | None]
    gt: NotRequired[Date | None]
    gte: NotRequired[Date | None]


FeatureFilter = TypedDict(
    "FeatureFilter",
    {
        "slug": "NotRequired[TextFilter | None]",
        "name": "NotRequired[TextFilter | None]",
        "summary": "NotRequired[TextFilter | None]",
        "category": "NotRequired[list[FeatureCategory] | None]",
        "frameworks": "NotRequired[FrameworkRelation | None]",
        "frameworkTypes": "NotRequired[FrameworkTypeRelation | None]",
        "technologies": "NotRequired[TechnologyRelation | None]",
        "and": "NotRequired[list[FeatureFilter] | None]",
        "or": "NotRequired[list[FeatureFilter] | None]",
        "not": "NotRequired[FeatureFilter | None]",
    },
)
"""Conditions on features. An entity must match all of them."""


class FeatureInput(TypedDict):
    """The feature to create or update. Omitted fields keep their values; null removes a value."""

    slug: str
    name: NotRequired[str | None]
    aliases: NotRequired[list[str] | None]
    summary: NotRequired[str | None]
    homepage: NotRequired[str | None]
    category: NotRequired[FeatureCategory | None]
    expectedVersion: NotRequired[str | None]


class FeatureOrderBySlug(TypedDict):
    slug: Sort


class FeatureOrderByName(TypedDict):
    name: Sort


class FeatureOrderByFrameworks(TypedDict):
    frameworks: CountSort


class FeatureOrderByFrameworkTypes(TypedDict):
    frameworkTypes: CountSort


class FeatureOrderByTechnologies(TypedDict):
    technologies: CountSort


class FeatureOrderByClaim(TypedDict):
    claim: ClaimSort


FeatureOrder: TypeAlias = (
    FeatureOrderBySlug
    | FeatureOrderByName
    | FeatureOrderByFrameworks
    | FeatureOrderByFrameworkTypes
    | FeatureOrderByTechnologies
    | FeatureOrderByClaim
)
"""A sort criterion; give exactly one field. Entities that compare equal are sorted by slug, null values last."""


class FeatureRelation(TypedDict):
    """Conditions on related features. All of them must match. Without `some`, `none`, `all` and `count`, at least one must be known."""

    some: NotRequired[FeatureFilter | None]
    none: NotRequired[FeatureFilter | None]
    all: NotRequired[FeatureFilter | None]
    count: NotRequired[IntFilter | None]
    minConfidence: NotRequired[float | None]
    stance: NotRequired[list[Stance] | None]


FrameworkFilter = TypedDict(
    "FrameworkFilter",
    {
        "slug": "NotRequired[TextFilter | None]",
        "name": "NotRequired[TextFilter | None]",
        "summary": "NotRequired[TextFilter | None]",
        "types": "NotRequired[FrameworkTypeRelation | None]",
        "features": "NotRequired[FeatureRelation | None]",
        "applications": "NotRequired[ApplicationRelation | None]",
        "technologies": "NotRequired[TechnologyRelation | None]",
        "extends": "NotRequired[FrameworkRelation | None]",
        "extendedBy": "NotRequired[FrameworkRelation | None]",
        "usedBy": "NotRequired[CompanyRelation | None]",
        "and": "NotRequired[list[FrameworkFilter] | None]",
        "or": "NotRequired[list[FrameworkFilter] | None]",
        "not": "NotRequired[FrameworkFilter | None]",
    },
)
"""Conditions on frameworks. An entity must match all of them."""


class FrameworkInput(TypedDict):
    """The framework to create or update. Omitted fields keep their values; null removes a value."""

    slug: str
    name: NotRequired[str | None]
    aliases: NotRequired[list[str] | None]
    summary: NotRequired[str | None]
    homepage: NotRequired[str | None]
    expectedVersion: NotRequired[str | None]


class FrameworkOrderBySlug(TypedDict):
    slug: Sort


class FrameworkOrderByName(TypedDict):
    name: Sort


class FrameworkOrderByTypes(TypedDict):
    types: CountSort


class FrameworkOrderByFeatures(TypedDict):
    features: CountSort


class FrameworkOrderByApplications(TypedDict):
    applications: CountSort


class FrameworkOrderByTechnologies(TypedDict):
    technologies: CountSort


class FrameworkOrderByExtends(TypedDict):
    extends: CountSort


class FrameworkOrderByExtendedBy(TypedDict):
    extendedBy: CountSort


class FrameworkOrderByUsedBy(TypedDict):
    usedBy: CountSort


class FrameworkOrderByClaim(TypedDict):
    claim: ClaimSort


FrameworkOrder: TypeAlias = (
    FrameworkOrderBySlug
    | FrameworkOrderByName
    | FrameworkOrderByTypes
    | FrameworkOrderByFeatures
    | FrameworkOrderByApplications
    | FrameworkOrderByTechnologies
    | FrameworkOrderByExtends
    | FrameworkOrderByExtendedBy
    | FrameworkOrderByUsedBy
    | FrameworkOrderByClaim
)
"""A sort criterion; give exactly one field. Entities that compare equal are sorted by slug, null values last."""


class FrameworkRelation(TypedDict):
    """Conditions on related frameworks. All of them must match. Without `some`, `none`, `all` and `count`, at least one must be known."""

    some: NotRequired[FrameworkFilter | None]
    none: NotRequired[FrameworkFilter | None]
    all: NotRequired[FrameworkFilter | None]
    count: NotRequired[IntFilter | None]
    minConfidence: NotRequired[float | None]
    stance: NotRequired[list[Stance] | None]


FrameworkTypeFilter = TypedDict(
    "FrameworkTypeFilter",
    {
        "slug": "NotRequired[TextFilter | None]",
        "name": "NotRequired[TextFilter | None]",
        "summary": "NotRequired[TextFilter | None]",
        "features": "NotRequired[FeatureRelation | None]",
        "applications": "NotRequired[ApplicationRelation | None]",
        "technologies": "NotRequired[TechnologyRelation | None]",
        "narrows": "NotRequired[FrameworkTypeRelation | None]",
        "frameworks": "NotRequired[FrameworkRelation | None]",
        "narrowedBy": "NotRequired[FrameworkTypeRelation | None]",
        "and": "NotRequired[list[FrameworkTypeFilter] | None]",
        "or": "NotRequired[list[FrameworkTypeFilter] | None]",
        "not": "NotRequired[FrameworkTypeFilter | None]",
    },
)
"""Conditions on framework types. An entity must match all of them."""


class FrameworkTypeInput(TypedDict):
    """The framework type to create or update. Omitted fields keep their values; null removes a value."""

    slug: str
    name: NotRequired[str | None]
    aliases: NotRequired[list[str] | None]
    summary: NotRequired[str | None]
    homepage: NotRequired[str | None]
    expectedVersion: NotRequired[str | None]


class FrameworkTypeOrderBySlug(TypedDict):
    slug: Sort


class FrameworkTypeOrderByName(TypedDict):
    name: Sort


class FrameworkTypeOrderByFeatures(TypedDict):
    features: CountSort


class FrameworkTypeOrderByApplications(TypedDict):
    applications: CountSort


class FrameworkTypeOrderByTechnologies(TypedDict):
    technologies: CountSort


class FrameworkTypeOrderByNarrows(TypedDict):
    narrows: CountSort


class FrameworkTypeOrderByFrameworks(TypedDict):
    frameworks: CountSort


class FrameworkTypeOrderByNarrowedBy(TypedDict):
    narrowedBy: CountSort


class FrameworkTypeOrderByClaim(TypedDict):
    claim: ClaimSort


FrameworkTypeOrder: TypeAlias = (
    FrameworkTypeOrderBySlug
    | FrameworkTypeOrderByName
    | FrameworkTypeOrderByFeatures
    | FrameworkTypeOrderByApplications
    | FrameworkTypeOrderByTechnologies
    | FrameworkTypeOrderByNarrows
    | FrameworkTypeOrderByFrameworks
    | FrameworkTypeOrderByNarrowedBy
    | FrameworkTypeOrderByClaim
)
"""A sort criterion; give exactly one field. Entities that compare equal are sorted by slug, null values last."""


class FrameworkTypeRelation(TypedDict):
    """Conditions on related framework types. All of them must match. Without `some`, `none`, `all` and `count`, at least one must be known."""

    some: NotRequired[FrameworkTypeFilter | None]
    none: NotRequired[FrameworkTypeFilter | None]
    all: NotRequired[FrameworkTypeFilter | None]
    count: NotRequired[IntFilter | None]
    minConfidence: NotRequired[float | None]
    stance: NotRequired[list[Stance] | None]


IntFilter = TypedDict(
    "IntFilter",
    {
        "eq": "NotRequired[int | None]",
        "ne": "NotRequired[int | None]",
        "lt": "NotRequired[int | None]",
        "lte": "NotRequired[int | None]",
        "gt": "NotRequired[int | None]",
        "gte": "NotRequired[int | None]",
        "in": "NotRequired[list[int] | None]",
    },
)
"""Conditions on an integer. A value must match all of them. `eq: null` matches missing values, `ne: null` matches present ones; any other null is ignored."""


class Need(TypedDict):
    """Requirements for a recommendation. Each list contains slugs, names or aliases, at most 20. A name that matches several entities is an error. At least one requirement other than `avoid` must be given."""

    applications: NotRequired[list[str] | None]
    must: NotRequired[list[str] | None]
    types: NotRequired[list[str] | None]
    technologies: NotRequired[list[str] | None]
    prefer: NotRequired[list[str] | None]
    avoid: NotRequired[list[str] | None]
    usedByAtLeast: NotRequired[int | None]


class RetractInput(TypedDict):
    """The claim and the source whose evidence is removed."""

    subject: str
    relation: str
    object: str
    source: str


SourceFilter = TypedDict(
    "SourceFilter",
    {
        "slug": "NotRequired[TextFilter | None]",
        "name": "NotRequired[TextFilter | None]",
        "summary": "NotRequired[TextFilter | None]",
        "title": "NotRequired[TextFilter | None]",
        "publisher": "NotRequired[TextFilter | None]",
        "published": "NotRequired[DateFilter | None]",
        "url": "NotRequired[TextFilter | None]",
        "and": "NotRequired[list[SourceFilter] | None]",
        "or": "NotRequired[list[SourceFilter] | None]",
        "not": "NotRequired[SourceFilter | None]",
    },
)
"""Conditions on sources. An entity must match all of them."""


class SourceInput(TypedDict):
    """The source to create or update. Omitted fields keep their values; null removes a value."""

    slug: str
    name: NotRequired[str | None]
    aliases: NotRequired[list[str] | None]
    summary: NotRequired[str | None]
    homepage: NotRequired[str | None]
    title: NotRequired[str | None]
    publisher: NotRequired[str | None]
    published: NotRequired[Date | None]
    url: NotRequired[str | None]
    expectedVersion: NotRequired[str | None]


class SourceOrderBySlug(TypedDict):
    slug: Sort


class SourceOrderByName(TypedDict):
    name: Sort


class SourceOrderByPublished(TypedDict):
    published: Sort


SourceOrder: TypeAlias = SourceOrderBySlug | SourceOrderByName | SourceOrderByPublished
"""A sort criterion; give exactly one field. Entities that compare equal are sorted by slug, null values last."""

TechnologyFilter = TypedDict(
    "TechnologyFilter",
    {
        "slug": "NotRequired[TextFilter | None]",
        "name": "NotRequired[TextFilter | None]",
        "summary": "NotRequired[TextFilter | None]",
        "category": "NotRequired[list[TechnologyCategory] | None]",
        "features": "NotRequired[FeatureRelation | None]",
        "applications": "NotRequired[ApplicationRelation | None]",
        "technologies": "NotRequired[TechnologyRelation | None]",
        "frameworks": "NotRequired[FrameworkRelation | None]",
        "frameworkTypes": "NotRequired[FrameworkTypeRelation | None]",
        "workedWithBy": "NotRequired[TechnologyRelation | None]",
        "and": "NotRequired[list[TechnologyFilter] | None]",
        "or": "NotRequired[list[TechnologyFilter] | None]",
        "not": "NotRequired[TechnologyFilter | None]",
    },
)
"""Conditions on technologies. An entity must match all of them."""


class TechnologyInput(TypedDict):
    """The technology to create or update. Omitted fields keep their values; null removes a value."""

    slug: str
    name: NotRequired[str | None]
    aliases: NotRequired[list[str] | None]
    summary: NotRequired[str | None]
    homepage: NotRequired[str | None]
    category: NotRequired[TechnologyCategory | None]
    expectedVersion: NotRequired[str | None]


class TechnologyOrderBySlug(TypedDict):
    slug: Sort


class TechnologyOrderByName(TypedDict):
    name: Sort


class TechnologyOrderByFeatures(TypedDict):
    features: CountSort


class TechnologyOrderByApplications(TypedDict):
    applications: CountSort


class TechnologyOrderByTechnologies(TypedDict):
    technologies: CountSort


class TechnologyOrderByFrameworks(TypedDict):
    frameworks: CountSort


class TechnologyOrderByFrameworkTypes(TypedDict):
    frameworkTypes: CountSort


class TechnologyOrderByWorkedWithBy(TypedDict):
    workedWithBy: CountSort


class TechnologyOrderByClaim(TypedDict):
    claim: ClaimSort


TechnologyOrder: TypeAlias = (
    TechnologyOrderBySlug
    | TechnologyOrderByName
    | TechnologyOrderByFeatures
    | TechnologyOrderByApplications
    | TechnologyOrderByTechnologies
    | TechnologyOrderByFrameworks
    | TechnologyOrderByFrameworkTypes
    | TechnologyOrderByWorkedWithBy
    | TechnologyOrderByClaim
)
"""A sort criterion; give exactly one field. Entities that compare equal are sorted by slug, null values last."""


class TechnologyRelation(TypedDict):
    """Conditions on related technologies. All of them must match. Without `some`, `none`, `all` and `count`, at least one must be known."""

    some: NotRequired[TechnologyFilter | None]
    none: NotRequired[TechnologyFilter | None]
    all: NotRequired[TechnologyFilter | None]
    count: NotRequired[IntFilter | None]
    minConfidence: NotRequired[float | None]
    stance: NotRequired[list[Stance] | None]


TextFilter = TypedDict(
    "TextFilter",
    {
        "eq": "NotRequired[str | None]",
        "ne": "NotRequired[str | None]",
        "in": "NotRequired[list[str] | None]",
        "notIn": "NotRequired[list[str] | None]",
        "contains": "NotRequired[str | None]",
        "startsWith": "NotRequired[str | None]",
        "endsWith": "NotRequired[str | None]",
    },
)
"""Conditions on a text, without regard to case and accents. A value must match all of them. `eq: null` matches missing values, `ne: null` matches present ones; any other null is ignored."""

Alternative = TypedDict(
    "Alternative",
    {
        "__typename": "Literal['Alternative']",
        "framework": "Framework",
        "score": "float",
        "shared": "list[Entity]",
        "missing": "list[Entity]",
        "extra": "list[Entity]",
    },
)
"""A similar framework, with the reasons for its score."""

Application = TypedDict(
    "Application",
    {
        "__typename": "Literal['Application']",
        "id": "str",
        "slug": "str",
        "name": "str",
        "aliases": "list[str]",
        "summary": "str | None",
        "homepage": "str | None",
        "category": "ApplicationCategory",
        "frameworks": "FrameworkConnection",
        "frameworkTypes": "FrameworkTypeConnection",
        "technologies": "TechnologyConnection",
    },
)
"""A purpose that something suits: a use case, an industry, a project size or a target group."""

ApplicationConnection = TypedDict(
    "ApplicationConnection",
    {
        "__typename": "Literal['ApplicationConnection']",
        "edges": "list[ApplicationEdge]",
        "nodes": "list[Application]",
        "pageInfo": "PageInfo",
        "totalCount": "int",
        "facets": "ApplicationFacets",
    },
)
"""A page of applications."""

ApplicationEdge = TypedDict(
    "ApplicationEdge",
    {"__typename": "Literal['ApplicationEdge']", "cursor": "str", "node": "Application", "claim": "Claim | None"},
)
"""One of the applications in a list, with its cursor and its claim."""

ApplicationFacets = TypedDict(
    "ApplicationFacets",
    {
        "__typename": "Literal['ApplicationFacets']",
        "frameworks": "list[FacetCount]",
        "frameworkTypes": "list[FacetCount]",
        "technologies": "list[FacetCount]",
    },
)
"""Related entities, counted over all pages of the filtered list. The counts of a relation ignore the filter on that relation."""

Cell = TypedDict(
    "Cell", {"__typename": "Literal['Cell']", "framework": "Framework", "value": "Answer", "claim": "Claim | None"}
)
"""The value of one row for one framework."""

Change = TypedDict(
    "Change",
    {
        "__typename": "Literal['Change']",
        "cursor": "str",
        "at": "DateTime",
        "action": "Action",
        "entity": "Entity | None",
        "claim": "Claim | None",
        "slug": "str",
        "kind": "Kind | None",
        "count": "int",
    },
)
"""A change of the graph."""

ChangeConnection = TypedDict(
    "ChangeConnection",
    {
        "__typename": "Literal['ChangeConnection']",
        "edges": "list[ChangeEdge]",
        "nodes": "list[Change]",
        "pageInfo": "PageInfo",
    },
)
"""A page of changes, oldest first."""

ChangeEdge = TypedDict("ChangeEdge", {"__typename": "Literal['ChangeEdge']", "cursor": "str", "node": "Change"})
"""A change in a list, with its cursor."""

Claim = TypedDict(
    "Claim",
    {
        "__typename": "Literal['Claim']",
        "id": "str",
        "subject": "Entity",
        "relation": "str",
        "relationType": "RelationType",
        "object": "Entity",
        "stance": "Stance",
        "confidence": "float",
        "evidence": "list[Evidence]",
        "firstSeen": "Date | None",
        "lastSeen": "Date | None",
    },
)
"""A relation between two entities, with the evidence of all sources."""

ClaimConnection = TypedDict(
    "ClaimConnection",
    {
        "__typename": "Literal['ClaimConnection']",
        "edges": "list[ClaimEdge]",
        "nodes": "list[Claim]",
        "pageInfo": "PageInfo",
        "totalCount": "int",
    },
)
"""A page of claims, ordered by subject, relation and object."""

ClaimEdge = TypedDict("ClaimEdge", {"__typename": "Literal['ClaimEdge']", "cursor": "str", "node": "Claim"})
"""A claim in a list, with its cursor."""

Claimed = TypedDict("Claimed", {"__typename": "Literal['Claimed']", "claim": "Claim", "version": "str"})
"""The evidence was added."""

Company = TypedDict(
    "Company",
    {
        "__typename": "Literal['Company']",
        "id": "str",
        "slug": "str",
        "name": "str",
        "aliases": "list[str]",
        "summary": "str | None",
        "homepage": "str | None",
        "uses": "FrameworkConnection",
    },
)
"""A company that uses frameworks, or a website that it operates."""

CompanyConnection = TypedDict(
    "CompanyConnection",
    {
        "__typename": "Literal['CompanyConnection']",
        "edges": "list[CompanyEdge]",
        "nodes": "list[Company]",
        "pageInfo": "PageInfo",
        "totalCount": "int",
        "facets": "CompanyFacets",
    },
)
"""A page of companies."""

CompanyEdge = TypedDict(
    "CompanyEdge", {"__typename": "Literal['CompanyEdge']", "cursor": "str", "node": "Company", "claim": "Claim | None"}
)
"""One of the companies in a list, with its cursor and its claim."""

CompanyFacets = TypedDict("CompanyFacets", {"__typename": "Literal['CompanyFacets']", "uses": "list[FacetCount]"})
"""Related entities, counted over all pages of the filtered list. The counts of a relation ignore the filter on that relation."""

Comparison = TypedDict(
    "Comparison",
    {"__typename": "Literal['Comparison']", "frameworks": "list[Framework]", "rows": "list[ComparisonRow]"},
)
"""A comparison of frameworks."""

ComparisonRow = TypedDict(
    "ComparisonRow",
    {
        "__typename": "Literal['ComparisonRow']",
        "relation": "str",
        "relationType": "RelationType",
        "target": "Entity",
        "cells": "list[Cell]",
    },
)
"""One target of a relation, compared for all frameworks."""

Conflict = TypedDict(
    "Conflict", {"__typename": "Literal['Conflict']", "message": "str", "field": "str", "value": "str | None"}
)
"""The input conflicts with an existing entity or with a concurrent write."""

Deleted = TypedDict("Deleted", {"__typename": "Literal['Deleted']", "id": "str", "version": "str"})
"""The entity was deleted."""

Evidence = TypedDict(
    "Evidence",
    {
        "__typename": "Literal['Evidence']",
        "source": "Source",
        "supports": "bool",
        "note": "str",
        "term": "str | None",
        "locator": "str | None",
    },
)
"""What one source says about a claim."""

FacetCount = TypedDict("FacetCount", {"__typename": "Literal['FacetCount']", "target": "Entity", "count": "int"})
"""A related entity and its frequency in a list."""

Feature = TypedDict(
    "Feature",
    {
        "__typename": "Literal['Feature']",
        "id": "str",
        "slug": "str",
        "name": "str",
        "aliases": "list[str]",
        "summary": "str | None",
        "homepage": "str | None",
        "category": "FeatureCategory",
        "frameworks": "FrameworkConnection",
        "frameworkTypes": "FrameworkTypeConnection",
        "technologies": "TechnologyConnection",
    },
)
"""A capability or characteristic of a framework, a framework type or a technology."""

FeatureConnection = TypedDict(
    "FeatureConnection",
    {
        "__typename": "Literal['FeatureConnection']",
        "edges": "list[FeatureEdge]",
        "nodes": "list[Feature]",
        "pageInfo": "PageInfo",
        "totalCount": "int",
        "facets": "FeatureFacets",
    },
)
"""A page of features."""

FeatureEdge = TypedDict(
    "FeatureEdge", {"__typename": "Literal['FeatureEdge']", "cursor": "str", "node": "Feature", "claim": "Claim | None"}
)
"""One of the features in a list, with its cursor and its claim."""

FeatureFacets = TypedDict(
    "FeatureFacets",
    {
        "__typename": "Literal['FeatureFacets']",
        "frameworks": "list[FacetCount]",
        "frameworkTypes": "list[FacetCount]",
        "technologies": "list[FacetCount]",
    },
)
"""Related entities, counted over all pages of the filtered list. The counts of a relation ignore the filter on that relation."""

Framework = TypedDict(
    "Framework",
    {
        "__typename": "Literal['Framework']",
        "id": "str",
        "slug": "str",
        "name": "str",
        "aliases": "list[str]",
        "summary": "str | None",
        "homepage": "str | None",
        "types": "FrameworkTypeConnection",
        "features": "FeatureConnection",
        "applications": "ApplicationConnection",
        "technologies": "TechnologyConnection",
        "extends": "FrameworkConnection",
        "extendedBy": "FrameworkConnection",
        "usedBy": "CompanyConnection",
        "alternatives": "list[Alternative]",
    },
)
"""A software framework."""

FrameworkConnection = TypedDict(
    "FrameworkConnection",
    {
        "__typename": "Literal['FrameworkConnection']",
        "edges": "list[FrameworkEdge]",
        "nodes": "list[Framework]",
        "pageInfo": "PageInfo",
        "totalCount": "int",
        "facets": "FrameworkFacets",
    },
)
"""A page of frameworks."""

FrameworkEdge = TypedDict(
    "FrameworkEdge",
    {"__typename": "Literal['FrameworkEdge']", "cursor": "str", "node": "Framework", "claim": "Claim | None"},
)
"""One of the frameworks in a list, with its cursor and its claim."""

FrameworkFacets = TypedDict(
    "FrameworkFacets",
    {
        "__typename": "Literal['FrameworkFacets']",
        "types": "list[FacetCount]",
        "features": "list[FacetCount]",
        "applications": "list[FacetCount]",
        "technologies": "list[FacetCount]",
        "extends": "list[FacetCount]",
        "extendedBy": "list[FacetCount]",
        "usedBy": "list[FacetCount]",
    },
)
"""Related entities, counted over all pages of the filtered list. The counts of a relation ignore the filter on that relation."""

FrameworkType = TypedDict(
    "FrameworkType",
    {
        "__typename": "Literal['FrameworkType']",
        "id": "str",
        "slug": "str",
        "name": "str",
        "aliases": "list[str]",
        "summary": "str | None",
        "homepage": "str | None",
        "features": "FeatureConnection",
        "applications": "ApplicationConnection",
        "technologies": "TechnologyConnection",
        "narrows": "FrameworkTypeConnection",
        "frameworks": "FrameworkConnection",
        "narrowedBy": "FrameworkTypeConnection",
    },
)
"""A type of framework, such as microframework. Claims about a type do not apply to the frameworks of that type."""

FrameworkTypeConnection = TypedDict(
    "FrameworkTypeConnection",
    {
        "__typename": "Literal['FrameworkTypeConnection']",
        "edges": "list[FrameworkTypeEdge]",
        "nodes": "list[FrameworkType]",
        "pageInfo": "PageInfo",
        "totalCount": "int",
        "facets": "FrameworkTypeFacets",
    },
)
"""A page of framework types."""

FrameworkTypeEdge = TypedDict(
    "FrameworkTypeEdge",
    {"__typename": "Literal['FrameworkTypeEdge']", "cursor": "str", "node": "FrameworkType", "claim": "Claim | None"},
)
"""One of the framework types in a list, with its cursor and its claim."""

FrameworkTypeFacets = TypedDict(
    "FrameworkTypeFacets",
    {
        "__typename": "Literal['FrameworkTypeFacets']",
        "features": "list[FacetCount]",
        "applications": "list[FacetCount]",
        "technologies": "list[FacetCount]",
        "narrows": "list[FacetCount]",
        "frameworks": "list[FacetCount]",
        "narrowedBy": "list[FacetCount]",
    },
)
"""Related entities, counted over all pages of the filtered list. The counts of a relation ignore the filter on that relation."""

GraphInfo = TypedDict(
    "GraphInfo",
    {
        "__typename": "Literal['GraphInfo']",
        "version": "str",
        "store": "str",
        "lastChange": "DateTime | None",
        "kinds": "list[KindCount]",
        "relations": "list[RelationCount]",
    },
)
"""Version, size and last change of the graph."""

InvalidInput = TypedDict("InvalidInput", {"__typename": "Literal['InvalidInput']", "message": "str", "field": "str"})
"""The input is invalid."""

KindCount = TypedDict("KindCount", {"__typename": "Literal['KindCount']", "kind": "Kind", "count": "int"})
"""The number of entities of a kind."""


class Mutation(TypedDict):
    """Write access to the graph. Every mutation requires the scope `write` and is idempotent. The fields of an operation are executed in order, each one in its own transaction."""

    upsertFramework: UpsertFrameworkPayload
    upsertFrameworkType: UpsertFrameworkTypePayload
    upsertFeature: UpsertFeaturePayload
    upsertApplication: UpsertApplicationPayload
    upsertTechnology: UpsertTechnologyPayload
    upsertCompany: UpsertCompanyPayload
    upsertSource: UpsertSourcePayload
    deleteEntity: DeletePayload
    claim: ClaimPayload
    retract: RetractPayload


NotAuthorized = TypedDict("NotAuthorized", {"__typename": "Literal['NotAuthorized']", "message": "str"})
"""The request is not authorized to write."""

NotFound = TypedDict("NotFound", {"__typename": "Literal['NotFound']", "message": "str", "nearest": "list[str]"})
"""An entity or a claim in the input does not exist."""

PageInfo = TypedDict(
    "PageInfo",
    {
        "__typename": "Literal['PageInfo']",
        "hasNextPage": "bool",
        "hasPreviousPage": "bool",
        "startCursor": "str | None",
        "endCursor": "str | None",
    },
)
"""Position of a page in its list, as in the Relay specification of cursor connections."""

Path = TypedDict(
    "Path",
    {"__typename": "Literal['Path']", "length": "int", "confidence": "float", "sentence": "str", "steps": "list[Step]"},
)
"""A path of claims between two entities that contains no entity twice."""


class Query(TypedDict):
    """Read access to the graph."""

    node: Node | None
    nodes: list[Node | None]
    framework: Framework | None
    frameworks: FrameworkConnection
    frameworkType: FrameworkType | None
    frameworkTypes: FrameworkTypeConnection
    feature: Feature | None
    features: FeatureConnection
    application: Application | None
    applications: ApplicationConnection
    technology: Technology | None
    technologies: TechnologyConnection
    company: Company | None
    companies: CompanyConnection
    source: Source | None
    sources: SourceConnection
    claims: ClaimConnection
    graph: GraphInfo
    search: SearchConnection
    compare: Comparison
    recommend: Recommendations
    paths: list[Path]
    changes: ChangeConnection


Reason = TypedDict(
    "Reason",
    {
        "__typename": "Literal['Reason']",
        "requirement": "str",
        "target": "Entity | None",
        "answer": "Answer",
        "weight": "float",
        "claim": "Claim | None",
    },
)
"""How one requirement is met."""

Recommendation = TypedDict(
    "Recommendation",
    {"__typename": "Literal['Recommendation']", "framework": "Framework", "score": "float", "reasons": "list[Reason]"},
)
"""A framework, with its score and the reasons for it."""

Recommendations = TypedDict(
    "Recommendations",
    {"__typename": "Literal['Recommendations']", "best": "list[Recommendation]", "nearMisses": "list[Recommendation]"},
)
"""The frameworks that meet a need, and those that nearly meet it."""

RelationCount = TypedDict(
    "RelationCount",
    {"__typename": "Literal['RelationCount']", "relation": "str", "relationType": "RelationType", "count": "int"},
)
"""The number of claims with a relation."""

Retracted = TypedDict("Retracted", {"__typename": "Literal['Retracted']", "claim": "Claim | None", "version": "str"})
"""The evidence was removed."""

SearchConnection = TypedDict(
    "SearchConnection",
    {
        "__typename": "Literal['SearchConnection']",
        "edges": "list[SearchEdge]",
        "nodes": "list[Entity]",
        "pageInfo": "PageInfo",
        "totalCount": "int",
    },
)
"""A page of search results, ordered by score, then by number of claims, then by slug."""

SearchEdge = TypedDict(
    "SearchEdge",
    {
        "__typename": "Literal['SearchEdge']",
        "cursor": "str",
        "node": "Entity",
        "score": "float",
        "highlights": "list[str]",
    },
)
"""A search result."""

Source = TypedDict(
    "Source",
    {
        "__typename": "Literal['Source']",
        "id": "str",
        "slug": "str",
        "name": "str",
        "aliases": "list[str]",
        "summary": "str | None",
        "homepage": "str | None",
        "title": "str | None",
        "publisher": "str | None",
        "published": "Date | None",
        "url": "str | None",
        "claims": "ClaimConnection",
    },
)
"""A document that provides evidence. Its name is its title, or a descriptive name if it has no title."""

SourceConnection = TypedDict(
    "SourceConnection",
    {
        "__typename": "Literal['SourceConnection']",
        "edges": "list[SourceEdge]",
        "nodes": "list[Source]",
        "pageInfo": "PageInfo",
        "totalCount": "int",
    },
)
"""A page of sources."""

SourceEdge = TypedDict(
    "SourceEdge", {"__typename": "Literal['SourceEdge']", "cursor": "str", "node": "Source", "claim": "Claim | None"}
)
"""One of the sources in a list, with its cursor and its claim."""

Step = TypedDict(
    "Step",
    {
        "__typename": "Literal['Step']",
        "from": "Entity",
        "relation": "str",
        "relationType": "RelationType",
        "to": "Entity",
        "claim": "Claim",
    },
)
"""One step of a path."""


class Subscription(TypedDict):
    """Streams of changes."""

    changes: Change


Technology = TypedDict(
    "Technology",
    {
        "__typename": "Literal['Technology']",
        "id": "str",
        "slug": "str",
        "name": "str",
        "aliases": "list[str]",
        "summary": "str | None",
        "homepage": "str | None",
        "category": "TechnologyCategory",
        "features": "FeatureConnection",
        "applications": "ApplicationConnection",
        "technologies": "TechnologyConnection",
        "frameworks": "FrameworkConnection",
        "frameworkTypes": "FrameworkTypeConnection",
        "workedWithBy": "TechnologyConnection",
    },
)
"""A technology that frameworks use or support: a language, library, database, standard or tool."""

TechnologyConnection = TypedDict(
    "TechnologyConnection",
    {
        "__typename": "Literal['TechnologyConnection']",
        "edges": "list[TechnologyEdge]",
        "nodes": "list[Technology]",
        "pageInfo": "PageInfo",
        "totalCount": "int",
        "facets": "TechnologyFacets",
    },
)
"""A page of technologies."""

TechnologyEdge = TypedDict(
    "TechnologyEdge",
    {"__typename": "Literal['TechnologyEdge']", "cursor": "str", "node": "Technology", "claim": "Claim | None"},
)
"""One of the technologies in a list, with its cursor and its claim."""

TechnologyFacets = TypedDict(
    "TechnologyFacets",
    {
        "__typename": "Literal['TechnologyFacets']",
        "features": "list[FacetCount]",
        "applications": "list[FacetCount]",
        "technologies": "list[FacetCount]",
        "frameworks": "list[FacetCount]",
        "frameworkTypes": "list[FacetCount]",
        "workedWithBy": "list[FacetCount]",
    },
)
"""Related entities, counted over all pages of the filtered list. The counts of a relation ignore the filter on that relation."""

UpsertedApplication = TypedDict(
    "UpsertedApplication",
    {"__typename": "Literal['UpsertedApplication']", "application": "Application", "version": "str"},
)
"""The application was created or updated."""

UpsertedCompany = TypedDict(
    "UpsertedCompany", {"__typename": "Literal['UpsertedCompany']", "company": "Company", "version": "str"}
)
"""The company was created or updated."""

UpsertedFeature = TypedDict(
    "UpsertedFeature", {"__typename": "Literal['UpsertedFeature']", "feature": "Feature", "version": "str"}
)
"""The feature was created or updated."""

UpsertedFramework = TypedDict(
    "UpsertedFramework", {"__typename": "Literal['UpsertedFramework']", "framework": "Framework", "version": "str"}
)
"""The framework was created or updated."""

UpsertedFrameworkType = TypedDict(
    "UpsertedFrameworkType",
    {"__typename": "Literal['UpsertedFrameworkType']", "frameworkType": "FrameworkType", "version": "str"},
)
"""The framework type was created or updated."""

UpsertedSource = TypedDict(
    "UpsertedSource", {"__typename": "Literal['UpsertedSource']", "source": "Source", "version": "str"}
)
"""The source was created or updated."""

UpsertedTechnology = TypedDict(
    "UpsertedTechnology", {"__typename": "Literal['UpsertedTechnology']", "technology": "Technology", "version": "str"}
)
"""The technology was created or updated."""

Entity: TypeAlias = Application | Company | Feature | Framework | FrameworkType | Source | Technology
"""The fields that entities of every kind have."""

Node: TypeAlias = Application | Claim | Company | Feature | Framework | FrameworkType | Source | Technology
"""An object with a global ID, as in the Relay specification."""

Problem: TypeAlias = Conflict | InvalidInput | NotAuthorized | NotFound
"""The reason why nothing was written."""

ClaimPayload: TypeAlias = Claimed | InvalidInput | NotAuthorized | NotFound
"""The result of `claim`: what was written, or the reason why nothing was written."""

DeletePayload: TypeAlias = Deleted | NotAuthorized | NotFound
"""The result of `deleteEntity`: what was written, or the reason why nothing was written."""

RetractPayload: TypeAlias = NotAuthorized | NotFound | Retracted
"""The result of `retract`: what was written, or the reason why nothing was written."""

UpsertApplicationPayload: TypeAlias = Conflict | InvalidInput | NotAuthorized | UpsertedApplication
"""The result of `upsertApplication`: what was written, or the reason why nothing was written."""

UpsertCompanyPayload: TypeAlias = Conflict | InvalidInput | NotAuthorized | UpsertedCompany
"""The result of `upsertCompany`: what was written, or the reason why nothing was written."""

UpsertFeaturePayload: TypeAlias = Conflict | InvalidInput | NotAuthorized | UpsertedFeature
"""The result of `upsertFeature`: what was written, or the reason why nothing was written."""

UpsertFrameworkPayload: TypeAlias = Conflict | InvalidInput | NotAuthorized | UpsertedFramework
"""The result of `upsertFramework`: what was written, or the reason why nothing was written."""

UpsertFrameworkTypePayload: TypeAlias = Conflict | InvalidInput | NotAuthorized | UpsertedFrameworkType
"""The result of `upsertFrameworkType`: what was written, or the reason why nothing was written."""

UpsertSourcePayload: TypeAlias = Conflict | InvalidInput | NotAuthorized | UpsertedSource
"""The result of `upsertSource`: what was written, or the reason why nothing was written."""

UpsertTechnologyPayload: TypeAlias = Conflict | InvalidInput | NotAuthorized | UpsertedTechnology
"""The result of `upsertTechnology`: what was written, or the reason why nothing was written."""
