"""Compile GraphQL operations to plans."""

from service.compiler.compiler import Compiled, Compiler
from service.compiler.introspection import introspect
from service.compiler.lru_cache import LruCache
from service.compiler.operation import MAX_ERRORS, RequestError, find_definition, no_operation, truncate_messages
from service.compiler.table_layout import TableLayout

__all__ = [
    "MAX_ERRORS",
    "Compiled",
    "Compiler",
    "LruCache",
    "RequestError",
    "TableLayout",
    "find_definition",
    "introspect",
    "no_operation",
    "truncate_messages",
]
