"""Fetching from a hub on loopback: progress, resume, broken connections, refusals, the cache, no network."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.engine.f5 import hub as hub_module
from bot.engine.f5.hub import FileMissing, Hub, HubError
from bot.engine.f5.hub_cache import HubCache, HubFile, cache_folder
from tests.engine.f5.hub_server import COMMIT, FakeHub

FILE = HubFile("owner/name", "folder/model.safetensors")
CONTENTS = random.Random(1).randbytes(3_000_000)


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_ENDPOINT", "HF_HUB_OFFLINE", "HF_TOKEN", "HF_HUB_CACHE", "HF_HOME", "http_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[FakeHub]:
    with FakeHub() as server:
        server.add(FILE.repository, FILE.path, CONTENTS, licence="cc-by-nc-4.0")
        yield server


class Told:
    def __init__(self) -> None:
        self.shares: list[float] = []
        self.words: list[str] = []

    def __call__(self, share: float, words: str) -> None:
        self.shares.append(share)
        self.words.append(words)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def hub(server: FakeHub, tmp_path: Path, waits: list[float]) -> Hub:
    return Hub(server.url, str(tmp_path / "cache"), sleep=waits.append, timeout=5)


def test_a_file_comes_once_and_is_found_without_asking(hub: Hub, server: FakeHub, told: Told) -> None:
    path = hub.get(FILE, told)
    assert path.read_bytes() == CONTENTS
    assert path.parts[-4:] == ("snapshots", COMMIT, "folder", "model.safetensors")
    assert told.shares == sorted(told.shares)
    assert told.shares[-1] == 1.0
    assert told.words[0].startswith(
        "Downloading folder/model.safetensors of owner/name (licence CC-BY-NC-4.0, not for commercial use)"
    )
    assert told.words[-1].endswith(": 3 of 3 MB.")
    server.asked.clear()
    assert hub.get(FILE, told) == path
    assert server.asked == []


@pytest.mark.parametrize("cuts", [[1_000_000], [500_000, 0, 700_000, 0, 0]])
def test_a_connection_that_breaks_is_taken_up_where_it_broke(
    cuts: list[int], hub: Hub, server: FakeHub, told: Told, waits: list[float]
) -> None:
    server.cut_after = list(cuts)
    assert hub.get(FILE, told).read_bytes() == CONTENTS
    spans = server.contents_asked()
    assert len(spans) == len(cuts) + 1
    assert spans[0] == ""
    assert spans[1] == f"bytes={cuts[0]}-"
    assert len(waits) == len(cuts)
    assert any("broke" in words and "trying again in 1 s" in words for words in told.words)


def test_a_run_that_was_ended_is_taken_up_by_the_next(server: FakeHub, tmp_path: Path, told: Told) -> None:
    class Ended(BaseException):
        pass

    def end(seconds: float) -> None:
        raise Ended

    server.cut_after = [1_200_000]
    with pytest.raises(Ended):
        Hub(server.url, str(tmp_path), sleep=end).get(FILE, told)
    assert Hub(server.url, str(tmp_path)).get(FILE, told).read_bytes() == CONTENTS
    assert server.contents_asked() == ["", "bytes=1200000-"]
    assert not list(tmp_path.rglob("*.incomplete"))


def test_a_server_that_knows_no_ranges_sends_it_all_again(hub: Hub, server: FakeHub, told: Told) -> None:
    server.ranges = False
    server.cut_after = [1_000_000]
    assert hub.get(FILE, told).read_bytes() == CONTENTS


def test_what_comes_damaged_is_fetched_anew_once(hub: Hub, server: FakeHub, told: Told) -> None:
    server.damaged = 1
    assert hub.get(FILE, told).read_bytes() == CONTENTS
    server.damaged = 9
    server.files[FILE.repository]["other.bin"] = CONTENTS[::-1]
    with pytest.raises(HubError, match=r"other.bin comes damaged from 127.0.0.1:\d+: its SHA-256"):
        hub.get(HubFile(FILE.repository, "other.bin"), told)
    assert hub.cache.find(HubFile(FILE.repository, "other.bin")) is None


def test_an_incomplete_file_that_is_too_long_is_begun_anew(hub: Hub, server: FakeHub, told: Told) -> None:
    server.cut_after = [0] * 7
    with pytest.raises(HubError):
        hub.get(FILE, told)
    (part,) = hub.cache.folder.rglob("*.incomplete")
    part.write_bytes(b"x" * (len(CONTENTS) + 1))
    assert hub.get(FILE, told).read_bytes() == CONTENTS


def test_it_gives_up_when_nothing_comes(hub: Hub, server: FakeHub, told: Told, waits: list[float]) -> None:
    server.cut_after = [0] * 99
    with pytest.raises(HubError, match=r"cannot be downloaded: .*see whether this machine is online"):
        hub.get(FILE, told)
    assert waits == [1, 2, 5, 10, 20, 30]


def test_a_hub_that_is_out_of_order_is_asked_again(
    hub: Hub, server: FakeHub, told: Told, waits: list[float]
) -> None:
    server.statuses = [503, 429]
    assert hub.get(FILE, told).read_bytes() == CONTENTS
    assert waits == [1, 2]


def test_nobody_listens(tmp_path: Path, told: Told, waits: list[float]) -> None:
    hub = Hub("http://127.0.0.1:9", str(tmp_path), sleep=waits.append)
    with pytest.raises(HubError, match=r"127.0.0.1:9 cannot be reached \(Connection refused\); see whether"):
        hub.get(FILE, told)


def test_a_file_or_a_repository_that_is_not_there(hub: Hub, told: Told) -> None:
    with pytest.raises(FileMissing, match=r"owner/name on 127.0.0.1:\d+ has no file nothing.pt"):
        hub.get(HubFile("owner/name", "nothing.pt"), told)
    with pytest.raises(HubError, match=r"owner/nobody is not on .*, or wants a login"):
        hub.get(HubFile("owner/nobody", "model.pt"), told)


def test_a_login_page_is_no_hub_and_no_file(hub: Hub, server: FakeHub, told: Told) -> None:
    server.page = b"<!DOCTYPE html><title>Please log in</title>"
    with pytest.raises(HubError, match="is no Hugging Face hub: a login page or a proxy"):
        hub.get(FILE, told)
    assert hub.cache.find(FILE) is None


def test_offline(hub: Hub, server: FakeHub, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    path = hub.get(FILE, told)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    offline = Hub(cache=str(hub.cache.folder))
    assert offline.endpoint == "http://127.0.0.1:9"
    assert offline.get(FILE, told) == path
    with pytest.raises(HubError, match=r"other.bin is not in the cache .* HF_HUB_OFFLINE forbids"):
        offline.get(HubFile(FILE.repository, "other.bin"), told)


def test_the_token_is_for_the_hub_alone(
    server: FakeHub, tmp_path: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    Hub(server.url, str(tmp_path)).get(FILE, told)
    assert {token for who, token in server.tokens if who == "hub"} == {"Bearer hf_secret"}
    assert {token for who, token in server.tokens if who == "contents"} == {""}


def test_a_disk_that_is_full(hub: Hub, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "_MARGIN", 1 << 60)
    with pytest.raises(HubError, match=r"needs 3 MB, and .* MB free: make room, or set engine.f5.cache"):
        hub.get(FILE, told)


def test_a_cache_that_cannot_be_written(server: FakeHub, tmp_path: Path, told: Told) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HubError, match=r"cannot be kept in .*: Not a directory; set engine.f5.cache"):
        Hub(server.url, str(tmp_path / "file")).get(FILE, told)


@pytest.mark.parametrize(("given", "licence"), [("mit", "MIT"), ("other", ""), ("a b\n<c>", ""), ("", "")])
def test_licences(given: str, licence: str, hub: Hub, server: FakeHub) -> None:
    server.licences[FILE.repository] = given
    assert hub.licence(FILE.repository) == licence
    assert hub.licence("SWivid/F5-TTS") == "CC-BY-NC-4.0"  # it is known, should the hub not say


def test_the_pace_and_the_time_left(server: FakeHub, tmp_path: Path, told: Told) -> None:
    ticks = iter(range(1000))
    Hub(server.url, str(tmp_path), clock=lambda: next(ticks) * 1.0).get(FILE, told)
    assert told.words[1].endswith(": 0 of 3 MB, 0.1 MB/s, 22 s left.")


def test_huggingface_hub_finds_what_we_fetched_and_we_what_it_did(
    server: FakeHub, tmp_path: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub

    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    server.add("owner/name", "config.yaml", b"a: 1\n", small=True)
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for path in (FILE.path, "config.yaml"):
        file = HubFile("owner/name", path)
        fetched = Hub(server.url, str(ours)).get(file, told)
        found = huggingface_hub.hf_hub_download("owner/name", path, cache_dir=ours, local_files_only=True)
        assert found == str(fetched)
        assert (
            huggingface_hub.hf_hub_download("owner/name", path, cache_dir=ours, endpoint=server.url) == found
        )
        assert huggingface_hub.hf_hub_download("owner/name", path, cache_dir=theirs, endpoint=server.url)
        found_there = HubCache(theirs).find(file)
        assert found_there is not None
        assert found_there.read_bytes() == server.files["owner/name"][path]


def test_where_the_cache_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("HUGGINGFACE_HUB_CACHE", raising=False)
    assert cache_folder() == Path("~/.cache/huggingface/hub").expanduser()
    monkeypatch.setenv("HF_HOME", "/hf")
    assert cache_folder() == Path("/hf/hub")
    monkeypatch.setenv("HF_HUB_CACHE", "/models")
    assert cache_folder() == Path("/models")
    assert cache_folder("~/mine") == Path("~/mine").expanduser()


@pytest.mark.parametrize(
    ("text", "file"),
    [
        ("owner/name/model.pt", HubFile("owner/name", "model.pt")),
        ("owner/name/a/b.pt", HubFile("owner/name", "a/b.pt")),
        ("owner/name", None),
        ("owner/name/../x", None),
        ("owner/name//x", None),
        ("/owner/name/x", None),
        ("C:\\models\\x.pt", None),
        ("owner/name/.env", None),
        ("öwner/name/x", None),
    ],
)
def test_how_a_file_of_the_hub_is_written(text: str, file: HubFile | None) -> None:
    assert HubFile.parse(text) == file
