"""GraphQL -> Plan."""

from service.compiler.compiler import Bounded, Compiled, Compiler
from service.compiler.introspection import introspect
from service.compiler.operation import MOST_ERRORS, Refused, no_operation, operation_of, shortened
from service.compiler.table_layout import Rows

__all__ = [
    "MOST_ERRORS",
    "Bounded",
    "Compiled",
    "Compiler",
    "Refused",
    "Rows",
    "introspect",
    "no_operation",
    "operation_of",
    "shortened",
]
