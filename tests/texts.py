"""Texts that are awkward for a query language, a parser or a terminal."""

AWKWARD_TEXTS = (
    "back`tick",
    "``",
    "\\u0060 escaped",
    "quote ' and \" and \\",
    "x}) DETACH DELETE n //",
    "'; DROP TABLE entity; --",
    "$v0 :v0 ?1 %s {0}",
    "a AND b OR (c*) ~2 ^3 [x TO y] + - && || ! \\: /re/",
    "NULL",
    "100%_*?[a-z]",
    "line\nbreak\ttab",
    "😀 \uffee \U0010fffd",
)
