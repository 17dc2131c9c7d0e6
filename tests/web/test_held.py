"""What blocked viewers paid for, over the API: seen by moderators, spoken by them, given up by the owner."""

from __future__ import annotations

from pathlib import Path

from bot.messages import Queued, Spoken, Worth
from tests.people import ALICE, BOB
from tests.web.running import MODERATOR, OWNER, TOKENS, running

BITS = Worth(500, "bits")
MOD, OWN = ({"Authorization": f"Bearer {token}"} for token in (MODERATOR, OWNER))


async def test_held_said_and_let_go(tmp_path: Path, engine: str) -> None:
    async with running(tmp_path, engine, TOKENS) as site, site.events(headers=MOD) as page:
        assert (await page.next("snapshot"))["status"]["held"] == []
        await site.post("/api/pause", {}, headers=OWN)
        for text in ("well paid", "paid too", "nonsense badword"):
            await site.write(text, by=BOB, worth=BITS)
        await site.write("not paid", by=BOB)
        await site.post("/api/blocklist", {"word": "badword"}, headers=OWN)
        await site.ask("PATCH", "/api/viewers/twitch:2", {"blocked": True}, headers=MOD)
        told = await page.next("status", lambda event: len(event["changes"].get("held", [])) == 3)
        assert [one["written"] for one in told["changes"]["held"]] == [
            "well paid",
            "paid too",
            "nonsense badword",
        ]
        assert (await site.get("/api/queue", headers=MOD))["items"] == []
        items = (await site.get("/api/held", headers=MOD))["items"]
        assert items == told["changes"]["held"]
        first, second, bad = (f"/api/held/{one['id']}" for one in items)
        assert (items[0]["name"], items[0]["paid"]) == ("Bob", {"amount": 500, "currency": "bits"})

        said = await site.post(f"{first}/say", {}, headers=MOD)
        assert "well paid" in said["item"]["text"]
        await site.post(f"{first}/say", {}, headers=MOD, status=404)
        fault = await site.post(f"{bad}/say", {}, headers=OWN, status=409)
        assert fault["error"]["message"] == "It cannot be said: there is a blocked word in it."
        await site.ask("DELETE", second, headers=MOD, status=403)
        left = await site.ask("DELETE", second, headers=OWN)
        assert [one["written"] for one in left["held"]] == ["nonsense badword"]
        await site.post("/api/resume", {}, headers=OWN)
        await site.until(Spoken, lambda entry: "well paid" in entry.utterance.text)

        # Later ones too; and when the viewer is blocked no more, they are read.
        seen = len(site.entries)
        await site.write("paid later", by=BOB, worth=BITS)
        await site.ask("PATCH", "/api/viewers/twitch:2", {"blocked": False}, headers=MOD)
        await site.until(Queued, lambda entry: "paid later" in entry.utterance.text, seen=seen)
        history = (await site.get("/api/history", headers=MOD))["items"]
        whys = {one["why"]["en"] for one in history if one["reason"] == "held"}
        assert whys == {"it was paid for, and its writer is blocked"}


async def test_it_outlives_the_bot(tmp_path: Path, engine: str) -> None:
    async with running(tmp_path, engine) as site:
        await site.post("/api/pause")
        await site.write("well paid", by=BOB, worth=BITS)
        await site.write("hello", by=ALICE)
        await site.ask("PATCH", "/api/viewers/twitch:2", {"blocked": True})
    async with running(tmp_path, engine) as site:
        [item] = (await site.get("/api/held"))["items"]
        assert item["written"] == "well paid"
