"""Settings changed over the API: written into the file, heard at once, taken back; nobody but the owner."""

from __future__ import annotations

import asyncio
import json
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.messages import Dropped, Speaking
from tests.people import ALICE, BOB
from tests.web.running import MODERATOR, OWNER, ROOT, SAFE, TOKENS, Running, running

PACKAGED = (ROOT / "config.toml").read_bytes().replace(b'output = "device"', b'output = "null"  ')
SECRET = "hunter2-hunter2-hunter2"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "config.toml"
    file.write_bytes(PACKAGED)
    return file


@pytest.fixture
async def bot(tmp_path: Path, engine: str, file: Path) -> AsyncIterator[Running]:
    async with running(tmp_path, engine, file=file) as site:
        yield site


async def fields(site: Running) -> dict[str, dict[str, Any]]:
    told = await site.get("/api/settings")
    return {one["key"]: one for section in told["sections"] for one in section["fields"]}


async def change(site: Running, changes: dict[str, Any], status: int = 200) -> Any:
    return await site.ask("PATCH", "/api/settings", {"changes": changes}, status=status)


def content(file: Path) -> bytes:
    return file.read_bytes()


def edit(file: Path, before: bytes, after: bytes) -> None:
    assert before in file.read_bytes()
    file.write_bytes(file.read_bytes().replace(before, after))


def mode(file: Path, wanted: int | None = None) -> int:
    if wanted is not None:
        file.chmod(wanted)
    return file.stat().st_mode & 0o777


def of(file: Path, key: str) -> Any:
    section, _, name = key.partition(".")
    return tomllib.loads(file.read_text("utf-8"))[section][name]


async def test_every_setting_with_its_words(bot: Running) -> None:
    told = await bot.get("/api/settings")
    assert (told["file"], told["writable"], told["problem"], told["undo"]) == ("config.toml", True, "", None)
    names = [section["name"] for section in told["sections"]]
    assert names[0] == ""
    assert {"audio", "engine", "engine.f5", "web"} < set(names)
    rules = next(one for one in told["sections"] if one["name"] == "rules")
    assert rules["comment"].startswith("who and what is read")
    found = await fields(bot)
    assert found["audio.volume"] == {
        "key": "audio.volume",
        "kind": "float",
        "value": 1.0,
        "default": 1.0,
        "comment": "0.0 to 1.0",
        "choices": None,
        "least": 0.0,
        "most": 1.0,
        "from": "default",
        "live": True,
    }
    assert (found["audio.output"]["from"], found["audio.output"]["value"]) == ("file", "null")
    assert (found["web.enabled"]["from"], found["web.enabled"]["value"]) == ("flag", True)
    assert (found["web.token"]["kind"], found["web.token"]["value"]) == ("secret", False)
    assert not found["web.port"]["live"]


async def test_a_change_is_written_heard_told_and_taken_back(bot: Running, file: Path) -> None:
    player = bot.bot.site.story.panel._controls._player  # type: ignore[union-attr]
    async with bot.events() as page:
        done = await change(bot, {"audio.volume": 0.5, "web.jitter": 0.1})
        assert (await page.next("settings"))["changed"] == ["audio.volume", "web.jitter"]
        status = await page.next("status", lambda event: "controls" in event["changes"])
        assert status["changes"]["controls"]["volume"] == 0.5
        assert done["changed"] == ["audio.volume", "web.jitter"]
        assert done["restart"] == ["web.jitter"]
        assert done["undo"]["keys"] == ["audio.volume", "web.jitter"]
        assert (of(file, "audio.volume"), of(file, "web.jitter"), player.volume) == (0.5, 0.1, 0.5)
        assert (await fields(bot))["audio.volume"]["from"] == "file"
        undone = await bot.post("/api/settings/undo", {})
        assert (undone["changed"], undone["undo"]) == (["audio.volume", "web.jitter"], None)
        assert (await page.next("settings"))["changed"] == ["audio.volume", "web.jitter"]
    assert (content(file), player.volume) == (PACKAGED, 1.0)
    fault = await bot.post("/api/settings/undo", {}, status=409)
    assert fault["error"]["message"] == "There is nothing to undo."


async def test_the_queue_s_limits_count_at_once(bot: Running) -> None:
    await bot.post("/api/pause")
    for number, who in enumerate((ALICE, BOB) * 2):
        await bot.write(f"this is message {number}", by=who)
    await change(bot, {"queue.length": 2})
    assert [(await bot.until(Dropped, seen=0)).reason] == ["queue full"]
    assert (await bot.get("/api/queue"))["waiting"] == 2
    await bot.write("one more", by=ALICE)
    assert (await bot.get("/api/queue"))["waiting"] == 2


