"""What chat commands do, and what is answered."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable

from bot.chat.answers import answer
from bot.chat.commands import COMMANDS, Call, Router, Standing
from bot.chat.moderation import Blocked, Taught
from bot.chat.viewers import Viewers, viewer_id, whose
from bot.controls import Controls
from bot.messages import ChatMessage
from bot.speech.queue import SpeechQueue
from bot.speech.speaker import Speaker
from bot.speech.voices import Voices
from bot.store import StoreError

log = logging.getLogger(__name__)

_LONGEST_NAME = 20
_SHOWN = 8  # of a list, in one answer
_VIEWER = ("@", "＠")  # begins a viewer's name, where a word may stand too


class Desk:
    """Carries out what it is asked to; belongs to the event loop's thread."""

    def __init__(
        self,
        *,
        controls: Controls,
        queue: SpeechQueue,
        speaker: Speaker,
        viewers: Viewers,
        voices: Voices,
        taught: Taught,
        blocked: Blocked,
        router: Router,
        name: Callable[[str], str],
        hear: Callable[[str, ChatMessage], None],
    ) -> None:
        """`name` makes a name sayable, or ""; `hear` has a text read as if it had been typed."""
        self._controls = controls
        self._queue = queue
        self._speaker = speaker
        self._viewers = viewers
        self._voices = voices
        self._taught = taught
        self._blocked = blocked
        self._router = router
        self._name = name
        self._hear = hear
        self._actions: dict[str, Callable[[Call], str]] = {
            "voice": self._voice,
            "voices": self._list_voices,
            "speed": self._speed,
            "callme": self._call_me,
            "teach": self._teach,
            "forget": self._forget,
            "readings": self._readings,
            "skip": self._skip,
            "queue": self._show_queue,
            "help": self._help,
            "tts": self._tts,
            "pause": self._pause,
            "resume": self._resume,
            "clear": self._clear,
            "mute": self._mute,
            "unmute": self._mute,
            "block": self._block,
            "unblock": self._block,
            "volume": self._volume,
        }

    def carry_out(self, call: Call) -> str:
        """Does what a command asks; returns what to answer."""
        try:
            return self._actions[call.command](call)
        except StoreError as error:
            log.warning("a command could not be kept: %s", error)  # where it lies is nobody's in chat
            return _say("failed", call)

    # ------------------------------------------------------------ for everyone

    def _voice(self, call: Call) -> str:
        viewer = self._viewers.of(call.message)
        wanted = call.arguments
        if not wanted:
            return _say("voice_is", call, voice=self._voices.choose(call.message, viewer))
        if wanted.casefold() in ("list", "列表"):
            return self._list_voices(call)
        if wanted.casefold() in ("default", "默认"):
            changed = self._viewers.change(viewer, voice="")
            return _say("voice_is", call, voice=self._voices.choose(call.message, changed))
        if wanted.casefold() in ("random", "随机") and self._voices.known:
            voice, near = random.choice(self._voices.known), list[str]()
        else:
            voice, near = self._voices.find(wanted)
        if not voice:
            listed = ", ".join(near or list(self._voices.known)[:_SHOWN])
            return _say("voice_unknown", call, wanted=_brief(wanted), near=listed)
        self._viewers.change(viewer, voice=voice)
        return _say("voice_set", call, voice=voice)

    def _list_voices(self, call: Call) -> str:
        return _say("voices", call, list=", ".join(self._voices.known))

    def _speed(self, call: Call) -> str:
        if not call.arguments:
            return _say("speed_is", call, speed=f"{self._viewers.of(call.message).speed:g}")
        speed = _number(call.arguments)
        if speed is None or not 0.5 <= speed <= 2:
            return _say("speed_wrong", call)
        self._viewers.change(self._viewers.of(call.message), speed=speed)
        return _say("speed_set", call, speed=f"{speed:g}")

    def _call_me(self, call: Call) -> str:
        viewer = self._viewers.of(call.message)
        if not call.arguments:
            self._viewers.change(viewer, nickname="")
            return _say("call_reset", call)
        nickname = self._name(call.arguments)
        if not nickname or len(nickname) > _LONGEST_NAME:
            return _say("call_wrong", call)
        self._viewers.change(viewer, nickname=nickname)
        return _say("called", call, nickname=nickname)

    def _teach(self, call: Call) -> str:
        word, equals, reading = (part.strip() for part in call.arguments.replace("＝", "=").partition("="))
        if not equals or not word or not reading:
            return self._usage(call)
        if why := self._taught.teach(word, reading, call.message):
            return _say(f"untaught {why.reason}", call)
        self._hear(word, call.message)  # everybody hears at once how it is read now
        key = "taught" if self._taught.is_for_all(call.message) else "taught own"
        return _say(key, call, word=_brief(word), reading=_brief(reading))

    def _forget(self, call: Call) -> str:
        word = call.arguments
        if not word:
            return self._usage(call)
        known = self._taught.forget(word, call.message)
        return _say("forgotten" if known else "forget_unknown", call, word=_brief(word))

    def _readings(self, call: Call) -> str:
        words = self._taught.words(call.message)
        listed = ", ".join(f"{_brief(word)} = {_brief(reading)}" for word, reading in words[-_SHOWN:])
        return _say("readings", call, list=listed or _say("none", call))

    def _skip(self, call: Call) -> str:
        """What is heard, or is about to be; of one's own, what is next. A moderator's may be anybody's."""
        own = viewer_id(call.message)
        heard = [self._speaker.heard] if self._speaker.heard else []
        under_way = [*heard, *self._speaker.under_way]
        if call.standing >= Standing.MODERATOR:
            mine = under_way
        else:
            mine = [utterance for utterance in (*under_way, *self._queue) if whose(utterance) == own]
        if not mine:
            return _say("nothing", call)
        self._speaker.retract(lambda utterance: utterance.id == mine[0].id, "skipped")
        return _say("skipped", call)

    def _show_queue(self, call: Call) -> str:
        return _say("queue", call, count=len(self._queue), seconds=round(self._queue.backlog))

    def _help(self, call: Call) -> str:
        commands = self._router.allowed(call.message.author)
        return _say("help", call, list=" ".join(command.word(chinese=call.chinese) for command in commands))

    # ------------------------------------------------------------ for moderators

    def _tts(self, call: Call) -> str:
        wanted = call.arguments.casefold()
        if wanted not in ("on", "off", "开", "关"):
            return self._usage(call)
        on = wanted in ("on", "开")
        self._controls.read_aloud(on)
        return _say("on" if on else "off", call)

    def _pause(self, call: Call) -> str:
        self._controls.pause()
        return _say("paused", call)

    def _resume(self, call: Call) -> str:
        self._controls.resume()
        return _say("resumed", call)

    def _clear(self, call: Call) -> str:
        # What was paid for is only taken back by name: it is deleted in chat, or skipped.
        return _say("cleared", call, count=self._controls.clear())

    def _mute(self, call: Call) -> str:
        mute = call.command == "mute"
        return self._change(call, call.arguments, "muted" if mute else "unmuted", muted=mute)

    def _block(self, call: Call) -> str:
        """A word, or "@somebody": of who is blocked nothing is read, and what they pay for is held."""
        word = call.arguments
        blocking = call.command == "block"
        if word.startswith(_VIEWER):
            return self._change(
                call, word, "viewer_blocked" if blocking else "viewer_unblocked", blocked=blocking
            )
        if not word:
            return self._usage(call)
        by = call.message.author.name
        why = self._blocked.block(word, by) if blocking else self._blocked.unblock(word, by)
        key = f"unchanged {why.reason}" if why else "blocked" if blocking else "unblocked"
        # The word itself is not repeated: the answer may be seen, and shown.
        return _say(key, call, word=f"{word[:1]}…", why=why.sentence if why else "")

    def _change(self, call: Call, name: str, done: str, **changes: bool) -> str:
        """Changes what is kept of the viewer of this name, and answers `done`."""
        name = name.lstrip("".join(_VIEWER)).strip()
        if not name:
            return self._usage(call)
        viewer = self._viewers.named(call.message.source, name)
        if viewer is None:
            return _say("viewer_unknown", call, viewer=_brief(name))
        self._controls.change_viewer(viewer, **changes)
        return _say(done, call, viewer=_brief(viewer.name or name))

    def _volume(self, call: Call) -> str:
        if call.arguments:
            percent = _number(call.arguments.rstrip("%"))
            if percent is None or not 0 <= percent <= 100:
                return _say("volume_wrong", call)
            self._controls.volume = percent / 100
        return _say("volume", call, percent=f"{self._controls.volume * 100:g}")

    def _usage(self, call: Call) -> str:
        command = COMMANDS[call.command]
        word = command.word(chinese=call.chinese)
        return _say("usage", call, command=word, usage=command.usage_zh if call.chinese else command.usage)


def _say(key: str, call: Call, **values: object) -> str:
    return answer(key, chinese=call.chinese, name=_brief(call.message.author.name), **values)


def _brief(text: str, most: int = 20) -> str:
    shown = " ".join("".join(c if c.isprintable() else " " for c in text[: most * 2]).split())
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))  # as many write it
    except ValueError:
        return None
