"""Documents that clients name instead of sending them: automatic persisted queries, and a folder of documents.

A document's name is the SHA-256 of its text. A client gives it in the way of Apollo, as the request extension
`persistedQuery: {version: 1, sha256Hash}`, or in that of GraphQL over HTTP (appendix A, persisted documents), as
`documentId: "sha256:..."`; a document of the folder may also be named by its file, without `.graphql`.

    folder      read and checked at the start, the same in every process
    automatic   what clients have sent together with its hash; each process has its own, and who meets one that does not
                know a hash is told PersistedQueryNotFound, sends the text again, and goes on

What a client sends with its hash is an offer. It is kept when it is asked for by its hash alone and was valid by then,
so that nothing wrong and nothing that is asked once takes up the room.

Where only the folder is answered, whatever else is sent is refused before it is parsed, whoever may have sent it before.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphql import GraphQLError, GraphQLSchema, validate

from schema import Ontology, build
from service.compiler import LruCache
from service.errors import ErrorCode, LimitError, PersistedQueryError, SettingsError
from service.execution.document_limits import DocumentLimits, rules
from service.settings import Settings

_SHA256 = re.compile(r"[0-9a-f]{64}")
_PREFIX = "sha256:"
_ENDING = ".graphql"


@dataclass(frozen=True, slots=True)
class TrustedDocuments:
    """The documents of a folder: their texts, by hash and by file."""

    texts: Mapping[str, str]
    files: Mapping[str, str]


NONE = TrustedDocuments({}, {})


class PersistedQueries:
    """The documents that one process knows by their hashes."""

    def __init__(self, settings: Settings, documents: TrustedDocuments, valid: Callable[[str], bool]) -> None:
        """`valid` tells whether a text has been a valid document before."""
        self._documents = documents
        self._only = settings.persisted_only
        self._longest = settings.max_characters
        self._valid = valid
        self._automatic = settings.apq_cache > 0 and not self._only
        self._kept = LruCache[str, str].by_text_length(settings.apq_cache, lambda _, text: text)
        self._offered = LruCache[str, str].by_text_length(settings.apq_cache, lambda _, text: text)

    @property
    def only(self) -> bool:
        """Whether nothing is answered but the folder's documents."""
        return self._only

    def text(self, request: Mapping[str, Any]) -> str | None:
        """The text of the document that a request means, None where it means none.

        Raises PersistedQueryError where it is not known or not allowed, or where its name is wrong.
        """
        sent, identifier, hashed = request.get("query"), request.get("documentId"), _hash_of(request.get("extensions"))
        if identifier:
            if sent or hashed:
                raise PersistedQueryError(
                    "Name the document by `documentId` alone, or send `query`.", ErrorCode.BAD_USER_INPUT, 400
                )
            return self._identified(identifier)
        if sent:
            return self._sent(sent, hashed)
        return self._hashed(hashed) if hashed else None

    def _sent(self, text: str, hashed: str | None) -> str:
        if hashed is not None and _hash(text) != hashed:
            raise PersistedQueryError(
                "`sha256Hash` is not the SHA-256 of `query`.", ErrorCode.PERSISTED_QUERY_HASH_MISMATCH, 400
            )
        if self._only and self._documents.texts.get(_hash(text)) is None:
            raise PersistedQueryError(
                "This document is not one of those that are answered here; ask whoever runs the service to add it.",
                ErrorCode.QUERY_NOT_IN_SAFELIST,
                403,
            )
        # one that is too long is refused later, and not remembered until then
        if (
            hashed is not None
            and self._automatic
            and hashed not in self._documents.texts
            and len(text) <= self._longest
        ):
            self._offered.put(hashed, text)
        return text

    def _hashed(self, hashed: str) -> str:
        text = self._documents.texts.get(hashed) or self._known(hashed)
        if text is not None:
            return text
        if self._only:
            raise PersistedQueryError(
                "The document with this hash is not one of those that are answered here.",
                ErrorCode.PERSISTED_QUERY_NOT_IN_LIST,
                403,
            )
        if not self._automatic:  # the words of Apollo, by which its clients know what to do
            raise PersistedQueryError("PersistedQueryNotSupported", ErrorCode.PERSISTED_QUERY_NOT_SUPPORTED)
        raise PersistedQueryError("PersistedQueryNotFound", ErrorCode.PERSISTED_QUERY_NOT_FOUND)

    def _identified(self, identifier: str) -> str:
        prefix, colon, payload = identifier.rpartition(":")
        if colon and f"{prefix}:" == _PREFIX and _SHA256.fullmatch(payload):
            return self._hashed(payload)
        if colon:
            raise PersistedQueryError(
                "`documentId` must be `sha256:` and 64 hexadecimal digits in lower case, or the name of a document.",
                ErrorCode.BAD_USER_INPUT,
                400,
            )
        if text := self._documents.files.get(identifier):
            return text
        if self._only:
            raise PersistedQueryError(
                "The document of this name is not one of those that are answered here.",
                ErrorCode.PERSISTED_QUERY_NOT_IN_LIST,
                403,
            )
        raise PersistedQueryError("There is no document of this name.", ErrorCode.PERSISTED_QUERY_NOT_FOUND)

    def _known(self, hashed: str) -> str | None:
        text = self._kept.get(hashed)
        if text is None and (text := self._offered.get(hashed)) is not None:
            if not self._valid(text):
                return None
            self._kept.put(hashed, text)
        return text


