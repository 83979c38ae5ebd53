"""A version as a file: the same digest back, and an edited file is never the old version."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agents.errors import UsageError
from agents.prompts.bundle import Demonstration
from agents.prompts.files import read_file, write_file
from agents.prompts.store import add_bundle, get_bundle
from tests.builders import make_bundle
from traces.db import Database

PRINTED = st.text(st.characters(codec="utf-8", exclude_characters="\x00"))


def written(database: Database, **changes: object) -> str:
    """The file of a version that is in the registry."""
    with database.writing() as session:
        digest = add_bundle(session, make_bundle(**changes), author="m.keller", author_kind="person", note="first")
        return write_file(get_bundle(session, digest))


def test_the_file_gives_the_same_digest_back(database: Database) -> None:
    """With the prompt as a block of lines, as a reviewer reads it."""
    text = written(database, instructions="Say hello.\n  Then ask.\n", rules=("Be brief: always.", "# no comment"))
    assert "  instructions: |\n    Say hello.\n      Then ask.\n" in text
    read = read_file(text)
    assert (read.edited, read.bundle.digest, read.note) == (False, read.digest, "first")


@example("\x85", ["one\u2028two\nthree"], [("\ufeff", "\u2029")])
@given(PRINTED, st.lists(PRINTED, max_size=3), st.lists(st.tuples(PRINTED, PRINTED), max_size=2))
def test_whatever_the_texts_hold(text: str, rules: list[str], shown: list[tuple[str, str]]) -> None:
    """Line ends, quotes, tabs, other scripts: nothing is lost in YAML."""
    from datetime import UTC, datetime

    from agents.prompts.store import StoredBundle

    demonstrations = tuple(Demonstration(input=one, output=two) for one, two in shown)
    bundle = make_bundle(instructions=text, rules=tuple(rules), demonstrations=demonstrations)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    stored = StoredBundle(bundle.digest, bundle, None, "p", "person", "", "draft", None, now)
    read = read_file(write_file(stored))
    assert read.bundle == bundle
    assert not read.edited


def test_pins_come_back_in_their_order(database: Database) -> None:
    """A model reads the parameters of a tool in the order of its schema: the file keeps it, and all values."""
    schema = {
        "type": "object",
        "properties": {"zebra": {"default": "2024-01-01"}, "ant": {"default": None, "x": 1.0}},
    }
    pins = {"shop": {"pay": {"description": "Pay.\nNow: yes # no", "parameters": schema}, "look": {}}}
    read = read_file(written(database, pins=pins, judges=("sha256:" + "0" * 64,)))
    assert not read.edited
    assert list(read.bundle.pins["shop"]["pay"]["parameters"]["properties"]) == ["zebra", "ant"]


def test_an_edited_file_is_another_version(database: Database) -> None:
    """It says which one it was."""
    text = written(database, instructions="Say hello.")
    read = read_file(text.replace("Say hello.", "Say goodbye."))
    assert read.edited
    assert read.digest in text
    assert read.bundle.digest != read.digest


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: [", "not YAML"),
        ("a: 1", "not a bundle"),
        ("[]", "not a bundle"),
        ("format: strop-bundle/1\nbundle: {agent: a}", "bundle.instructions"),
        ("format: strop-bundle/1\nbundle: {agent: a, instructions: x, model: m, colour: red}", "bundle.colour"),
    ],
)
def test_what_is_no_bundle_is_told(text: str, told: str) -> None:
    """One error that names the field."""
    with pytest.raises(UsageError, match=told):
        read_file(text)
