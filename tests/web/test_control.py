"""What the panel's buttons ask for, done by the real bot: the queue, saying, pausing, controls, history."""

from __future__ import annotations

import asyncio

from bot.messages import Dropped, Queued, Speaking, Spoken, Worth
from tests.people import ALICE, BOB, CAROL
from tests.web.running import Running

LONG = "this takes a while to say and then it goes on"


async def test_how_it_is_and_what_waits(site: Running) -> None:
    status = await site.get("/api/status")
    assert status["role"] == "owner"
    assert status["sources"] == [{"source": "twitch", "channel": "c", "state": "ready", "detail": ""}]
    assert status["engine"]["state"] == status["output"]["state"] == "ready"
    assert (status["backlog"], status["waiting"], status["speaking"]) == (0, 0, None)
    assert status["overlay_path"] == "/overlay"
    await site.write(LONG)
    await site.until(Speaking)
    event = await site.write("hello there", by=BOB)
    queue = await site.get("/api/queue")
    [heard] = queue["under_way"]
    [item] = queue["items"]
    assert heard["text"] == heard["written"] == LONG
    assert (item["event"], item["name"], item["viewer"]) == (event, "Bob", "twitch:2")
    assert (item["kind"], item["rank"], item["paid"], item["platform"]) == (
        "message",
        "viewer",
        None,
        "twitch",
    )
    assert queue["waiting"] == 1
    assert queue["backlog"] == item["seconds"] > 0.5
    assert (await site.get("/api/status"))["speaking"]["id"] == heard["id"]


async def test_reorder_remove_skip_and_clear(site: Running) -> None:
    await site.post("/api/pause")
    for who, text in ((ALICE, "one apple"), (BOB, "two apples"), (CAROL, "three apples")):
        await site.write(text, by=who)
    await site.write("paid apple", by=BOB, worth=Worth(100, "bits"))
    paid, *waiting = (await site.get("/api/queue"))["items"]
    assert paid["paid"] == {"amount": 100, "currency": "bits"}
    ids = [item["id"] for item in waiting]
    queue = await site.post("/api/queue/order", {"ids": ids[::-1]})
    assert [item["text"] for item in queue["items"]][1:] == ["three apples", "two apples", "one apple"]
    removed = await site.ask("DELETE", f"/api/queue/{ids[1]}")
    assert removed["removed"]["text"] == "two apples"
    assert (await site.until(Dropped)).reason == "removed"
    await site.ask("DELETE", f"/api/queue/{ids[1]}", status=404)
    assert await site.post("/api/queue/clear", {}) == {"removed": 2}
    assert await site.post("/api/queue/clear", {"paid": True}) == {"removed": 1}
    assert (await site.get("/api/queue"))["items"] == []
    assert await site.post("/api/skip") == {"skipped": None}
    await site.post("/api/resume")
    await site.write(LONG)
    await site.until(Speaking)
    assert (await site.post("/api/skip"))["skipped"]["text"] == LONG
    assert (await site.until(Dropped, lambda entry: entry.utterance.text == LONG)).reason == "skipped"


async def test_say_in_a_voice_of_its_own_before_what_waits(site: Running) -> None:
    await site.post("/api/pause")
    await site.post("/api/say", {"text": "second"})
    said = await site.post("/api/say", {"text": "first", "voice": "leo", "speed": 1.5, "next": True})
    assert (said["item"]["voice"], said["item"]["speed"], said["item"]["kind"]) == ("leo", 1.5, "own")
    await site.post("/api/resume")
    spoken = await site.until(Speaking)
    assert (spoken.utterance.text, spoken.utterance.voice, spoken.utterance.speed) == ("first", "leo", 1.5)
    await site.until(Speaking, lambda entry: entry.utterance.text == "second")
    fault = await site.post("/api/say", {"text": "hi", "voice": "brno"}, status=404)
    assert fault["error"]["message"] == "There is no voice of this name; did you mean bruno?"
    assert (await site.post("/api/say", {"text": "(-_-)"}, status=422))["error"]["param"] == "body.text"


