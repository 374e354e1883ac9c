"""The log of changes, in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.plan import (
    ChangeByNumber,
    ChangedClaim,
    ChangedEntity,
    ChangedKind,
    ChangePart,
    Changes,
    ChangeScalar,
    Typename,
)
from service.stores.sqlite.expressions import placeholder, sql_string
from service.stores.sqlite.json_text import (
    JsonLiteral,
    JsonPart,
    concat,
    json_case,
    json_object,
    json_query,
    json_string,
    json_value,
)
from service.stores.sqlite.pages import RowSource
from service.stores.sqlite.row import RowAlias

if TYPE_CHECKING:
    from service.stores.sqlite.statement import Writer

_DIGEST = "(SELECT rtrim(rtrim(version, '0123456789'), '.') FROM graph)"


def changes(writer: Writer, root: Changes | ChangeByNumber) -> str:
    """Return the JSON of a change or a page of changes.

    Instead of JSON, the result is `~1` for a version of another graph, and `~0` for a version whose next changes are no
    longer in the log.
    """
    log = writer.aliases.new("x")
    if isinstance(root, ChangeByNumber):
        json = concat(change(writer, root.parts, RowAlias(log)))
        return f"ifnull((SELECT {json.sql} FROM change {log} WHERE {log}._pk = {placeholder(root.number)}), '~0')"
    rows = RowSource(f"change {log}", (), ((f"{log}._pk", False),), log, cursor=_cursor(log))
    page = writer.connection(rows, root.page, root.parts).sql
    if root.after is None:
        return page
    digest, number = map(placeholder, root.after)
    is_foreign = f"{digest} <> {_DIGEST} OR {number} > (SELECT max(_pk) FROM change)"
    is_compacted = f"{number} < (SELECT min(_pk) FROM change) - 1"
    return f"CASE WHEN {is_foreign} THEN '~1' WHEN {is_compacted} THEN '~0' ELSE {page} END"


def change(writer: Writer, parts: tuple[ChangePart, ...], row: RowAlias) -> list[JsonPart]:
    """Return the JSON of a change."""
    return json_object((part.key, _part(writer, part, row)) for part in parts)


def _cursor(log: str) -> str:
    return f"{_DIGEST} || '.' || {log}._pk"


def _part(writer: Writer, part: ChangePart, row: RowAlias) -> list[JsonPart]:
    match part:
        case Typename(name=name):
            return [json_string(name)]
        case ChangeScalar(name="cursor"):
            cursor = _cursor(row.alias)
            return [json_value(cursor if row.page is None else row.page.column("_cursor", cursor))]
        case ChangeScalar(name=name):
            return [json_value(row.column(name))]
        case ChangedKind(kinds=kinds, values=values):
            pairs = zip(kinds, values, strict=True)
            cases = " ".join(f"WHEN {sql_string(kind)} THEN '\"{value}\"'" for kind, value in pairs)
            return [json_case(cases, JsonLiteral("null"), row.column("kind"))]
        case ChangedEntity(branches=branches):
            entity = writer.aliases.new("e")
            json = writer.branches(branches, RowAlias(entity))
            is_changed = f'{entity}._kind = {row.column("kind")} AND {entity}."slug" = {row.column("slug")}'
            return [json_query(json, f"FROM entity {entity} WHERE {is_changed}")]
        case ChangedClaim(parts=parts):
            claim = writer.aliases.new("c")
            json = concat(writer.claim(parts, RowAlias(claim)))
            return [json_query(json, f"FROM claim {claim} WHERE {claim}.key = {row.column('claim')}")]
