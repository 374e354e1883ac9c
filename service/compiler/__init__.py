"""GraphQL -> Plan."""

from service.compiler.compiler import Compiled, Compiler
from service.compiler.introspection import introspect
from service.compiler.lru_cache import LruCache
from service.compiler.operation import MAX_ERRORS, RequestError, no_operation, operation_of, shortened
from service.compiler.table_layout import TableLayout

__all__ = [
    "MAX_ERRORS",
    "Compiled",
    "Compiler",
    "LruCache",
    "RequestError",
    "TableLayout",
    "introspect",
    "no_operation",
    "operation_of",
    "shortened",
]
