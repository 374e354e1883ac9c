"""The types of the schema, as type checkers read them.

Made from the schema by `generate_types.py`: change that, not this.

An input has what the schema asks for, so a wrong filter, order or mutation is found before it is sent. An answer has what
can be selected; what a document leaves out is not there, which its type cannot know.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypeAlias, TypedDict

Date: TypeAlias = str
DateTime: TypeAlias = str


Action: TypeAlias = Literal["UPSERT", "DELETE", "CLAIM", "RETRACT", "LOAD"]
"""What was done."""

Answer: TypeAlias = Literal["HAS", "LACKS", "DISPUTED", "UNKNOWN"]
"""What is known of one relation between two things."""

ApplicationCategory: TypeAlias = Literal["USE_CASE", "INDUSTRY", "PROJECT_SIZE", "AUDIENCE"]
"""What sort of application it is."""

FeatureCategory: TypeAlias = Literal["CAPABILITY", "QUALITY", "PRINCIPLE", "SECURITY", "STATUS"]
"""What sort of feature it is."""

Kind: TypeAlias = Literal["FRAMEWORK", "FRAMEWORK_TYPE", "FEATURE", "APPLICATION", "TECHNOLOGY", "COMPANY", "SOURCE"]
"""The kinds of entities."""

Sort: TypeAlias = Literal["ASC", "DESC"]
"""Which way a list is ordered."""

Stance: TypeAlias = Literal["HAS", "LACKS", "DISPUTED"]
"""What the sources say, all in all."""

TechnologyCategory: TypeAlias = Literal["LANGUAGE", "LIBRARY", "DATABASE", "CACHE", "STANDARD", "PROTOCOL", "TOOL"]
"""What sort of technology it is."""

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
"""All that is given must hold."""


class ApplicationInput(TypedDict):
    """Partial: what is left out stays as it is; null takes away."""

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
"""The first list item sorts first; slug breaks every tie; nulls come last."""


class ApplicationRelation(TypedDict):
    """All that is given must hold; with neither some, none, all nor count: at least one is known. `none` means: none known."""

    some: NotRequired[ApplicationFilter | None]
    none: NotRequired[ApplicationFilter | None]
    all: NotRequired[ApplicationFilter | None]
    count: NotRequired[IntFilter | None]
    minConfidence: NotRequired[float | None]
    stance: NotRequired[list[Stance] | None]


class ClaimFilter(TypedDict):
    """All that is given must hold."""

    subject: NotRequired[str | None]
    object: NotRequired[str | None]
    source: NotRequired[str | None]
    relation: NotRequired[list[str] | None]
    stance: NotRequired[list[Stance] | None]
    minConfidence: NotRequired[float | None]


class ClaimInput(TypedDict):
    """What one source says; what it said of the same before is overwritten."""

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
"""By one thing about the claim that led there."""

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
"""All that is given must hold."""


class CompanyInput(TypedDict):
    """Partial: what is left out stays as it is; null takes away."""

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
"""The first list item sorts first; slug breaks every tie; nulls come last."""


class CompanyRelation(TypedDict):
    """All that is given must hold; with neither some, none, all nor count: at least one is known. `none` means: none known."""

    some: NotRequired[CompanyFilter | None]
    none: NotRequired[CompanyFilter | None]
    all: NotRequired[CompanyFilter | None]
    count: NotRequired[IntFilter | None]
    minConfidence: NotRequired[float | None]
    stance: NotRequired[list[Stance] | None]


class CountSort(TypedDict):
    """By how many there are."""

    count: Sort


class DateFilter(TypedDict):
    """Dates compare as far as they are known: 2024 comes before 2024-03. All that is given must hold. `eq: null` finds what has no value, `ne: null` what has one; any other null counts as left out."""

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
"""All that is given must hold."""


class FeatureInput(TypedDict):
    """Partial: what is left out stays as it is; null takes away."""

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
"""The first list item sorts first; slug breaks every tie; nulls come last."""


class FeatureRelation(TypedDict):
    """All that is given must hold; with neither some, none, all nor count: at least one is known. `none` means: none known."""

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
"""All that is given must hold."""


class FrameworkInput(TypedDict):
    """Partial: what is left out stays as it is; null takes away."""

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
"""The first list item sorts first; slug breaks every tie; nulls come last."""


class FrameworkRelation(TypedDict):
    """All that is given must hold; with neither some, none, all nor count: at least one is known. `none` means: none known."""

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
"""All that is given must hold."""


class FrameworkTypeInput(TypedDict):
    """Partial: what is left out stays as it is; null takes away."""

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
"""The first list item sorts first; slug breaks every tie; nulls come last."""


class FrameworkTypeRelation(TypedDict):
    """All that is given must hold; with neither some, none, all nor count: at least one is known. `none` means: none known."""

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
"""All that is given must hold. `eq: null` finds what has no value, `ne: null` what has one; any other null counts as left out."""


class Need(TypedDict):
    """Slugs, names or aliases, at most 20 in a list; a name that several have is refused. What must hold, all of it; else it is a near miss. Something besides `avoid` has to be asked for."""

    applications: NotRequired[list[str] | None]
    must: NotRequired[list[str] | None]
    types: NotRequired[list[str] | None]
    technologies: NotRequired[list[str] | None]
    prefer: NotRequired[list[str] | None]
    avoid: NotRequired[list[str] | None]
    usedByAtLeast: NotRequired[int | None]


class RetractInput(TypedDict):
    """What one source no longer says."""

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
"""All that is given must hold."""


class SourceInput(TypedDict):
    """Partial: what is left out stays as it is; null takes away."""

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
"""The first list item sorts first; slug breaks every tie; nulls come last."""

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
"""All that is given must hold."""


class TechnologyInput(TypedDict):
    """Partial: what is left out stays as it is; null takes away."""

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
"""The first list item sorts first; slug breaks every tie; nulls come last."""


class TechnologyRelation(TypedDict):
    """All that is given must hold; with neither some, none, all nor count: at least one is known. `none` means: none known."""

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
"""Case- and accent-insensitive; on `name` it matches aliases too. All that is given must hold. `eq: null` finds what has no value, `ne: null` what has one; any other null counts as left out."""

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
"""A framework to look at instead, with its reasons."""

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
"""What something is good for: a use case, an industry, a size of project, an audience."""

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
"""A Application in a list, and the claim that led there."""

ApplicationFacets = TypedDict(
    "ApplicationFacets",
    {
        "__typename": "Literal['ApplicationFacets']",
        "frameworks": "list[FacetCount]",
        "frameworkTypes": "list[FacetCount]",
        "technologies": "list[FacetCount]",
    },
)
"""One field per relation: the targets within the current filter over all pages, most frequent first; a facet ignores its own relation's filter."""

