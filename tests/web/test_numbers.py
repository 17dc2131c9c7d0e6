"""Metrics as JSON and for Prometheus, their series, and the log's tail."""

from __future__ import annotations

import logging

from prometheus_client.parser import text_string_to_metric_families

from bot.messages import Spoken
from bot.web.access import Role
from bot.web.numbers import STEP
from tests.people import BOB
from tests.web.running import Running


async def test_metrics_count_what_has_happened(site: Running) -> None:
    before = await site.get("/api/metrics")
    assert before["rtf_mean"] is before["chat_to_sound"]["p50"] is before["series"] is None
    await site.write("hello there", by=BOB)
    await site.until(Spoken)
    await site.write("!nonsense")
    numbers = site.bot.site._numbers  # type: ignore[union-attr]
    numbers.step()
    await site.write("!nonsense")
    numbers.step()
    now = await site.get("/api/metrics?series=true")
    assert (now["heard"], now["queued"], now["spoken"]) == (3, 1, 1)
    assert now["refused"] == {"command": 2}
    assert now["why"] == {"command": {"en": "a command", "zh": "指令"}}
    assert (now["requests_total"], now["errors_total"]) == (1, 0)
    assert 0 < now["rtf_mean"] < 1
    assert 0 < now["first_sound"]["p50"] <= now["chat_to_sound"]["p50"] < 5
    assert 0.3 < now["audio_seconds"] < 3
    series = now["series"]
    assert series["step"] == STEP
    assert series["heard"][-2:] == [2, 1]
    assert series["spoken"][-2:] == [1, 0]
    assert series["chat_to_sound_p50"][-1] is None
    assert series["chat_to_sound_p50"][-2] == now["chat_to_sound"]["p50"]
    assert len(series["at"]) == len(series["backlog"])


async def test_prometheus_reads_it(site: Running) -> None:
    await site.write("hello there", by=BOB)
    await site.until(Spoken)
    await site.write("!nonsense")
    async with site.http.get(f"{site.base}/metrics") as answer:
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        text = await answer.text()
    samples = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert samples["chat_aloud_events_heard_total",] == 2
    assert samples["chat_aloud_events_refused_total", "command"] == 1
    assert samples["chat_aloud_chat_to_sound_seconds_count",] == 1
    assert samples["chat_aloud_chat_to_sound_seconds_bucket", "+Inf"] == 1
    assert samples["chat_aloud_source_ready", "c", "twitch"] == 1
    assert samples["chat_aloud_first_sound_seconds_sum",] > 0


async def test_the_logs_tail(site: Running) -> None:
    log = logging.getLogger("bot.test")
    for number in range(3):
        log.warning("number %d of <b>\n", number)
    lines = (await site.get("/api/log"))["lines"]
    assert [line["text"] for line in lines][-3:] == [f"number {number} of <b>\n" for number in range(3)]
    assert (lines[-1]["level"], lines[-1]["logger"]) == ("warning", "bot.test")
    newer = (await site.get(f"/api/log?after={lines[-2]['number']}"))["lines"]
    assert [line["number"] for line in newer] == [lines[-1]["number"]]
    assert len((await site.get("/api/log?limit=1"))["lines"]) == 1
    routes = {route.path: route.role for route in site.bot.site.routes}  # type: ignore[union-attr]
    assert routes["/api/log"] is Role.OWNER
