"""The kinds of the Framework Atlas. A new kind is one class here (and its name in `KINDS`), and its facts."""

from __future__ import annotations

import enum

import strawberry

from schema.ontology import Ontology, kind, relation
from schema.scalars import Date


@strawberry.interface(description="Anything with a global ID (Relay).")
class Node:
    id: strawberry.ID = strawberry.field(description="Opaque, unique over all kinds, stable.")


@strawberry.interface(description="What every thing in the graph has in common.")
class Entity(Node):
    slug: str = strawberry.field(description="Stable, lower-case, unique per kind: `django-rest-framework`.")
    name: str = strawberry.field(description="The canonical name.")
    aliases: list[str] = strawberry.field(
        description="Other spellings, the sources' own among them; unique per kind; name filters, look-ups by slug and "
        "search match them."
    )
    summary: str | None = strawberry.field(description="One sentence in the graph's own words.")
    homepage: str | None = strawberry.field(description="Its own address on the web.")


_HAS_FEATURE = ("has", "is a feature of")
_SUITS = ("suits", "is suited by")
_WORKS_WITH = ("works with", "works with")


@strawberry.enum(description="What sort of feature it is.")
class FeatureCategory(enum.Enum):
    CAPABILITY = "CAPABILITY"
    QUALITY = "QUALITY"
    PRINCIPLE = "PRINCIPLE"
    SECURITY = "SECURITY"
    STATUS = "STATUS"


@strawberry.enum(description="What sort of application it is.")
class ApplicationCategory(enum.Enum):
    USE_CASE = "USE_CASE"
    INDUSTRY = "INDUSTRY"
    PROJECT_SIZE = "PROJECT_SIZE"
    AUDIENCE = "AUDIENCE"


@strawberry.enum(description="What sort of technology it is.")
class TechnologyCategory(enum.Enum):
    LANGUAGE = "LANGUAGE"
    LIBRARY = "LIBRARY"
    DATABASE = "DATABASE"
    CACHE = "CACHE"
    STANDARD = "STANDARD"
    PROTOCOL = "PROTOCOL"
    TOOL = "TOOL"


@kind("frameworks")
class Framework(Entity):
    """A software framework."""

    types = relation("OF_TYPE", "FrameworkType", inverse="frameworks", says=("belongs to", "includes"))
    features = relation("HAS_FEATURE", "Feature", inverse="frameworks", says=_HAS_FEATURE)
    applications = relation("SUITS", "Application", inverse="frameworks", says=_SUITS)
    technologies = relation("WORKS_WITH", "Technology", inverse="frameworks", says=_WORKS_WITH)
    extends = relation("EXTENDS", "Framework", inverse="extended_by", says=("extends", "is extended by"))


@kind("frameworkTypes")
class FrameworkType(Entity):
    """A type of framework, such as a microframework. A claim about a type is about the type, not about its frameworks."""

    features = relation("HAS_FEATURE", "Feature", inverse="framework_types", says=_HAS_FEATURE)
    applications = relation("SUITS", "Application", inverse="framework_types", says=_SUITS)
    technologies = relation("WORKS_WITH", "Technology", inverse="framework_types", says=_WORKS_WITH)
    narrows = relation("NARROWS", "FrameworkType", inverse="narrowed_by", says=("narrows", "is narrowed by"))


@kind("features")
class Feature(Entity):
    """Something that a framework, a type of framework or a technology can do or is."""

    category: FeatureCategory


@kind("applications")
class Application(Entity):
    """What something is good for: a use case, an industry, a size of project, an audience."""

    category: ApplicationCategory


@kind("technologies")
class Technology(Entity):
    """What frameworks stand on or work with: languages, libraries, databases, standards."""

    category: TechnologyCategory

    features = relation("HAS_FEATURE", "Feature", inverse="technologies", says=_HAS_FEATURE)
    applications = relation("SUITS", "Application", inverse="technologies", says=_SUITS)
    technologies = relation("WORKS_WITH", "Technology", inverse="worked_with_by", says=_WORKS_WITH)


@kind("companies")
class Company(Entity):
    """A company, or the site it runs, that uses frameworks."""

    uses = relation("USES", "Framework", inverse="used_by", says=("uses", "is used by"))


@kind("sources")
class Source(Entity):
    """A document that says something. Its name is its title; for an untitled document a name of ours."""

    title: str | None = strawberry.field(description="The document's own title; null when it has none.")
    publisher: str | None = strawberry.field(description="Who published it, where the document says so.")
    published: Date | None = strawberry.field(description="When, as precisely as known.")
    url: str | None = strawberry.field(description="Where it can be read.")


KINDS: tuple[type, ...] = (Framework, FrameworkType, Feature, Application, Technology, Company, Source)

ONTOLOGY = Ontology.of(*KINDS)
