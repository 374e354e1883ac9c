"""Parse and validate documents, and cache the valid ones by their text."""

from __future__ import annotations

from graphql import DocumentNode, GraphQLError, GraphQLSchema, GraphQLSyntaxError, validate

from service.compiler import MAX_ERRORS, LruCache, RequestError, truncate_messages
from service.errors import ErrorCode, LimitError
from service.execution.document_limits import DocumentLimits, validation_rules
from service.execution.error_results import limit_error
from service.telemetry import record_rejection


class Documents:
    """The documents of one engine. Clients share the cache: it depends on the schema and the limits only."""

    def __init__(
        self, schema: GraphQLSchema, limits: DocumentLimits, max_cached: int, *, introspection: bool = True
    ) -> None:
        """`introspection`: whether documents may contain introspection, and error messages may contain suggestions."""
        self._schema = schema
        self._limits = limits
        self._rules = validation_rules(introspection=introspection)
        self._hide_suggestions = not introspection
        self._valid = LruCache[str, DocumentNode].by_text_length(max_cached, lambda text, _: text)

    def cached(self, text: str) -> DocumentNode | None:
        """Return the document if it is known to be valid."""
        return self._valid.get(text)

    def cache(self, text: str, document: DocumentNode) -> None:
        """Cache a valid document."""
        self._valid.put(text, document)

    def parse(self, text: str) -> DocumentNode:
        """Parse a client's document; raises GraphQLError, also if it exceeds a limit."""
        try:
            return self._limits.parse(text)
        except LimitError as error:
            record_rejection(ErrorCode.LIMIT_EXCEEDED)
            raise limit_error(error) from error
        except GraphQLError as error:
            is_syntax_error = isinstance(error, GraphQLSyntaxError)
            code = ErrorCode.GRAPHQL_PARSE_FAILED if is_syntax_error else ErrorCode.GRAPHQL_VALIDATION_FAILED
            record_rejection(code)
            error.extensions = {"code": code}
            raise

    def validate(self, document: DocumentNode) -> list[GraphQLError]:
        """Validate a client's document and return its errors."""
        errors = self._errors(document)
        if errors:
            record_rejection(ErrorCode.GRAPHQL_VALIDATION_FAILED)
        return errors

    def add(self, text: str) -> DocumentNode:
        """Parse, validate and cache a document that no client has sent; raises RequestError and LimitError."""
        try:
            document = self._limits.parse(text)
        except GraphQLError as error:
            raise RequestError([error]) from error
        if errors := self._errors(document):
            raise RequestError(errors)
        self.cache(text, document)
        return document

    def _errors(self, document: DocumentNode) -> list[GraphQLError]:
        errors = validate(
            self._schema, document, self._rules, max_errors=MAX_ERRORS, hide_suggestions=self._hide_suggestions
        )
        for error in errors:
            error.extensions = {"code": ErrorCode.GRAPHQL_VALIDATION_FAILED}
        return truncate_messages(errors)