Cell = TypedDict(
    "Cell", {"__typename": "Literal['Cell']", "framework": "Framework", "value": "Answer", "claim": "Claim | None"}
)
"""What is known of one framework and one target."""

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
"""Something that was written to the graph."""

ChangeConnection = TypedDict(
    "ChangeConnection",
    {
        "__typename": "Literal['ChangeConnection']",
        "edges": "list[ChangeEdge]",
        "nodes": "list[Change]",
        "pageInfo": "PageInfo",
    },
)
"""A page of the log, oldest first."""

ChangeEdge = TypedDict("ChangeEdge", {"__typename": "Literal['ChangeEdge']", "cursor": "str", "node": "Change"})
"""A change in a list."""

Claim = TypedDict(
    "Claim",
    {
        "__typename": "Literal['Claim']",
        "id": "str",
        "subject": "Entity",
        "relation": "str",
        "object": "Entity",
        "stance": "Stance",
        "confidence": "float",
        "evidence": "list[Evidence]",
        "firstSeen": "Date | None",
        "lastSeen": "Date | None",
    },
)
"""What the sources say about one relation between two things."""

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
"""A claim in a list."""

Claimed = TypedDict("Claimed", {"__typename": "Literal['Claimed']", "claim": "Claim", "version": "str"})
"""It is said."""

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
"""A company, or the site it runs, that uses frameworks."""

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
"""A Company in a list, and the claim that led there."""

