"""What pages are told as it happens: snapshots, what changes them, and pages that do not listen."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import aiohttp

from bot.messages import Queued, Speaking, Spoken, Worth
from tests.people import ALICE, BOB
from tests.web.running import Running, running


async def test_a_message_from_the_chat_to_its_end(site: Running) -> None:
    async with site.events() as page, site.events("?view=overlay") as overlay:
        snapshot = await page.next("snapshot")
        assert snapshot["queue"]["items"] == snapshot["history"] == []
        assert snapshot["status"]["role"] == "owner"
        seen = await overlay.next("snapshot")
        assert (seen["speaking"], seen["output"], seen["paused"]) == (None, "null", False)
        await site.write("hello there", by=BOB)
        heard = (await page.next("heard"))["item"]
        assert (heard["name"], heard["written"], heard["viewer"]) == ("Bob", "hello there", "twitch:2")
        shown = (await overlay.next("speaking"))["item"]
        assert (shown["name"], shown["text"], shown["voice"], shown["exact"]) == (
            "Bob",
            "hello there",
            "mei",
            False,
        )
        assert "viewer" not in shown
        length = await overlay.next("length", lambda event: bool(event["id"] == shown["id"]))
        assert 0.3 < length["seconds"] < 3
        ended = await overlay.next("ended")
        assert ended == {"type": "ended", "id": shown["id"], "whole": True, "reason": ""}
        past = (await page.next("past", lambda event: event["item"]["outcome"] == "spoken"))["item"]
        assert (past["text"], past["reason"]) == ("hello there", "")
    # Each view counts its frames from the snapshot on, without a gap.
    for listener in (page, overlay):
        first = listener.sequences[0]
        assert listener.sequences == list(range(first, first + len(listener.sequences)))


async def test_what_changes_the_queue_leads_to_the_queue(site: Running) -> None:
    """A page that applies every change has what a new page is given."""
    await site.post("/api/pause")
    async with site.events() as page:
        snapshot = await page.next("snapshot")
        known = {item["id"]: item for item in snapshot["queue"]["items"]}
        for number in range(8):
            await site.write(f"number {number} here", by=(ALICE, BOB)[number % 2])
        await site.write("paid", by=BOB, worth=Worth(5, "USD"))
        ids = [item["id"] for item in (await site.get("/api/queue"))["items"]]
        await site.post("/api/queue/order", {"ids": ids[::-1]})
        await site.ask("DELETE", f"/api/queue/{ids[3]}")
        await site.post("/api/skip", {"id": ids[0]})
        wanted = [item["id"] for item in (await site.get("/api/queue"))["items"]]

        def applied(event: dict[str, Any]) -> bool:
            known.update({item["id"]: item for item in event["set"]})
            for gone in known.keys() - {*event["order"], *event["under_way"]}:
                del known[gone]
            return bool(event["order"] == wanted)

        last = await page.next("queue", applied)
        queue = await site.get("/api/queue")
        assert [known[identity] for identity in last["order"]] == queue["items"]
        assert (last["waiting"], last["backlog"]) == (queue["waiting"], queue["backlog"])
        await site.post("/api/queue/clear", {"paid": True})
        assert (await page.next("queue", lambda event: not event["order"]))["backlog"] == 0


async def test_states_and_refusals(site: Running) -> None:
    async with site.events() as page, site.events("?view=overlay") as overlay:
        await site.ask("PATCH", "/api/controls", {"volume": 0.5})
        changes = (await page.next("status", lambda event: "controls" in event["changes"]))["changes"]
        assert changes["controls"]["volume"] == 0.5
        await site.post("/api/pause")
        assert (await page.next("status", lambda event: "paused" in event["changes"]))["changes"]["paused"]
        assert (await overlay.next("state", lambda event: bool(event["paused"])))["reading_aloud"]
        await site.write("!nonsense")
        assert (await page.next("past"))["item"]["reason"] == "command"
        await site.write("!skip")
        assert (await page.next("answered"))["written"] == "!skip"
        assert (await site.get("/api/status"))["pages"] == {"panels": 1, "overlays": 1, "audible": ""}


async def test_a_cut_is_told_with_its_reason(site: Running) -> None:
    async with site.events("?view=overlay") as overlay:
        await site.write("this takes a good while to say and then it goes on for a bit and on and on")
        shown = (await overlay.next("speaking"))["item"]
        async with site.events("?view=overlay") as late:
            assert (await late.next("snapshot"))["speaking"]["id"] == shown["id"]
        await site.post("/api/skip")
        ended = await overlay.next("ended")
        assert (ended["id"], ended["whole"], ended["reason"]) == (shown["id"], False, "skipped")


async def test_a_page_that_does_not_read_is_dropped_and_delays_nobody(site: Running) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port, limit=1024)
    writer.write(
        b"GET /api/events HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    await reader.readuntil(b"\r\n\r\n")
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    hub = site.bot.site.story.hub  # type: ignore[union-attr]
    async with site.events() as page:
        await page.next("snapshot")
        assert hub.count("panel") == 2
        big = {"type": "trouble", "detail": "x" * 100_000}
        for _ in range(400):
            hub.publish("panel", big, urgent=True)
            await page.next("trouble")
            if hub.count("panel") == 1:
                break
        assert hub.count("panel") == 1
        assert hub.dropped == 1
        await site.write("hello there", by=BOB)
        await page.next("ended")
    writer.transport.abort()


async def test_a_page_that_talks_is_shut_up(site: Running) -> None:
    async with site.events() as page:
        await page.next("snapshot")
        for _ in range(30):
            await page.socket.send_str("x")
        closed = False
        async with asyncio.timeout(10):
            while not closed:
                closed = (await page.socket.receive()).type.name in ("CLOSE", "CLOSED", "CLOSING")
        assert page.socket.close_code == 1008
    async with site.events() as page:
        await page.socket.send_str("x" * 5000)
        async with asyncio.timeout(10):
            while (await page.socket.receive()).type.name not in ("CLOSE", "CLOSED"):
                pass
        assert page.socket.close_code == 1009


async def test_strangers_words_arrive_as_they_are(site: Running) -> None:
    evil = "<script>alert(1)</script> \u202e &amp; \U0001f600 \"'</title>"
    async with site.events() as page:
        await site.write(evil)
        assert (await page.next("heard"))["item"]["written"] == evil


async def test_the_bots_end_is_told(tmp_path: Path, engine: str) -> None:
    async with aiohttp.ClientSession() as http:
        async with running(tmp_path, engine) as site:
            page = await http.ws_connect(f"{site.base}/api/events")
            json.loads(await page.receive_str())
        async with asyncio.timeout(5):
            while (last := await page.receive()).type is aiohttp.WSMsgType.TEXT:
                pass
        assert (last.type, last.data) == (aiohttp.WSMsgType.CLOSE, 1001)


async def test_many_pages_do_not_delay_speech(site: Running) -> None:
    """The latency from chat to sound with twenty pages open, in a busy chat."""
    pages = [await site.http.ws_connect(f"{site.base}/api/events") for _ in range(20)]

    async def read(page: Any) -> int:
        frames = 0
        async for _ in page:
            frames += 1
        return frames

    readers = [asyncio.create_task(read(page)) for page in pages]
    for number in range(50):
        await site.write(f"!noise {number}")
    seen = len(site.entries)
    await site.write("hello there", by=BOB)
    spoken = await site.until(Speaking, seen=seen)
    assert spoken.latency < 1
    await site.until(Spoken, seen=seen)
    for page in pages:
        await page.close()
    assert min(await asyncio.gather(*readers)) >= 3
    assert any(isinstance(entry, Queued) for entry in site.entries)
