"""The live view drawn on a console of our own: what the streamer sees, and that it is bounded."""

from __future__ import annotations

import asyncio
import io
import logging

import pytest
from rich.cells import cell_len
from rich.console import Console

from bot.messages import (
    Author,
    ChatMessage,
    Dropped,
    EngineState,
    FeedEntry,
    Fragment,
    Heard,
    OutputState,
    Queued,
    Refused,
    Retraction,
    RetractionScope,
    SourceState,
    Speaking,
    Spoken,
    State,
    Trouble,
    Utterance,
)
from bot.metrics import Metrics
from bot.terminal.live import LiveView, TroubleHandler
from tests.waiting import until


def message(number: int = 1, text: str = "hi", name: str = "Alice") -> ChatMessage:
    return ChatMessage(
        source="twitch", channel="c", id=str(number), author=Author("1", name), fragments=(Fragment(text),)
    )


def utterance(number: int = 1, text: str = "hi") -> Utterance:
    return Utterance(id=str(number), text=text, voice="mei", event=message(number, text))


class Screen:
    def __init__(self, *, width: int = 100, height: int = 40) -> None:
        self.console = Console(
            file=io.StringIO(), width=width, height=height, force_terminal=True, color_system=None
        )
        self.metrics = Metrics()
        self.view = LiveView(self.metrics, lambda: (12.34, 5), self.console)

    def show(self, *entries: FeedEntry) -> None:
        for entry in entries:
            self.metrics.count(entry)
            self.view.show(entry)

    def lines(self) -> list[str]:
        with self.console.capture() as capture:
            self.console.print(self.view)
        return capture.get().splitlines()

    def line(self, words: str) -> str:
        """The one line that has `words`."""
        (found,) = [line for line in self.lines() if words in line]
        return found


@pytest.fixture
def screen() -> Screen:
    return Screen()


def test_it_draws_before_anything_has_happened(screen: Screen) -> None:
    text = "\n".join(screen.lines())
    assert "silence" in text
    assert "p50 –, p95 –" in text
    assert "backlog 12.3 s, 5 waiting" in text


def test_the_parts_and_how_they_are(screen: Screen) -> None:
    screen.show(
        SourceState("twitch", "linxi", State.WAITING, "the connection broke"),
        EngineState(State.STARTING, "Reading the model.", 0.5),
        OutputState(State.FAILED, "no device"),
    )
    assert "waiting" in screen.line("twitch linxi")
    assert "━━━━━━━━━━╌╌╌╌╌╌╌╌╌╌ 50% Reading the model." in screen.line("engine")
    assert "sound         stopped   no device" in screen.line("stopped")
    screen.show(EngineState(State.READY, "Ready with 4 voices.", 1.0))
    assert "ready    Ready with 4 voices." in screen.line("engine")
    assert len(screen.lines()) == 40


def test_a_messages_fate(screen: Screen) -> None:
    screen.show(Heard(message(1, "first")))
    screen.show(Queued(utterance(1, "first")))
    assert "waiting" in screen.line("first")
    screen.show(Speaking(utterance(1, "first"), 0.25))
    spoken, heard = [line for line in screen.lines() if "first" in line]
    assert "♪ mei  Alice  first" in spoken
    assert "spoken after 250 ms" in heard
    screen.show(Spoken(utterance(1, "first")))
    assert "spoken after" in screen.line("first")

    screen.show(Heard(message(2, "!skip")), Refused(message(2, "!skip"), "command"))
    assert "command" in screen.line("!skip")
    screen.show(
        Heard(message(3, "third")), Queued(utterance(3, "third")), Dropped(utterance(3, "third"), "stale")
    )
    assert "stale" in screen.line("third")
    numbers = screen.line("chat to sound") + screen.line("dropped ")
    for part in ("heard 3", "spoken 1", "p50 250 ms, p95 250 ms", "not read 1 command", "dropped 1 stale"):
        assert part in numbers