CompanyFacets = TypedDict("CompanyFacets", {"__typename": "Literal['CompanyFacets']", "uses": "list[FacetCount]"})
"""One field per relation: the targets within the current filter over all pages, most frequent first; a facet ignores its own relation's filter."""

Comparison = TypedDict(
    "Comparison",
    {"__typename": "Literal['Comparison']", "frameworks": "list[Framework]", "rows": "list[ComparisonRow]"},
)
"""Frameworks side by side."""

ComparisonRow = TypedDict(
    "ComparisonRow",
    {"__typename": "Literal['ComparisonRow']", "relation": "str", "target": "Entity", "cells": "list[Cell]"},
)
"""One target of a relation, and what is known of every framework and it."""

Conflict = TypedDict(
    "Conflict", {"__typename": "Literal['Conflict']", "message": "str", "field": "str", "value": "str | None"}
)
"""Something else stands in the way, or was written meanwhile."""

Deleted = TypedDict("Deleted", {"__typename": "Literal['Deleted']", "id": "str", "version": "str"})
"""It is gone, and all that was claimed of it."""

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
"""One source's word on a claim."""

FacetCount = TypedDict("FacetCount", {"__typename": "Literal['FacetCount']", "target": "Entity", "count": "int"})
"""A target of a relation, and how often it occurs."""

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
"""Something that a framework, a type of framework or a technology can do or is."""

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
"""A Feature in a list, and the claim that led there."""

FeatureFacets = TypedDict(
    "FeatureFacets",
    {
        "__typename": "Literal['FeatureFacets']",
        "frameworks": "list[FacetCount]",
        "frameworkTypes": "list[FacetCount]",
        "technologies": "list[FacetCount]",
    },
)
"""One field per relation: the targets within the current filter over all pages, most frequent first; a facet ignores its own relation's filter."""

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
"""A Framework in a list, and the claim that led there."""

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
"""One field per relation: the targets within the current filter over all pages, most frequent first; a facet ignores its own relation's filter."""

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
"""A type of framework, such as a microframework. A claim about a type is about the type, not about its frameworks."""

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
"""A page of frameworkTypes."""

FrameworkTypeEdge = TypedDict(
    "FrameworkTypeEdge",
    {"__typename": "Literal['FrameworkTypeEdge']", "cursor": "str", "node": "FrameworkType", "claim": "Claim | None"},
)
"""A FrameworkType in a list, and the claim that led there."""

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
"""One field per relation: the targets within the current filter over all pages, most frequent first; a facet ignores its own relation's filter."""

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
"""What the graph holds as a whole."""

InvalidInput = TypedDict("InvalidInput", {"__typename": "Literal['InvalidInput']", "message": "str", "field": "str"})
"""The input is wrong."""

KindCount = TypedDict("KindCount", {"__typename": "Literal['KindCount']", "kind": "Kind", "count": "int"})
"""How many entities of a kind there are."""


class Mutation(TypedDict):
    """Everything that can be written. All of it needs the scope `write` and is idempotent: done again, it changes nothing. Each field is written by itself, in the order of the document, wholly or not at all."""

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
"""The request may not write."""

NotFound = TypedDict("NotFound", {"__typename": "Literal['NotFound']", "message": "str", "nearest": "list[str]"})
"""What it is about is not there."""

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
"""Where a page begins and ends (Relay)."""

Path = TypedDict(
    "Path",
    {"__typename": "Literal['Path']", "length": "int", "confidence": "float", "sentence": "str", "steps": "list[Step]"},
)
"""A chain of relations between two things in which nothing comes twice."""


class Query(TypedDict):
    """Everything that can be asked."""

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
"""A framework, and how it meets the need."""

Recommendations = TypedDict(
    "Recommendations",
    {"__typename": "Literal['Recommendations']", "best": "list[Recommendation]", "nearMisses": "list[Recommendation]"},
)
"""What meets a need, and what nearly does."""

RelationCount = TypedDict(
    "RelationCount", {"__typename": "Literal['RelationCount']", "relation": "str", "count": "int"}
)
"""How many claims of a relation there are, of any stance."""

