"""Versions with several parents: put together field by field, kept with all they were made from."""

import pytest

from agents.errors import UsageError
from agents.prompts.files import read_file, write_file
from agents.prompts.merging import merge, nearest_above
from agents.prompts.store import add_bundle, get_bundle
from agents.service.views import bundle_view
from tests.builders import make_bundle
from traces.db import Database

BASE = make_bundle(rules=("Be brief.", "Be kind."), settings={"temperature": 0.0, "top_p": 1.0})


def test_what_one_side_changed_is_taken() -> None:
    """Rules are joined, settings key by key."""
    ours = BASE.with_(rules=["Be brief.", "Say the day."], settings={"temperature": 0.5, "top_p": 1.0})
    theirs = BASE.with_(rules=["Be brief.", "Be kind.", "Say the hour."], settings={"temperature": 0.0, "top_p": 0.9})
    merged = merge(BASE, ours, theirs)
    assert merged.rules == ("Be brief.", "Say the day.", "Say the hour.")
    assert merged.settings == {"temperature": 0.5, "top_p": 0.9}
    assert merge(BASE, ours, BASE) == ours
    assert merge(BASE, BASE, theirs) == theirs


def test_what_both_changed_is_a_persons_to_write() -> None:
    """Each such field is named."""
    ours, theirs = BASE.with_(instructions="One.", model="a:a"), BASE.with_(instructions="Two.", model="b:b")
    with pytest.raises(UsageError, match="both changed: instructions, model"):
        merge(BASE, ours, theirs)


def test_a_merge_keeps_all_its_parents(database: Database) -> None:
    """In the registry, on the wire and in its file; the nearest version above both is found."""
    with database.writing() as session:
        put = lambda bundle, parent=None: add_bundle(  # noqa: E731
            session, bundle, author="p", author_kind="person", parent=parent
        )
        base = put(BASE)
        middle = put(BASE.with_(rules=["Be brief."]), base)
        ours, theirs = (put(BASE.with_(rules=["Be brief.", text]), middle) for text in ("One.", "Two."))
        assert nearest_above(session, get_bundle(session, ours), get_bundle(session, theirs)) == middle
        new = merge(*(get_bundle(session, one).bundle for one in (middle, ours, theirs)))
        made = add_bundle(session, new, author="p", author_kind="person", parent=ours, merged=[theirs])
        stored = get_bundle(session, made)
        assert stored.parents == (ours, theirs)
        assert bundle_view(session, made).parents == [ours, theirs]
        read = read_file(write_file(stored))
        assert (read.parents, read.edited) == ((ours, theirs), False)
        # A merge stands below both: what grew from it meets them there.
        later = put(new.with_(model="test:other"), made)
        assert nearest_above(session, get_bundle(session, later), get_bundle(session, theirs)) == theirs
        alone = put(make_bundle(instructions="Alone."))
        with pytest.raises(UsageError, match="no version in common"):
            nearest_above(session, get_bundle(session, alone), get_bundle(session, theirs))
