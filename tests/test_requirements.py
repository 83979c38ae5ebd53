"""The lock files are whole: every byte that is installed is named by its digest, and both locks agree.

They name no index and no file of a machine, so that they hold wherever packages come from.
"""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
LOCKS = ("runtime", "dev")
TOO_HEAVY = {"torch", "transformers", "tensorflow", "onnxruntime"}


def _text(lock: str) -> str:
    return (ROOT / "requirements" / f"{lock}.lock").read_text(encoding="utf-8")


def _pins(lock: str) -> dict[str, str]:
    """Name -> version of a lock file."""
    found = re.findall(r"^([a-z0-9._-]+)==([^ ;\\]+)", _text(lock), re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_has_digests_and_no_place_is_named(lock: str) -> None:
    """`pip --require-hashes` takes it as it is, from whatever index a machine is set up for."""
    lines = _text(lock).splitlines()
    places = [
        line for line in lines if "://" in line or re.match(r"\s*(-i|-f|--(extra-)?index|--find|--trusted)", line)
    ]
    assert not places
    for block in re.split(r"\n(?=[a-z0-9])", _text(lock))[1:]:
        assert "--hash=sha256:" in block, block.splitlines()[0]


def test_the_developers_lock_holds_all_of_the_other() -> None:
    """`make demo` and `make test` share one environment, in either order."""
    dev = _pins("dev")
    assert {name: dev.get(name) for name in _pins("runtime")} == _pins("runtime")


def test_the_locks_are_what_pyproject_asks_for() -> None:
    """A dependency that was added or moved without `make lock` fails here and not on a stranger's machine."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        pyproject = tomllib.load(file)
    project, groups = pyproject["project"], pyproject["dependency-groups"]
    extras = [text for extra in project["optional-dependencies"].values() for text in extra]
    _check(_pins("runtime"), [*project["dependencies"], *extras, *groups["build"]])
    _check(_pins("dev"), [text for text in groups["dev"] if isinstance(text, str)])


def _check(pins: dict[str, str], wanted: list[str]) -> None:
    for requirement in map(Requirement, wanted):
        pinned = pins.get(canonicalize_name(requirement.name))
        assert pinned is not None, f"{requirement} is not locked; run `make lock`"
        assert requirement.specifier.contains(pinned, prereleases=True), f"{requirement}: locked at {pinned}"


@pytest.mark.parametrize("lock", LOCKS)
def test_nothing_heavy_slips_in(lock: str) -> None:
    """A stranger's first minute is not spent on a framework that no line of ours imports."""
    assert not TOO_HEAVY & set(_pins(lock))