Retracted = TypedDict("Retracted", {"__typename": "Literal['Retracted']", "claim": "Claim | None", "version": "str"})
"""It is said no longer."""

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
"""A page of what was found, best first; among equals what more claims are about, then by slug."""

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
"""Something that was found."""

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
"""A document that says something. Its name is its title; for an untitled document a name of ours."""

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
"""A Source in a list, and the claim that led there."""

Step = TypedDict(
    "Step", {"__typename": "Literal['Step']", "from": "Entity", "relation": "str", "to": "Entity", "claim": "Claim"}
)
"""One relation of a path."""


class Subscription(TypedDict):
    """What can be listened to."""

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
"""What frameworks stand on or work with: languages, libraries, databases, standards."""

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
"""A Technology in a list, and the claim that led there."""

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
"""One field per relation: the targets within the current filter over all pages, most frequent first; a facet ignores its own relation's filter."""

UpsertedApplication = TypedDict(
    "UpsertedApplication",
    {"__typename": "Literal['UpsertedApplication']", "application": "Application", "version": "str"},
)
"""It is as the input has it."""

UpsertedCompany = TypedDict(
    "UpsertedCompany", {"__typename": "Literal['UpsertedCompany']", "company": "Company", "version": "str"}
)
"""It is as the input has it."""

UpsertedFeature = TypedDict(
    "UpsertedFeature", {"__typename": "Literal['UpsertedFeature']", "feature": "Feature", "version": "str"}
)
"""It is as the input has it."""

UpsertedFramework = TypedDict(
    "UpsertedFramework", {"__typename": "Literal['UpsertedFramework']", "framework": "Framework", "version": "str"}
)
"""It is as the input has it."""

UpsertedFrameworkType = TypedDict(
    "UpsertedFrameworkType",
    {"__typename": "Literal['UpsertedFrameworkType']", "frameworkType": "FrameworkType", "version": "str"},
)
"""It is as the input has it."""

UpsertedSource = TypedDict(
    "UpsertedSource", {"__typename": "Literal['UpsertedSource']", "source": "Source", "version": "str"}
)
"""It is as the input has it."""

UpsertedTechnology = TypedDict(
    "UpsertedTechnology", {"__typename": "Literal['UpsertedTechnology']", "technology": "Technology", "version": "str"}
)
"""It is as the input has it."""

Entity: TypeAlias = Application | Company | Feature | Framework | FrameworkType | Source | Technology
"""What every thing in the graph has in common."""

Node: TypeAlias = Application | Claim | Company | Feature | Framework | FrameworkType | Source | Technology
"""Anything with a global ID (Relay)."""

Problem: TypeAlias = Conflict | InvalidInput | NotAuthorized | NotFound
"""Why nothing was written."""

ClaimPayload: TypeAlias = Claimed | InvalidInput | NotAuthorized | NotFound
"""What was written, or why nothing was."""

DeletePayload: TypeAlias = Deleted | NotAuthorized | NotFound
"""What was written, or why nothing was."""

RetractPayload: TypeAlias = NotAuthorized | NotFound | Retracted
"""What was written, or why nothing was."""

UpsertApplicationPayload: TypeAlias = Conflict | InvalidInput | NotAuthorized | UpsertedApplication
"""What was written, or why nothing was."""

UpsertCompanyPayload: TypeAlias = Conflict | InvalidInput | NotAuthorized | UpsertedCompany
"""What was written, or why nothing was."""

UpsertFeaturePayload: TypeAlias = Conflict | InvalidInput | NotAuthorized | UpsertedFeature
"""What was written, or why nothing was."""

UpsertFrameworkPayload: TypeAlias = Conflict | InvalidInput | NotAuthorized | UpsertedFramework
"""What was written, or why nothing was."""

UpsertFrameworkTypePayload: TypeAlias = Conflict | InvalidInput | NotAuthorized | UpsertedFrameworkType
"""What was written, or why nothing was."""

UpsertSourcePayload: TypeAlias = Conflict | InvalidInput | NotAuthorized | UpsertedSource
"""What was written, or why nothing was."""

UpsertTechnologyPayload: TypeAlias = Conflict | InvalidInput | NotAuthorized | UpsertedTechnology
"""What was written, or why nothing was."""
