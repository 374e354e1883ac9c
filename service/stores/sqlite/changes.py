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
from service.stores.sqlite.json_text import Piece, concat, members, string
from service.stores.sqlite.row import RowSource, Scope, literal, placeholder

if TYPE_CHECKING:
    from service.stores.sqlite.statement import Writer

_DIGEST = "(SELECT rtrim(rtrim(version, '0123456789'), '.') FROM graph)"


def changes(writer: Writer, root: Changes | ChangeByNumber) -> str:
    """The JSON of a change or a page of them; `~1` for a version of another graph, `~0` for one behind which the log has
    gaps.
    """
    log = writer.alias("x")
    if isinstance(root, ChangeByNumber):
        json = concat(change(writer, root.parts, Scope(log)))
        return f"ifnull((SELECT {json} FROM change {log} WHERE {log}._pk = {placeholder(root.number)}), '~0')"
    rows = RowSource(f"change {log}", (), ((f"{log}._pk", False),), log, cursor=_cursor(log))
    json = writer.connection(rows, root.page, root.parts)
    if root.after is None:
        return json
    digest, number = map(placeholder, root.after)
    foreign = f"{digest} <> {_DIGEST} OR {number} > (SELECT max(_pk) FROM change)"
    old = f"{number} < (SELECT min(_pk) FROM change) - 1"
    return f"CASE WHEN {foreign} THEN '~1' WHEN {old} THEN '~0' ELSE {json} END"


def change(writer: Writer, parts: tuple[ChangePart, ...], scope: Scope) -> list[Piece]:
    return members((part.key, _part(writer, part, scope)) for part in parts)


def _cursor(log: str) -> str:
    return f"{_DIGEST} || '.' || {log}._pk"


def _part(writer: Writer, part: ChangePart, scope: Scope) -> list[Piece]:
    match part:
        case Typename(name=name):
            return [string(name)]
        case ChangeScalar(name="cursor"):
            text = _cursor(scope.alias)
            return [f"json_quote({text if scope.page is None else scope.page.read('_cursor', text)})"]
        case ChangeScalar(name=name):
            return [f"json_quote({scope.read(name)})"]
        case ChangedKind(kinds=kinds, values=values):
            named = zip(kinds, values, strict=True)
            cases = " ".join(f"WHEN {literal(kind)} THEN '\"{value}\"'" for kind, value in named)
            return [f"CASE {scope.read('kind')} {cases} ELSE 'null' END"]
        case ChangedEntity(branches=branches):
            entity = writer.alias("e")
            json = writer.branches(branches, Scope(entity))
            found = f'{entity}._kind = {scope.read("kind")} AND {entity}."slug" = {scope.read("slug")}'
            return [f"ifnull((SELECT {json} FROM entity {entity} WHERE {found}), 'null')"]
        case ChangedClaim(parts=parts):
            claim = writer.alias("c")
            json = concat(writer.claim(parts, Scope(claim)))
            return [f"ifnull((SELECT {json} FROM claim {claim} WHERE {claim}.key = {scope.read('claim')}), 'null')"]