async def test_pause_in_mid_word_and_read_nothing(site: Running) -> None:
    await site.write(LONG)
    await site.until(Speaking)
    assert await site.post("/api/pause", {"now": True}) == {"paused": True}
    player = site.bot.site.story.panel._controls._player  # type: ignore[union-attr]
    assert player.paused
    assert (await site.get("/api/status"))["paused"]
    assert await site.post("/api/resume", {}) == {"paused": False}
    assert not player.paused
    await site.until(Spoken)
    assert await site.post("/api/reading", {"on": False}) == {"reading_aloud": False}
    await site.write("nobody hears this")
    [refused] = (await site.get("/api/history?outcome=refused"))["items"]
    assert (refused["reason"], refused["why"]["en"]) == ("off", "reading aloud is turned off")
    assert await site.post("/api/reading", {"on": True}) == {"reading_aloud": True}


async def test_controls_of_this_run(site: Running) -> None:
    changed = await site.ask("PATCH", "/api/controls", {"volume": 0.5, "speed": 1.25, "voice": "bruno"})
    assert changed == {"volume": 0.5, "speed": 1.25, "voice": "bruno", "output": "null", "device": ""}
    await site.write("hello there", by=BOB)
    spoken = (await site.until(Speaking)).utterance
    assert (spoken.voice, spoken.speed) == ("bruno", 1.25)
    for wrong in (
        {"volume": 1.1},
        {"volume": "loud"},
        {"speed": 9},
        {"volum": 1},
        {"output": "wav:/etc/passwd"},
    ):
        await site.ask("PATCH", "/api/controls", wrong, status=422)


async def test_sound_goes_elsewhere_while_it_plays(site: Running) -> None:
    await site.write(LONG)
    await site.until(Speaking)
    changed = await site.ask("PATCH", "/api/controls", {"output": "null", "device": "x"})
    assert changed["device"] == "x"
    await site.until(Spoken)
    outputs = await site.get("/api/outputs")
    assert [one["id"] for one in outputs["outputs"]] == ["device", "browser", "null"]
    assert outputs["output"] == "null"


async def test_history_tells_why_and_says_again(site: Running) -> None:
    await site.write("hello there", by=BOB)
    await site.until(Spoken)
    await site.write("!nonsense")
    await site.write("(-_-)", by=CAROL)
    history = (await site.get("/api/history"))["items"]
    assert [(one["outcome"], one["reason"]) for one in history] == [
        ("refused", "symbols only"),
        ("refused", "command"),
        ("spoken", ""),
    ]
    spoken = history[-1]
    assert 0 < spoken["latency"] < 5
    assert spoken["ended_at"] > spoken["at"]
    assert history[0]["why"] == {"en": "symbols alone", "zh": "只有符号"}
    seen = len(site.entries)
    again = await site.post(f"/api/history/{spoken['number']}/replay")
    assert (again["item"]["text"], again["item"]["name"]) == ("hello there", "Bob")
    assert (await site.until(Spoken, seen=seen)).utterance.text == "hello there"
    await site.post(f"/api/history/{history[0]['number']}/replay", status=409)
    await site.post("/api/history/99999/replay", status=404)
    await site.post("/api/history/x/replay", status=404)
    assert len((await site.get("/api/history?limit=1"))["items"]) == 1
    older = await site.get(f"/api/history?before={spoken['number']}")
    assert older == {"items": [], "more": False}


async def test_what_the_rules_refused_can_be_said_all_the_same(site: Running) -> None:
    await site.write("!lurk")
    [refused] = (await site.get("/api/history?outcome=refused"))["items"]
    said = await site.post(f"/api/history/{refused['number']}/replay")
    assert "lurk" in said["item"]["text"]
    await site.until(Queued)


async def test_two_things_at_once_do_no_harm(site: Running) -> None:
    """Twenty clients press everything at once; the bot speaks on."""
    await site.write(LONG)
    asks = [
        site.ask(method, path, body)
        for _ in range(3)
        for method, path, body in (
            ("POST", "/api/pause", {"now": True}),
            ("POST", "/api/resume", {}),
            ("POST", "/api/skip", {}),
            ("POST", "/api/queue/clear", {}),
            ("GET", "/api/queue", None),
        )
    ]
    await asyncio.gather(*asks)
    await site.post("/api/resume")
    seen = len(site.entries)
    await site.post("/api/say", {"text": "still here"})
    await site.until(Spoken, seen=seen)
