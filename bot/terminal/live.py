"""The live terminal view: who said what, what is being spoken, what was refused and why, backlog, latency."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console, Group, RenderableType
from rich.layout import Layout
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from bot.messages import (
    Answered,
    ChatEvent,
    Dropped,
    EngineState,
    FeedEntry,
    Heard,
    OutputState,
    PagesState,
    Queued,
    Refused,
    Retraction,
    SourceState,
    Speaking,
    Spoken,
    State,
    Trouble,
    Utterance,
)
from bot.metrics import Metrics, quantile
from bot.terminal.wording import STATES, printable, what, who

_COLOURS = {
    State.STARTING: "yellow",
    State.READY: "green",
    State.WAITING: "yellow",
    State.FAILED: "red",
}
_PLATFORMS = {"twitch": "medium_purple1", "bilibili": "deep_sky_blue1"}
_KEPT = 200
_REFRESH = 0.1  # seconds


@dataclass(slots=True)
class _Line:
    event: ChatEvent
    fate: str = ""
    style: str = "dim"


class LiveView:
    """Draws the feed ten times a second. Subscribe `show` to the feed; run `run` beside the bot.

    `backlog` tells the seconds of speech that wait, and how many utterances that is.
    """

    def __init__(
        self, metrics: Metrics, backlog: Callable[[], tuple[float, int]], console: Console | None = None
    ) -> None:
        self._metrics = metrics
        self._backlog = backlog
        self._console = console or Console()
        self._lines: deque[_Line] = deque(maxlen=_KEPT)
        self._by_event: dict[tuple[str, str, str], _Line] = {}
        self._parts: dict[str, SourceState | EngineState | OutputState | PagesState] = {}
        self._speaking: dict[str, Utterance] = {}
        self._troubles: deque[str] = deque(maxlen=3)

    async def run(self) -> None:
        """Draws until cancelled."""
        with Live(
            self, console=self._console, screen=True, auto_refresh=False, redirect_stderr=False
        ) as live:
            while True:
                live.refresh()
                await asyncio.sleep(_REFRESH)

    def show(self, entry: FeedEntry) -> None:
        match entry:
            case SourceState(source=source, channel=channel):
                self._parts[f"{source} {channel}"] = entry
            case EngineState():
                self._parts["engine"] = entry
            case OutputState():
                self._parts["sound"] = entry
            case PagesState():
                self._parts["pages"] = entry
            case Heard(event=event):
                self._heard(event)
            case Refused(event=event, reason=reason):
                self._fate(event, f"not read: {reason}", "red")
            case Queued(utterance=utterance):
                self._fate(utterance.event, "waiting", "yellow")
            case Dropped(utterance=utterance, reason=reason):
                self._speaking.pop(utterance.id, None)
                self._fate(utterance.event, reason, "red")
            case Speaking(utterance=utterance, latency=latency):
                self._speaking[utterance.id] = utterance
                self._fate(utterance.event, f"spoken after {_seconds(latency)}", "green")
            case Spoken(utterance=utterance):
                self._speaking.pop(utterance.id, None)
            case Answered(event=event, text=text):
                self._fate(event, printable(text, 60), "cyan")
            case Trouble(detail=detail):
                self._troubles.append(printable(detail))

    def _heard(self, event: ChatEvent) -> None:
        if len(self._lines) == _KEPT:
            oldest = self._lines[0].event
            self._by_event.pop((oldest.source, oldest.channel, oldest.id), None)
        line = _Line(event)
        self._lines.append(line)
        self._by_event[event.source, event.channel, event.id] = line

    def _fate(self, event: ChatEvent | None, fate: str, style: str) -> None:
        if event and (line := self._by_event.get((event.source, event.channel, event.id))):
            line.fate, line.style = fate, style

    def __rich__(self) -> RenderableType:
        parts = self._states()
        above, now, below = len(self._parts) + 2, 4, 4 + len(self._troubles)
        layout = Layout()
        layout.split_column(
            Layout(Panel(parts, title="Chat Aloud", border_style="blue"), size=above),
            Layout(self._now(), size=now),
            Layout(self._chat(self._console.height - above - now - below - 2), ratio=1),
            Layout(self._numbers(), size=below),
        )
        return layout

    def _states(self) -> Table:
        table = Table.grid(padding=(0, 2))
        for name, part in self._parts.items():
            state = Text(STATES[part.state], _COLOURS[part.state])
            progress = getattr(part, "progress", 0.0)
            detail = printable(part.detail)
            if part.state is State.STARTING and progress:
                filled = round(progress * 20)
                detail = f"{'━' * filled}{'╌' * (20 - filled)} {progress:.0%} {detail}"
            table.add_row(
                Text(printable(name, 40), "bold"), state, Text(detail, no_wrap=True, overflow="ellipsis")
            )
        return table

    def _now(self) -> Panel:
        if not self._speaking:
            return Panel(Text("silence", "dim"), title="speaking", border_style="dim")
        now = next(iter(self._speaking.values()))
        name = f"{who(now.event)}  " if now.event and who(now.event) else ""
        text = Text.assemble((f"♪ {now.voice}  ", "cyan"), (name, "bold"), printable(now.text, 400))
        return Panel(text, title="speaking", border_style="green")

    def _chat(self, fitting: int) -> Panel:
        """The last `fitting` lines: of more, the newest would be cut off."""
        table = Table.grid(padding=(0, 1), expand=True)
        table.add_column(width=8, no_wrap=True)
        table.add_column(max_width=18, no_wrap=True, overflow="ellipsis")
        table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        table.add_column(justify="right", no_wrap=True)
        for line in list(self._lines)[-max(fitting, 1) :]:
            event = line.event
            table.add_row(
                Text(printable(event.source, 8), _PLATFORMS.get(event.source, "white")),
                Text(who(event), "bold"),
                Text(what(event), "italic" if isinstance(event, Retraction) else ""),
                Text(line.fate, line.style),
            )
        return Panel(table, title="chat", border_style="blue")

    def _numbers(self) -> Panel:
        metrics = self._metrics
        backlog, waiting = self._backlog()
        p50, p95 = (_seconds(quantile(metrics.latencies, share)) for share in (0.5, 0.95))
        refused = ", ".join(f"{count} {reason}" for reason, count in metrics.refused.most_common())
        dropped = ", ".join(f"{count} {reason}" for reason, count in metrics.dropped.most_common())
        first = Text.assemble(
            ("backlog ", "dim"), f"{backlog:.1f} s, {waiting} waiting",
            ("  ·  heard ", "dim"), str(metrics.heard),
            ("  ·  spoken ", "dim"), str(metrics.spoken),
            ("  ·  chat to sound ", "dim"), f"p50 {p50}, p95 {p95}",
        )  # fmt: skip
        second = Text.assemble(
            ("not read ", "dim"), refused or "none", ("  ·  dropped ", "dim"), dropped or "none"
        )
        second.no_wrap = first.no_wrap = True
        troubles = [
            Text(f"! {trouble}", "yellow", no_wrap=True, overflow="ellipsis") for trouble in self._troubles
        ]
        return Panel(Group(first, second, *troubles), title="numbers", border_style="blue")


class TroubleHandler(logging.Handler):
    """Shows warnings among the view's troubles, where standard error would tear the picture."""

    def __init__(self, show: Callable[[FeedEntry], None]) -> None:
        super().__init__(logging.WARNING)
        self._show = show

    def emit(self, record: logging.LogRecord) -> None:
        self._show(Trouble(f"log: {record.name}", record.getMessage()))


def _seconds(value: float) -> str:
    if value != value:
        return "–"
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"
