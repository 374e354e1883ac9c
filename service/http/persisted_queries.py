"""Persisted queries: automatic persisted queries (APQ) and a folder of trusted documents.

The hash of a document is the SHA-256 of its text. A client sends it as Apollo's request extension
`persistedQuery: {version: 1, sha256Hash}`, or as `documentId: "sha256:..."` (GraphQL over HTTP, appendix A). A trusted
document can also be identified by its file name without `.graphql`.

    trusted documents   read and validated at startup, the same in every process
    APQ                 texts that clients have sent together with their hash, separate in each process. For an unknown
                        hash the client gets PersistedQueryNotFound and sends the text again.

A text sent with its hash is only offered at first. It is cached at the first request by hash alone, if it has been
validated by then, so that invalid documents and documents used once do not fill the cache.

If only trusted documents are allowed, any other document is rejected before it is parsed.
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
from service.execution.document_limits import DocumentLimits, validation_rules
from service.settings import Settings

_SHA256 = re.compile(r"[0-9a-f]{64}")
_HASH_PREFIX = "sha256"
_SUFFIX = ".graphql"


@dataclass(frozen=True, slots=True)
class TrustedDocuments:
    """The texts of the trusted documents, by hash and by file name."""

    by_hash: Mapping[str, str]
    by_name: Mapping[str, str]


NO_TRUSTED_DOCUMENTS = TrustedDocuments({}, {})


class PersistedQueries:
    """The persisted queries of one process."""

    def __init__(self, settings: Settings, documents: TrustedDocuments, is_validated: Callable[[str], bool]) -> None:
        """`is_validated`: whether the engine has validated a document with this text."""
        self._documents = documents
        self._trusted_only = settings.persisted_only
        self._max_length = settings.max_characters
        self._is_validated = is_validated
        self._apq_enabled = settings.apq_cache > 0 and not self._trusted_only
        self._cached = LruCache[str, str].by_text_length(settings.apq_cache, lambda _, text: text)
        self._offered = LruCache[str, str].by_text_length(settings.apq_cache, lambda _, text: text)

    @property
    def trusted_only(self) -> bool:
        """Whether the service executes trusted documents only."""
        return self._trusted_only

    def resolve(self, parameters: Mapping[str, Any]) -> str | None:
        """Return the text of the requested document, None if the request identifies no document.

        Raises PersistedQueryError if the document is unknown or not allowed, or its identifier is invalid.
        """
        text, document_id = parameters.get("query"), parameters.get("documentId")
        sha256 = _apq_hash(parameters.get("extensions"))
        if document_id:
            if text or sha256:
                raise PersistedQueryError("Send `documentId` alone, or send `query`.", ErrorCode.BAD_USER_INPUT, 400)
            return self._by_id(document_id)
        if text:
            return self._by_text(text, sha256)
        return self._by_hash(sha256) if sha256 else None

    def _by_text(self, text: str, sha256: str | None) -> str:
        if sha256 is not None and _hash(text) != sha256:
            raise PersistedQueryError(
                "`sha256Hash` is not the SHA-256 of `query`.", ErrorCode.PERSISTED_QUERY_HASH_MISMATCH, 400
            )
        if self._trusted_only and self._documents.by_hash.get(_hash(text)) is None:
            raise PersistedQueryError(
                "The document is not one of the trusted documents of this service; ask its operator to add it.",
                ErrorCode.QUERY_NOT_IN_SAFELIST,
                403,
            )
        # The engine rejects a text that is too long; until then it must not take memory.
        if (
            sha256 is not None
            and self._apq_enabled
            and sha256 not in self._documents.by_hash
            and len(text) <= self._max_length
        ):
            self._offered.put(sha256, text)
        return text

    def _by_hash(self, sha256: str) -> str:
        text = self._documents.by_hash.get(sha256) or self._automatic(sha256)
        if text is not None:
            return text
        if self._trusted_only:
            raise PersistedQueryError("No trusted document has this hash.", ErrorCode.PERSISTED_QUERY_NOT_IN_LIST, 403)
        if not self._apq_enabled:  # Apollo's clients recognize these two messages
            raise PersistedQueryError("PersistedQueryNotSupported", ErrorCode.PERSISTED_QUERY_NOT_SUPPORTED)
        raise PersistedQueryError("PersistedQueryNotFound", ErrorCode.PERSISTED_QUERY_NOT_FOUND)

    def _by_id(self, document_id: str) -> str:
        prefix, colon, sha256 = document_id.rpartition(":")
        if prefix == _HASH_PREFIX and _SHA256.fullmatch(sha256):
            return self._by_hash(sha256)
        if colon:
            raise PersistedQueryError(
                "`documentId` must be `sha256:` and 64 lowercase hexadecimal digits, or the name of a trusted document.",
                ErrorCode.BAD_USER_INPUT,
                400,
            )
        if text := self._documents.by_name.get(document_id):
            return text
        if self._trusted_only:
            raise PersistedQueryError("No trusted document has this name.", ErrorCode.PERSISTED_QUERY_NOT_IN_LIST, 403)
        raise PersistedQueryError("No document has this name.", ErrorCode.PERSISTED_QUERY_NOT_FOUND)

    def _automatic(self, sha256: str) -> str | None:
        text = self._cached.get(sha256)
        if text is None and (text := self._offered.get(sha256)) is not None:
            if not self._is_validated(text):
                return None
            self._cached.put(sha256, text)
        return text


def read_trusted_documents(settings: Settings, ontology: Ontology) -> TrustedDocuments:
    """Read and validate the folder of trusted documents; raises SettingsError with the file and line of every error.

    The hashes are those of each text with and without its final line break, because tools differ in which one they hash.
    """
    folder = settings.persisted
    if folder is None:
        if settings.persisted_only:
            raise SettingsError("ATLAS_PERSISTED_ONLY needs a folder of trusted documents; set ATLAS_PERSISTED.")
        return NO_TRUSTED_DOCUMENTS
    if not folder.is_dir():
        raise SettingsError(f"ATLAS_PERSISTED: {folder} is not a folder.")
    limits, rules = DocumentLimits.of(settings), validation_rules(introspection=settings.introspection)
    schema: GraphQLSchema = build(ontology)._schema  # noqa: SLF001 - Strawberry has no public name for it
    by_hash: dict[str, str] = {}
    by_name: dict[str, str] = {}
    errors: list[str] = []
    for path in sorted(folder.glob(f"*{_SUFFIX}")):
        try:
            text = path.read_bytes().decode()
        except (OSError, UnicodeDecodeError) as error:
            errors.append(f"{path}: cannot be read as UTF-8 text ({error}).")
            continue
        errors.extend(_errors(path, text, lambda text: validate(schema, limits.parse(text), rules)))
        by_name[path.name.removesuffix(_SUFFIX)] = text
        by_hash.update((_hash(variant), variant) for variant in (text, text.rstrip("\r\n")))
    if errors:
        raise SettingsError("\n".join(f"ATLAS_PERSISTED: {error}" for error in errors))
    if not by_name:
        raise SettingsError(f"ATLAS_PERSISTED: {folder} contains no {_SUFFIX} file.")
    return TrustedDocuments(by_hash, by_name)


def _errors(path: Path, text: str, check: Callable[[str], list[GraphQLError]]) -> list[str]:
    """Return the errors of a document, each with its file and line."""
    try:
        errors = check(text)
    except GraphQLError as error:
        errors = [error]
    except LimitError as error:
        errors = [GraphQLError(str(error))]
    return [f"{path}:{error.locations[0].line if error.locations else 1}: {error.message}" for error in errors]


def _apq_hash(extensions: Any) -> str | None:
    """Return the hash in the extension `persistedQuery`, None without that extension."""
    extension = (extensions or {}).get("persistedQuery")
    if extension is None:
        return None
    version, sha256 = (
        (extension.get("version"), extension.get("sha256Hash")) if isinstance(extension, dict) else (None, None)
    )
    if version != 1 or isinstance(version, bool):
        raise PersistedQueryError(
            "`persistedQuery` must be `{version: 1, sha256Hash: ...}`; no other version is supported.",
            ErrorCode.BAD_USER_INPUT,
            400,
        )
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
        raise PersistedQueryError(
            "`sha256Hash` must be 64 lowercase hexadecimal digits.", ErrorCode.BAD_USER_INPUT, 400
        )
    return sha256


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