def read_trusted_documents(settings: Settings, ontology: Ontology) -> TrustedDocuments:
    """The documents of the folder that the settings name; raises SettingsError, with every fault's file and line.

    A text is known with and without the line break at the end of its file, since tools that make such hashes differ in that.
    """
    folder = settings.persisted
    if folder is None:
        if settings.persisted_only:
            raise SettingsError("ATLAS_PERSISTED_ONLY: there is no folder of documents; name it by ATLAS_PERSISTED.")
        return NONE
    if not folder.is_dir():
        raise SettingsError(f"ATLAS_PERSISTED: {folder} is no folder.")
    limits, by = DocumentLimits.of(settings), rules(introspection=settings.introspection)
    schema: GraphQLSchema = build(ontology)._schema  # noqa: SLF001 - Strawberry has no public name for it
    texts: dict[str, str] = {}
    files: dict[str, str] = {}
    faults: list[str] = []
    for path in sorted(folder.glob(f"*{_ENDING}")):
        try:
            text = path.read_bytes().decode()
        except (OSError, UnicodeDecodeError) as error:
            faults.append(f"{path}: cannot be read as UTF-8 text ({error}).")
            continue
        faults.extend(_faults(path, text, lambda text: validate(schema, limits.parse(text), by)))
        files[path.name.removesuffix(_ENDING)] = text
        texts.update((_hash(one), one) for one in (text, text.rstrip("\r\n")))
    if faults:
        raise SettingsError("\n".join(f"ATLAS_PERSISTED: {fault}" for fault in faults))
    if not files:
        raise SettingsError(f"ATLAS_PERSISTED: {folder} holds no file that ends in {_ENDING}.")
    return TrustedDocuments(texts, files)


def _faults(path: Path, text: str, check: Callable[[str], list[GraphQLError]]) -> list[str]:
    """What is wrong with a document, each with file and line."""
    try:
        errors = check(text)
    except GraphQLError as error:
        errors = [error]
    except LimitError as error:
        errors = [GraphQLError(str(error))]
    return [f"{path}:{error.locations[0].line if error.locations else 1}: {error.message}" for error in errors]


def _hash_of(extensions: Any) -> str | None:
    """The hash that a request gives in Apollo's way, None where it gives none."""
    given = (extensions or {}).get("persistedQuery")
    if given is None:
        return None
    version, hashed = (given.get("version"), given.get("sha256Hash")) if isinstance(given, dict) else (None, None)
    if version != 1 or isinstance(version, bool):
        raise PersistedQueryError(
            "`persistedQuery` must be `{version: 1, sha256Hash: ...}`; there is no other.",
            ErrorCode.BAD_USER_INPUT,
            400,
        )
    if not isinstance(hashed, str) or not _SHA256.fullmatch(hashed):
        raise PersistedQueryError(
            "`sha256Hash` must be 64 hexadecimal digits in lower case.", ErrorCode.BAD_USER_INPUT, 400
        )
    return hashed


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
