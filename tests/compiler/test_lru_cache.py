"""The cache of documents and plans, whose size is bounded in entries and in characters."""

from __future__ import annotations

from service.compiler import LruCache


def test_a_long_document_takes_the_space_of_several_in_a_cache() -> None:
    cache = LruCache[str, int].by_text_length(5, lambda text, _: text)
    for number in range(5):
        cache.put(f"{number}" * 1_000, number)
    cache.put("long" * 500, 5)
    after_long = [cache.get(f"{number}" * 1_000) for number in range(5)]
    cache.put("longer" * 5_000, 6)

    assert after_long == [None, None, 2, 3, 4]
    assert (len(cache), cache.get("longer" * 5_000)) == (1, 6)
    cache.put("short", 7)
    assert (len(cache), cache.get("short")) == (1, 7)
