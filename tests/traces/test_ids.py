"""Names: ids that sort by time, one spelling for equal values, digests over exactly that spelling."""

import json

import pytest

from traces.ids import canonical_json, digest_json, digest_text, is_utf8, new_id, ordered_json, short


def test_ids_sort_by_the_time_they_were_made() -> None:
    """So a list of runs by id is a list by time."""
    ids = [new_id("run") for _ in range(3)]
    assert all(name.startswith("run_") and len(name) == 30 for name in ids)
    assert len(set(ids)) == 3
    assert [name[:14] for name in ids] == sorted(name[:14] for name in ids)  # the first ten signs are the time


def test_equal_values_have_one_spelling() -> None:
    """Whatever the order of keys; the text is UTF-8 as it is."""
    assert canonical_json({"b": [1, None], "a": "é"}) == '{"a":"é","b":[1,null]}'
    assert digest_json({"b": 1, "a": 2}) == digest_json({"a": 2, "b": 1})
    assert digest_json({"a": 1}) != digest_json({"a": 1.5})
    assert ordered_json({"b": 1, "a": 2}) == '{"b":1,"a":2}'


@pytest.mark.parametrize("spell", [canonical_json, ordered_json])
def test_half_a_surrogate_pair_is_kept_as_its_escape(spell: object) -> None:
    """The text can be stored anywhere, and read back as it was."""
    value = {"said": "half \ud800 and 🦊"}
    text = spell(value)  # type: ignore[operator]
    assert is_utf8(text)
    assert json.loads(text) == value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, b"bytes", object()])
def test_what_is_not_json_is_refused(value: object) -> None:
    """Nothing is guessed: there is no second spelling for what JSON does not have."""
    with pytest.raises((ValueError, TypeError)):
        canonical_json(value)


def test_a_digest_names_its_function() -> None:
    """And its short form tells bundles apart on a screen."""
    digest = digest_text("")
    assert digest == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert short(digest) == "e3b0c44298fc"
