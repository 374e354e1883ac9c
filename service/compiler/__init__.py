"""GraphQL -> Plan."""

from service.compiler.chosen import Refused
from service.compiler.compiler import Bounded, Compiled, Compiler
from service.compiler.introspection import introspect
from service.compiler.rows import Rows

__all__ = ["Bounded", "Compiled", "Compiler", "Refused", "Rows", "introspect"]