def test_what_is_cut_while_it_is_heard_is_not_shown_as_speaking(screen: Screen) -> None:
    screen.show(Heard(message(1, "bad")), Speaking(utterance(1, "bad"), 2.5))
    screen.show(Dropped(utterance(1, "bad"), "deleted"))
    assert "deleted" in screen.line("bad")
    assert any("silence" in line for line in screen.lines())


def test_the_streamers_own_words_have_no_event(screen: Screen) -> None:
    own = Utterance(id="1", text="my own words", voice="leo")
    screen.show(Queued(own), Speaking(own, 0.1))
    assert "♪ leo  my own words" in screen.line("my own")


def test_a_retraction_is_shown(screen: Screen) -> None:
    screen.show(Heard(Retraction(source="twitch", channel="c", id="r", scope=RetractionScope.ALL)))
    assert screen.line("the chat was cleared")


def test_the_last_troubles_are_shown(screen: Screen) -> None:
    screen.show(*(Trouble(str(number), f"trouble number {number}") for number in range(5)))
    text = "\n".join(screen.lines())
    assert [number for number in range(5) if f"! trouble number {number}" in text] == [2, 3, 4]


def test_warnings_of_the_log_are_troubles(screen: Screen) -> None:
    logger = logging.Logger("bot.somewhere")
    logger.addHandler(TroubleHandler(screen.view.show))
    logger.info("all is well")
    logger.warning("%s broke\x1b[2J", "it")
    assert screen.line("! it broke [2J")
    assert not any("all is well" in line for line in screen.lines())


@pytest.mark.parametrize(("width", "height"), [(100, 40), (60, 20), (20, 10), (300, 100)])
def test_it_keeps_to_the_screen_and_within_bounds(width: int, height: int) -> None:
    screen = Screen(width=width, height=height)
    wide = "宽" * 500 + "e\u0301" * 500
    screen.show(*(SourceState("twitch", f"channel {number}", State.READY, wide) for number in range(3)))
    for number in range(1000):
        screen.show(Heard(message(number, f"{number} {wide}", wide)), Queued(utterance(number, wide)))
    screen.show(Speaking(utterance(999, wide), 1.0), Trouble("k", wide))
    lines = screen.lines()
    assert len(lines) <= height
    assert all(cell_len(line) <= width for line in lines)
    if height >= 20:
        # Its newest line is above the chat's lower edge, and the lines before it as far as there is room.
        assert sum(line.endswith("waiting │") for line in lines) == height - 17
        assert any("… 999 " in line and "spoken after" in line for line in lines)
    # Of the earliest nothing is kept.
    assert len(screen.view._lines) == len(screen.view._by_event) == 200
    screen.show(Spoken(utterance(0)), Refused(message(0), "bot"))


def test_markup_in_chat_is_text(screen: Screen) -> None:
    screen.show(Heard(message(1, "[bold red]x[/] [link=http://x]y[/link]", name="[blink]")))
    assert "[bold red]x[/] [link=http://x]y[/link]" in screen.line("[blink]")


def test_what_strangers_write_reaches_no_control(screen: Screen) -> None:
    evil = "\x1b[2J\x07a\r\nb\u202ec"
    screen.show(
        Heard(message(1, evil, evil)),
        Speaking(utterance(1, evil), 0.1),
        SourceState(evil, evil, State.READY, evil),
        Trouble("k", evil),
        EngineState(State.STARTING, evil, 0.5),
    )
    for line in screen.lines():
        assert line.isprintable(), ascii(line)


async def test_it_draws_until_cancelled_and_gives_the_screen_back(screen: Screen) -> None:
    out = screen.console.file
    assert isinstance(out, io.StringIO)
    task = asyncio.create_task(screen.view.run())
    await until(lambda: "silence" in out.getvalue())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert out.getvalue().count("\x1b[?1049h") == out.getvalue().count("\x1b[?1049l") == 1
    assert out.getvalue().rfind("\x1b[?25h") > out.getvalue().rfind("\x1b[?25l") >= 0  # the cursor too