async def test_rules_words_voices_and_commands_count_at_once(bot: Running) -> None:
    async def said(text: str) -> Any:
        found = await bot.post("/api/preview", {"text": text})
        return found["refused"]["reason"] if found["refused"] else found["said"][0]

    assert await said("see https://example.com now") == "see link now"
    assert await said("rhubarb") == "rhubarb"
    done = await change(
        bot,
        {
            "chat.link": "address",
            "rules.blocked": ["rhubarb"],
            "templates.message": "{name} says {text}",
            "chat.command_prefix": "?",
            "speech.voice": "leo",
            "speech.speed": 1.5,
            "commands.aliases": {"stimme": "voice"},
        },
    )
    assert done["restart"] == []
    assert await said("see https://example.com now") == "somebody says see address now"
    assert await said("rhubarb") == "blocked"
    assert await said("?stimme leo") == "command"
    assert (await bot.get("/api/status"))["prefix"] == "?"
    await bot.write("good morning", by=BOB)
    spoken = (await bot.until(Speaking)).utterance
    assert (spoken.text, spoken.voice, spoken.speed) == ("Bob says good morning", "leo", 1.5)
    await bot.write("?stimme bruno", by=BOB)
    await bot.write("good evening", by=BOB)
    spoken = (await bot.until(Speaking, lambda entry: "evening" in entry.utterance.text)).utterance
    assert spoken.voice == "bruno"
    await bot.post("/api/settings/undo", {})
    assert await said("rhubarb") == "rhubarb"


async def test_a_rule_keeps_what_it_remembers(tmp_path: Path, engine: str, file: Path) -> None:
    async with running(tmp_path, engine, {"rules.same_viewer": "60"}, file=file) as bot:
        await bot.write("hello hello")
        await change(bot, {"rules.ignore": ["carol"]})
        await bot.write("hello hello")
        [refused] = (await bot.get("/api/history?outcome=refused"))["items"]
        assert refused["reason"] == "repeated"


async def test_what_was_changed_for_this_run_alone_stays(bot: Running) -> None:
    await bot.ask("PATCH", "/api/controls", {"volume": 0.3, "speed": 1.2})
    await change(bot, {"chat.link": "address", "speech.pause": 0.1})
    controls = (await bot.get("/api/status"))["controls"]
    assert (controls["volume"], controls["speed"]) == (0.3, 1.2)
    await change(bot, {"audio.volume": 1.0})  # as the file says already: it is wanted now
    assert (await bot.get("/api/status"))["controls"]["volume"] == 1.0


async def test_the_output_changes_while_it_plays(tmp_path: Path, engine: str, file: Path) -> None:
    async with running(tmp_path, engine, file=file) as bot:
        assert (await change(bot, {"audio.output": "browser"}))["restart"] == []
        assert (await bot.get("/api/status"))["output"]["kind"] == "browser"
        wav = tmp_path / "evening.wav"
        await asyncio.to_thread(wav.write_bytes, b"precious")
        assert (await change(bot, {"audio.output": f"wav:{wav}"}))["restart"] == ["audio.output"]
        assert content(wav) == b"precious"
        assert (await bot.get("/api/status"))["output"]["kind"] == "browser"


@pytest.mark.parametrize(
    ("changes", "param", "said"),
    [
        ({"audio.volume": 7}, "audio.volume",
         "audio.volume cannot be 7.0: input should be less than or equal to 1."),
        ({"audio.volume": None, "nonsense": 1}, "nonsense",
         "'nonsense' is not a setting: config.toml lists them all."),
        ({"web.port": 9000}, "web.port", "web.port is set by --web.port in this run: change it there."),
        ({"commands.aliases": {"a": "voic"}}, "commands.aliases",
         'commands.aliases: there is no command "voic"; did you mean "voice"?'),
        ({"chat.lexicon": "not-there.txt"}, "chat.lexicon", None),
        ({"rules.blocked": ["/(/"]}, "rules.blocked", None),
        ({"speech.voice": "brno"}, "speech.voice",
         "speech.voice: there is no voice of this name; did you mean bruno?"),
        ({"chat.link": "a\nb"}, "chat.link", "chat.link cannot hold line breaks or control characters."),
        ({"chat.link": "x" * 100_000}, "chat.link", "chat.link is too long: 4000 characters are the most."),
    ],
)  # fmt: skip
async def test_what_is_wrong_changes_nothing(
    bot: Running, file: Path, changes: dict[str, Any], param: str, said: str | None
) -> None:
    error = (await change(bot, {"audio.latency": 0.2, **changes}, status=422))["error"]
    assert error["param"] == param
    assert said is None or error["message"] == said
    assert "\n" not in error["message"]
    assert content(file) == PACKAGED
    assert (await bot.get("/api/settings"))["undo"] is None


