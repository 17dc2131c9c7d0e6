"""The bot's numbers: as they are now, as they went of late, and as Prometheus wants them."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from aiohttp import web

from bot.metrics import Histogram, quantile
from bot.metrics import Metrics as Counts
from bot.panel import Panel
from bot.web.access import Role
from bot.web.bodies import (
    Metrics,
    MetricsQuery,
    Quantiles,
    Series,
)
from bot.web.routes import Call, Route
from bot.web.shapes import Why
from bot.web.story import Story
from bot.web.why import why

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.metrics_core import Metric

STEP = 5.0  # seconds
_STEPS = 360  # half an hour
_SERIES = (
    *("chat_to_sound_p50", "chat_to_sound_p95", "first_sound_p50", "rtf_mean"),
    *("backlog", "heard", "spoken", "refused", "dropped"),
)
Point = dict[str, float | None]


@dataclass(slots=True)
class _Last:
    """The counts at the last step."""

    measured: int = 0
    asked: int = 0
    paces: int = 0
    counts: dict[str, int] = field(default_factory=dict)


class Numbers:
    """`wall` gives seconds since the epoch, `clock` monotonic ones."""

    def __init__(
        self,
        counts: Counts,
        panel: Panel,
        story: Story,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._counts = counts
        self._panel = panel
        self._story = story
        self._clock = clock
        self._wall = wall
        self._began = clock()
        self._points: deque[tuple[float, Point]] = deque(maxlen=_STEPS)
        self._last = _Last()
        self._registry: CollectorRegistry | None = None

    async def run(self) -> None:
        while True:
            await asyncio.sleep(STEP)
            point = self.step()
            if self._story.hub.count("panel"):
                numbers = self.now().model_dump(exclude={"series"})
                self._story.hub.publish("panel", {"type": "numbers", **numbers, "point": point})

    def routes(self) -> list[Route]:
        may = Role.MODERATOR
        return [
            Route("GET", "/api/metrics", self.metrics, may, "Latencies, pace and counts", cost=2),
            Route(
                "GET",
                "/metrics",
                self.prometheus,
                may,
                "The same for Prometheus",
                media=("text/plain",),
                cost=4,
            ),
        ]

    async def metrics(self, call: Call, query: MetricsQuery) -> Metrics:
        return self.now().model_copy(update={"series": self.series()}) if query.series else self.now()

    async def prometheus(self, call: Call) -> web.Response:
        # Here: it takes 0.1 s to import, which the start of the bot need not wait for.
        from prometheus_client import CollectorRegistry
        from prometheus_client.exposition import generate_latest

        if self._registry is None:
            self._registry = CollectorRegistry()
            self._registry.register(self)
        text = generate_latest(self._registry)
        return web.Response(body=text, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    def now(self) -> Metrics:
        counts = self._counts
        return Metrics(
            at=round(self._wall(), 3),
            uptime=round(self._clock() - self._began, 3),
            rtf_mean=_mean(counts.paces),
            rtf_p95=_quantile(counts.paces, 0.95),
            requests_total=counts.requests,
            errors_total=counts.errors,
            first_sound=Quantiles(p50=_quantile(counts.firsts, 0.5), p95=_quantile(counts.firsts, 0.95)),
            chat_to_sound=Quantiles(
                p50=_quantile(counts.latencies, 0.5), p95=_quantile(counts.latencies, 0.95)
            ),
            backlog=round(self._panel.backlog, 2),
            waiting=self._panel.waiting,
            heard=counts.heard,
            queued=counts.queued,
            spoken=counts.spoken,
            audio_seconds=round(counts.sound, 2),
            refused={str(reason): count for reason, count in counts.refused.items()},
            dropped={str(reason): count for reason, count in counts.dropped.items()},
            why={
                str(reason): told
                for reason in (*counts.refused, *counts.dropped)
                if (told := self._why(reason))
            },
            clients=len(self._story.hub),
            series=None,
        )

    def _why(self, reason: str) -> Why | None:
        return why(str(reason), self._panel.sentence)

    def step(self) -> Point:
        """One point of every series: what has happened since the last one."""
        counts, last = self._counts, self._last
        asked = counts.requests - counts.errors
        latencies = _newest(counts.latencies, counts.measured - last.measured)
        firsts = _newest(counts.firsts, asked - last.asked)
        totals = {
            "heard": counts.heard,
            "spoken": counts.spoken,
            "refused": counts.refused.total(),
            "dropped": counts.dropped.total(),
        }
        point: Point = {
            "chat_to_sound_p50": _quantile(latencies, 0.5),
            "chat_to_sound_p95": _quantile(latencies, 0.95),
            "first_sound_p50": _quantile(firsts, 0.5),
            "rtf_mean": _mean(_newest(counts.paces, counts.paced - last.paces)),
            "backlog": round(self._panel.backlog, 2),
            **{name: float(total - last.counts.get(name, 0)) for name, total in totals.items()},
        }
        self._last = _Last(counts.measured, asked, counts.paced, totals)
        self._points.append((round(self._wall(), 1), point))
        return point

    def series(self) -> Series:
        values: dict[str, Any] = {name: [point[name] for _, point in self._points] for name in _SERIES}
        return Series(step=STEP, at=[at for at, _ in self._points], **values)

    def collect(self) -> Iterable[Metric]:
        """What prometheus_client asks a collector for."""
        from prometheus_client.core import (
            CounterMetricFamily,
            GaugeMetricFamily,
            HistogramMetricFamily,
        )

        counts = self._counts

        def counter(name: str, words: str, value: float) -> Metric:
            return CounterMetricFamily(f"chat_aloud_{name}", words, value)

        def histogram(name: str, words: str, values: Histogram) -> Metric:
            return HistogramMetricFamily(
                f"chat_aloud_{name}", words, buckets=values.cumulative(), sum_value=values.total
            )

        yield counter("events_heard", "Events that came in", counts.heard)
        yield counter("utterances_queued", "Utterances that were queued", counts.queued)
        yield counter("utterances_spoken", "Utterances that were heard to their end", counts.spoken)
        for name, words, by_reason in (
            ("events_refused", "Events that are not spoken", counts.refused),
            ("utterances_dropped", "Utterances that were given up", counts.dropped),
        ):
            family = CounterMetricFamily(f"chat_aloud_{name}", words, labels=["reason"])
            for reason, count in by_reason.items():
                family.add_metric([str(reason)], count)
            yield family
        yield counter("engine_requests", "Requests to the engine", counts.requests)
        yield counter("engine_errors", "Requests to the engine that failed", counts.errors)
        yield counter("engine_audio_seconds", "Seconds of sound that the engine has made", counts.sound)
        yield histogram(
            "chat_to_sound_seconds", "From an event's coming in to its first sound", counts.chat_to_sound
        )
        yield histogram("first_sound_seconds", "From a request to its first sound", counts.first_sound)
        for name, words, value in (
            ("backlog_seconds", "Seconds of speech that wait", self._panel.backlog),
            ("waiting", "Utterances that wait", float(self._panel.waiting)),
            ("pages", "Pages that are open", float(len(self._story.hub))),
            ("paused", "1 while nothing is spoken", float(self._panel.paused)),
            ("rtf_mean", "Seconds of work for a second of sound, of the last requests", _mean(counts.paces)),
        ):
            if value is not None:
                yield GaugeMetricFamily(f"chat_aloud_{name}", words, value)
        ready = GaugeMetricFamily("chat_aloud_source_ready", "1: connected", labels=["source", "channel"])
        for source in self._story.sources:
            ready.add_metric([source.source, source.channel], float(source.state == "ready"))
        yield ready


def _newest(values: deque[float], count: int) -> list[float]:
    return list(islice(reversed(values), max(count, 0)))


def _mean(values: Iterable[float]) -> float | None:
    values = list(values)
    return round(sum(values) / len(values), 5) if values else None


def _quantile(values: Iterable[float], share: float) -> float | None:
    values = list(values)
    return round(quantile(values, share), 5) if values else None
