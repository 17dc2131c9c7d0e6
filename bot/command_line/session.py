"""One run of the bot from the command line: view, signals, store, recording, and how it ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, TextIO, cast

from bot.app import Bot
from bot.command_line import logs
from bot.command_line.dispatch import CommandError
from bot.command_line.places import ANOTHER_STORE, open_store, voices_folder
from bot.config import Settings
from bot.feed import Feed
from bot.messages import Trouble
from bot.metrics import Metrics, quantile
from bot.platforms import Platform
from bot.speech.engine_link import EngineLost
from bot.store import StoreError
from bot.terminal.aside import Aside

if TYPE_CHECKING:
    from bot.sources.recording import Recorder
    from bot.terminal.live import LiveView

_INTERRUPTED = 130  # a shell's exit code for Ctrl-C


def run_session(
    settings: Settings,
    platforms: Sequence[Platform],
    *,
    lines: Sequence[str] = (),
    keep_paid: bool = False,
    quiet: bool = False,
) -> int:
    """Runs the bot until its sources end or the streamer stops it; returns the exit code.

    `keep_paid`: paid messages survive a crash (for live chat; a recording's are history). `quiet`: only what
    goes wrong is shown, and a line that could not be spoken is a failure.
    Raises CommandError for what keeps it from beginning.
    """
    try:
        session = _Session(settings, platforms, lines=lines, keep_paid=keep_paid, quiet=quiet)
        return asyncio.run(session.run())
    except StoreError as error:
        raise CommandError(f"{error}; move it away, or {ANOTHER_STORE}") from None


class _Session:
    def __init__(
        self,
        settings: Settings,
        platforms: Sequence[Platform],
        *,
        lines: Sequence[str],
        keep_paid: bool,
        quiet: bool,
    ) -> None:
        self._settings = settings
        self._platforms = platforms
        self._quiet = quiet
        self._feed = Feed()
        self._metrics = Metrics()
        self._feed.subscribe(self._metrics.count)
        in_terminal = settings.view == "auto" and sys.stdout.isatty()
        self._screen = Aside(sys.stdout)
        self._view = self._make_view(live=not quiet and (settings.view == "live" or in_terminal))
        self._store = open_store(settings, alone=True) if keep_paid else None
        self._recorder = self._open_recorder()
        self._bot = Bot(
            settings,
            platforms,
            self._feed,
            voices=voices_folder(settings),
            lines=lines,
            store=self._store,
            recorder=self._recorder,
            metrics=self._metrics,
            pages=not quiet,
            patient=quiet,
        )
        self._interrupted = False

    async def run(self) -> int:
        main = asyncio.current_task()
        assert main
        with self._signals(main.cancel):
            try:
                async with asyncio.TaskGroup() as group:
                    view = group.create_task(self._view.run()) if self._view else None
                    await self._bot.run()
                    if view:
                        view.cancel()
            except asyncio.CancelledError:
                if not self._interrupted:
                    raise
            except BaseExceptionGroup as group_of_errors:
                raise _first(group_of_errors) from None
            finally:
                if self._recorder:
                    self._recorder.close()
                if self._store:
                    self._store.close()
                self._screen.finish()
        if self._screen.lost:
            print("some of the view was not shown, for nothing read it in time", file=sys.stderr)
        if self._quiet:
            return 1 if self._metrics.dropped else 0
        self._sum_up()
        for failure in self._bot.failures:
            print(f"{failure.source} {failure.channel}: {failure.detail}", file=sys.stderr)
        return 1 if self._bot.failures else 0

    def _make_view(self, *, live: bool) -> LiveView | None:
        """Subscribes a view to the feed; the live one is to be run as well."""
        screen = cast("TextIO", self._screen)
        if live:
            from rich.console import Console

            from bot.terminal.live import LiveView, TroubleHandler

            view = LiveView(self._metrics, lambda: self._bot.backlog(), Console(file=screen))
            self._feed.subscribe(view.show)
            logs.set_up(self._settings.log_level, TroubleHandler(view.show))
            return view
        from bot.terminal.plain import JsonLines, PlainLines, Troubles

        made = JsonLines if self._settings.view == "json" else PlainLines
        self._feed.subscribe(Troubles().show if self._quiet else made(screen).show)
        logs.set_up(self._settings.log_level)
        return None

    def _open_recorder(self) -> Recorder | None:
        if not self._settings.record:
            return None
        from bot.sources.recording import Recorder, RecordingError

        def trouble(sentence: str) -> None:
            self._feed.publish(Trouble("record", sentence))

        try:
            return Recorder(Path(self._settings.record), on_trouble=trouble)
        except RecordingError as error:
            raise CommandError(str(error)) from None

    @contextlib.contextmanager
    def _signals(self, stop: Callable[[], object]) -> Iterator[None]:
        """The first Ctrl-C (or SIGTERM) stops in good order; a second one ends the process at once.

        The engine goes with this process in either case: it watches the pipe that we hold.
        """
        loop = asyncio.get_running_loop()

        def handle(number: int, frame: FrameType | None) -> None:
            if self._interrupted:
                os._exit(_INTERRUPTED)
            self._interrupted = True
            loop.call_soon_threadsafe(stop)

        before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _sum_up(self) -> None:
        if self._settings.view == "json":
            return
        metrics = self._metrics
        parts = [f"{metrics.heard} events heard", f"{metrics.spoken} spoken"]
        parts += [f"{count} not read ({reason})" for reason, count in metrics.refused.most_common()]
        parts += [f"{count} dropped ({reason})" for reason, count in metrics.dropped.most_common()]
        if malformed := sum(platform.malformed() for platform in self._platforms):
            parts.append(f"{malformed} not understood")
        if metrics.latencies:
            p50, p95 = (quantile(metrics.latencies, share) for share in (0.5, 0.95))
            parts.append(f"chat to sound p50 {p50 * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms")
        with contextlib.suppress(BrokenPipeError):
            print("; ".join(parts), flush=True)


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The one error that matters, as a sentence where it is one of ours."""
    from bot.playback import OutputError

    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return CommandError(str(error)) if isinstance(error, OutputError | EngineLost) else error