async def test_hostile_bodies(bot: Running, file: Path) -> None:
    body: dict[str, Any]
    for body in ({}, {"changes": []}, {"changes": {}, "file": "/etc/passwd"}, {"changes": {"k" * 300: 1}}):
        await bot.ask("PATCH", "/api/settings", body, status=422)
    deep: Any = 1
    for _ in range(150):
        deep = [deep]
    await change(bot, {"rules.ignore": deep}, status=422)
    for raw in (
        b'{"changes": {"audio.volume": NaN}}',
        b'{"changes": {"chat.link": "\\ud800"}}',
        b"[" * 10_000,
    ):
        async with bot.http.patch(
            f"{bot.base}/api/settings", data=raw, headers=SAFE | {"Content-Type": "application/json"}
        ) as answer:
            assert answer.status in (400, 422), raw[:40]
    assert await change(bot, {}) == {"changed": [], "restart": [], "undo": None}
    assert content(file) == PACKAGED


async def test_a_locked_file_is_a_sentence(bot: Running, file: Path) -> None:
    assert mode(file, 0o444) == 0o444
    told = await bot.get("/api/settings")
    assert not told["writable"]
    assert told["problem"].startswith("config.toml is read-only")
    assert (await change(bot, {"audio.volume": 0.5}, status=409))["error"]["message"] == told["problem"]
    assert (await bot.get("/api/status"))["controls"]["volume"] == 1.0


async def test_an_edit_by_hand_is_read_first(bot: Running, file: Path) -> None:
    edit(file, b"fastest = 1.25  ", b"fastest = 1.5  # mine")
    done = await change(bot, {"audio.volume": 0.5})
    assert done["changed"] == ["audio.volume", "queue.fastest"]
    assert b"# mine" in content(file)
    assert bot.bot.queue.limits.fastest == 1.5
    await bot.post("/api/settings/undo", {})
    assert (of(file, "queue.fastest"), of(file, "audio.volume")) == (1.5, 1.0)


async def test_only_the_owner_and_no_secret_ever(
    tmp_path: Path, engine: str, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    answers: list[Any] = []
    body: dict[str, Any]
    async with running(tmp_path, engine, TOKENS, file=file) as bot:
        for token, status in ((MODERATOR, 403), ("", 401)):
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            await bot.ask("GET", "/api/settings", status=status, headers=headers)
            body = {"changes": {"audio.volume": 0.1}}
            await bot.ask("PATCH", "/api/settings", body, status=status, headers=headers)
            await bot.post("/api/settings/undo", {}, status=status, headers=headers)
        owner = {"Authorization": f"Bearer {OWNER}"}
        for body in ({"engine.token": SECRET}, {"bilibili.cookies": SECRET}, {"web.token": "x" + SECRET}):
            status = 422 if "web.token" in body else 200
            answers.append(
                await bot.ask("PATCH", "/api/settings", {"changes": body}, status=status, headers=owner)
            )
        wrong = {"changes": {"engine.token": SECRET + "\n"}}
        answers.append(await bot.ask("PATCH", "/api/settings", wrong, status=422, headers=owner))
        answers.append(await bot.get("/api/settings", headers=owner))
        answers.append(await bot.get("/api/log", headers=owner))
        answers.append(await bot.post("/api/settings/undo", {}, headers=owner))
        found = {one["key"]: one for section in answers[4]["sections"] for one in section["fields"]}
        assert (found["engine.token"]["value"], found["web.token"]["value"]) == (True, True)
        assert (found["engine.token"]["from"], found["web.token"]["from"]) == ("file", "flag")
    told = json.dumps(answers) + caplog.text + str(bot.entries)
    assert SECRET not in told
    assert OWNER not in told
    assert mode(file) == 0o600


async def test_without_a_file_there_is_nothing_to_change(site: Running) -> None:
    told = await site.get("/api/settings")
    assert (told["file"], told["writable"]) == ("", False)
    assert "--config FILE" in (await change(site, {"audio.volume": 0.5}, status=409))["error"]["message"]
