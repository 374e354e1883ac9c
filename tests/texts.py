"""Texts that reveal mistakes in quoting, escaping, normalization, comparison and truncation."""

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
"""Awkward for a query language, a parser or a terminal."""

SHORT_TEXTS = (
    *("a", "A", "b", "ab", "Á", "é", "ß", "ss", "ﬁ", "fi", "İ", "и", "й"),
    *("日本", "が", "か", "हिन्दी", "שלום"),
    *("😀", "\uffee", "\ufa0e", "\ue000a", "\U00020000", "z", "\U0001f600b"),
    *("a'b", 'q"q', "b`t", "`", "\\", "\\u0060", "$v0", "%", "_", "*", "?", "[a]", "]"),
    *("a b", " a", "})", "a}) DETACH DELETE n //", "'; DROP TABLE entity; --", "a AND b*", "~"),
    *("\U0010fffd", "\n", "a\tb"),
)
"""Texts that differ in one respect: case, accents, ligatures, scripts, order by code points and by UTF-16, white space."""

LONG_TEXTS = ("framework", "Frame-Work", "Café framework", "C++ framework", "asynchronous", "日本語フレームワーク")
"""Texts that are long enough for spelling correction."""
