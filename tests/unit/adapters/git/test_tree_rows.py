"""Directories as git stores them, changed at a few names."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from prodigy_action.adapters.git.bounded_cache import BoundedCache
from prodigy_action.adapters.git.tree_rows import DIRECTORY, Entry, Tree, changed_tree, rows_of

NAMES = st.text("ab.-0", min_size=1, max_size=3).map(str.encode)
ENTRIES = st.tuples(st.sampled_from([b"100644", b"100755", DIRECTORY]), st.sampled_from(["ab" * 20, "cd" * 20]))


@given(st.dictionaries(NAMES, ENTRIES, max_size=60), st.dictionaries(NAMES, ENTRIES | st.none(), max_size=4))
def test_changed_rows_are_those_of_the_changed_tree(before: Tree, changes: dict[bytes, Entry | None]) -> None:
    """Also where a file takes the place of a directory, which is sorted by another name."""
    changed = rows_of(before).changed(before, changes)
    assert changed == rows_of(changed_tree(before, changes))


def test_the_rows_before_a_change_stay_as_they_were() -> None:
    """Many trees of one history share their rows."""
    before = {b"%d" % number: (b"100644", "ab" * 20) for number in range(20)}
    rows = rows_of(before)
    rows.changed(before, {b"1": None, b"x": (b"100644", "cd" * 20)})
    assert rows == rows_of(before)


def test_a_cache_forgets_what_was_not_used_for_longest() -> None:
    """Sizes count, and the last value is always remembered."""
    cache = BoundedCache[str](10)
    cache.put("a", "A", 4)
    cache.put("b", "B", 4)
    assert cache.get("a") == "A"
    cache.put("c", "C", 4)
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == ("A", None, "C")
    cache.put("d", "D", 40)
    assert (cache.get("a"), cache.get("c"), cache.get("d")) == (None, None, "D")
    cache.put("d", "E", 4)
    cache.put("f", "F", 6)
    assert (cache.get("d"), cache.get("f")) == ("E", "F")
