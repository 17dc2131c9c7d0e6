"""Viewers, blocked words, readings and the preview, as a moderator asks for them over the API."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.messages import Dropped, Queued, Refused, Worth
from bot.speech.estimate import seconds
from tests.people import ALICE, BOB
from tests.web.running import Running, running


async def test_mute_and_block_a_viewer(site: Running, engine: str, tmp_path: Path) -> None:
    await site.post("/api/pause")
    await site.write("one two", by=BOB)
    await site.write("three four", by=BOB, worth=Worth(100, "bits"))
    [bob] = (await site.get("/api/viewers?search=bo"))["viewers"]
    assert (bob["id"], bob["muted"], bob["blocked"]) == ("twitch:2", False, False)
    changed = await site.ask("PATCH", "/api/viewers/twitch:2", {"muted": True})
    assert changed["muted"]
    assert (await site.until(Dropped)).utterance.text == "one two"
    assert [item["text"] for item in (await site.get("/api/queue"))["items"]] == ["Bob: three four"]
    await site.ask("PATCH", "/api/viewers/twitch:2", {"blocked": True})
    assert (await site.get("/api/queue"))["items"] == []
    await site.write("five six", by=BOB, worth=Worth(100, "bits"))
    assert (await site.until(Refused)).reason == "held"
    await site.ask("PATCH", "/api/viewers/twitch:2", {"muted": False, "blocked": False, "nickname": "Bobby"})
    await site.write("seven eight", by=BOB, worth=Worth(100, "bits"))
    assert (await site.until(Queued, lambda entry: "seven" in entry.utterance.text)).utterance.text == (
        "Bobby: seven eight"
    )
    await site.ask("PATCH", "/api/viewers/twitch:99", {"muted": True}, status=404)
    await site.ask("PATCH", "/api/viewers/twitch:2", {"voice": "nobody"}, status=404)
    await site.ask("PATCH", "/api/viewers/twitch:2", {"name": "x"}, status=422)


async def test_a_block_outlives_the_bot(tmp_path: Path, engine: str) -> None:
    async with running(tmp_path, engine) as site:
        await site.write("hello", by=BOB)
        await site.ask("PATCH", "/api/viewers/twitch:2", {"blocked": True})
    async with running(tmp_path, engine) as site:
        await site.write("hello again", by=BOB)
        assert (await site.until(Refused)).reason == "ignored"


async def test_blocked_words(site: Running) -> None:
    assert await site.get("/api/blocklist") == {"entries": [], "faults": []}
    assert (await site.post("/api/blocklist", {"word": "spam"}))["changed"]
    fault = await site.post("/api/blocklist", {"word": "spam"}, status=409)
    assert "is in the list already" in fault["error"]["message"]
    await site.write("buy spam now")
    assert (await site.until(Refused)).reason == "blocked"
    [entry] = (await site.get("/api/blocklist"))["entries"]
    assert (entry["written"], entry["kind"], entry["fixed"]) == ("spam", "word", False)
    await site.post("/api/blocklist/remove", {"word": "spam"})
    await site.post("/api/blocklist/undo")
    assert len((await site.get("/api/blocklist"))["entries"]) == 1
    await site.post("/api/blocklist", {"word": "/a(b/"}, status=409)
    [refused] = (await site.get("/api/history?outcome=refused"))["items"]
    await site.post(f"/api/history/{refused['number']}/replay", status=409)
    assert (site.folder / "blocklist.txt").read_text().count("spam") == 1


async def test_readings(site: Running) -> None:
    await site.post("/api/readings", {"word": "GG", "reading": "good game"})
    [taught] = (await site.get("/api/readings"))["readings"]
    assert (taught["word"], taught["reading"], taught["scope"], taught["by"]) == (
        "GG",
        "good game",
        "",
        "owner",
    )
    await site.write("gg everyone", by=ALICE)
    assert (await site.until(Queued)).utterance.text == "good game everyone"
    await site.post("/api/readings/remove", {"word": "gg"})
    await site.post("/api/readings/remove", {"word": "gg"}, status=409)
    await site.post("/api/readings/undo")
    assert len((await site.get("/api/readings"))["readings"]) == 1
    fault = await site.post("/api/readings", {"word": "x", "reading": "see http://x.yz/"}, status=409)
    assert fault["error"]["message"] == "A reading may not hold a link."


async def test_undo_takes_back_no_viewers_own(site: Running) -> None:
    await site.post("/api/readings", {"word": "gg", "reading": "good game"})
    await site.post("/api/readings", {"word": "gg", "reading": "my own", "scope": "twitch:1"})
    await site.post("/api/readings/undo", {"word": "gg", "scope": ""})
    [left] = (await site.get("/api/readings"))["readings"]
    assert (left["reading"], left["scope"]) == ("my own", "twitch:1")
    await site.post("/api/readings/undo", {"word": "gg", "scope": ""}, status=409)
    await site.post("/api/readings/undo", {"word": "gg"})
    assert (await site.get("/api/readings"))["readings"] == []


async def test_preview_says_what_would_be_said_and_changes_nothing(site: Running) -> None:
    for _ in range(3):  # the rules of time are not asked, nor told
        tried = await site.post("/api/preview", {"text": "look at https://example.com/x then"})
        assert tried["said"] == ["look at link then"]
        assert tried["refused"] is None
        assert tried["voice"] == "mei"
        assert tried["seconds"] > 0.5
    refused = (await site.post("/api/preview", {"text": "!voice leo"}))["refused"]
    assert (refused["reason"], refused["why"]["zh"]) == ("command", "指令")
    paid = await site.post("/api/preview", {"text": "hello", "amount": 100, "name": "Ann"})
    assert paid["said"][0] == "Ann: hello"
    changing = await site.post("/api/preview", {"text": "[leo] hello [bruno] bye"})
    assert changing["parts"] == [{"voice": "leo", "text": "hello"}, {"voice": "bruno", "text": "bye"}]
    plain = await site.post("/api/preview", {"text": "hello bye"})
    longer = seconds("hello") + seconds("bye") - seconds("hello bye")  # each voice begins anew
    assert changing["seconds"] - plain["seconds"] == pytest.approx(longer, abs=0.02)
    assert not any(isinstance(entry, Queued) for entry in site.entries)
