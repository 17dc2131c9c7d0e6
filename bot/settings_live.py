"""Puts settings that have changed in force while the bot runs; which those are stands here."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Protocol

from bot.chat.blockfile import parse_settings
from bot.chat.commands import Router
from bot.chat.judgement import Judgement
from bot.config import Settings, SettingsError
from bot.speech.estimate import Estimator
from bot.speech.queue import Limits, SpeechQueue
from bot.speech.voices import Voices

if TYPE_CHECKING:
    from bot.intake import Intake
    from bot.panel import Outputs

log = logging.getLogger(__name__)

# Whole sections, but for what is named below; anything else counts from the next start on: logins and
# connections, the engine's process, the addresses and tokens of the pages, and where things are kept.
_SECTIONS = ("speech", "audio", "queue", "chat", "rules", "templates", "viewers", "commands")
_NOT_LIVE = ("rules.blocklist",)
_OUTPUTS = ("device", "browser", "null")  # a file is not begun in the middle
_READ_BY = ("chat", "rules", "templates", "commands")  # what rules and wordings are made from
_VOICED = ("speech.voice", *(f"viewers.{who}" for who in (
    "broadcaster", "moderator", "vip", "subscriber", "paid", "event"
)))  # fmt: skip


class Sound(Protocol):
    """What is needed of the player."""

    volume: float
    loudness: float
    pause: float


class Shown(Protocol):
    """What is needed of the panel."""

    prefix: str
    speed: float
    voice: str


class SettingsLive:
    """`use` is told of settings that others look up as they go: of audio and commands."""

    def __init__(
        self,
        *,
        player: Sound,
        outputs: Outputs,
        queue: SpeechQueue,
        intake: Intake,
        judgement: Judgement,
        router: Router,
        voices: Voices,
        estimator: Estimator,
        panel: Shown,
        use: Callable[[Settings], None],
        clock: Callable[[], float],
    ) -> None:
        self._player = player
        self._outputs = outputs
        self._queue = queue
        self._intake = intake
        self._judgement = judgement
        self._router = router
        self._voices = voices
        self._estimator = estimator
        self._panel = panel
        self._use = use
        self._clock = clock

    def is_live(self, key: str) -> bool:
        """Whether a setting can be put in force at once."""
        return key.partition(".")[0] in _SECTIONS and key not in _NOT_LIVE

    def prepare(self, settings: Settings, keys: Collection[str]) -> Callable[[], list[str]]:
        """Returns what puts the settings `keys` in force, and then gives those that need a restart.

        Nothing has changed until it is called. SettingsError: they are fine by themselves, and yet no good.
        """
        try:
            self._check_words(settings, keys)
            self._check_voices(settings, keys)
            Router(settings.commands, settings.chat.command_prefix, self._clock)
            sections = {key.partition(".")[0] for key in keys}
            judge = self._judgement.prepare(settings) if sections & {*_READ_BY} else None
        except SettingsError as error:
            raise SettingsError(str(error), error.key or str(error).partition(":")[0]) from None

        def put_in_force() -> list[str]:
            self._use(settings)
            if judge:
                judge()
                self._intake.reader = self._judgement.reader
                self._intake.templates = settings.templates
                self._router.change(settings.commands, settings.chat.command_prefix)
                self._panel.prefix = settings.chat.command_prefix
            if "queue" in sections:
                self._queue.change_limits(Limits(**settings.queue.model_dump()))
            if "viewers" in sections:
                self._voices.settings = settings.viewers
            self._speak_as(settings, keys)
            later = self._sound_as(settings, keys)
            return [key for key in keys if not self.is_live(key)] + later

        return put_in_force

    def _speak_as(self, settings: Settings, keys: Collection[str]) -> None:
        # One by one: what was changed for this run alone stays as it is.
        speech = settings.speech
        if "speech.voice" in keys:
            self._panel.voice = speech.voice
        if "speech.speed" in keys:
            self._panel.speed = speech.speed
        if "speech.pause" in keys:
            self._player.pause = self._estimator.pause = speech.pause

    def _sound_as(self, settings: Settings, keys: Collection[str]) -> list[str]:
        audio = settings.audio
        if "audio.volume" in keys:
            self._player.volume = audio.volume
        if "audio.loudness" in keys:
            self._player.loudness = audio.loudness
        if not {"audio.output", "audio.device", "audio.latency"} & {*keys}:
            return []
        kind = audio.output if "audio.output" in keys else self._outputs.kind
        device = audio.device if "audio.device" in keys else self._outputs.device
        if kind not in _OUTPUTS:
            return [key for key in keys if key == "audio.output"]
        if (kind, device) != (self._outputs.kind, self._outputs.device) or "audio.latency" in keys:
            self._outputs.change(kind, device)
        return []

    def _check_words(self, settings: Settings, keys: Collection[str]) -> None:
        for key in ("rules.blocked", "rules.allowed"):
            words: list[str] = getattr(settings.rules, key.partition(".")[2])
            _, faults = parse_settings(*((words, ()) if key == "rules.blocked" else ((), words)))
            if key in keys and faults:
                raise SettingsError(f"{key}: {faults[0].sentence}", key)

    def _check_voices(self, settings: Settings, keys: Collection[str]) -> None:
        """Once the engine has told which voices it has, another one's name is a slip."""
        for key in _VOICED:
            section, _, name = key.partition(".")
            wanted: str = getattr(getattr(settings, section), name)
            if key not in keys or not self._voices.known or (not wanted and section == "viewers"):
                continue
            found, near = self._voices.find(wanted)
            if found != wanted:
                hint = f"did you mean {' or '.join([found] if found else near)}?" if found or near else (
                    f"there are {', '.join(self._voices.known[:8])}"
                )  # fmt: skip
                raise SettingsError(f"{key}: there is no voice of this name; {hint}", key)
