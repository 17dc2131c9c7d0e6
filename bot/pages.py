"""Builds the pages of a bot: panel, API, sound and settings over its stages; the heavy imports are here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bot.chat.commands import Router
from bot.chat.judgement import Judgement
from bot.chat.viewers import Viewers
from bot.config import Settings
from bot.config.writing import ConfigFile
from bot.controls import Controls
from bot.feed import Feed
from bot.intake import Intake
from bot.metrics import Metrics
from bot.panel import Panel
from bot.playback import Player
from bot.playback.switch import SwitchedOutput
from bot.settings_live import SettingsLive
from bot.speech.engine_link import EngineLink
from bot.speech.estimate import Estimator
from bot.speech.queue import SpeechQueue
from bot.speech.speaker import Speaker
from bot.speech.voices import Voices
from bot.web.api_settings import SettingsApi
from bot.web.audio import AudioPages
from bot.web.site import Site

if TYPE_CHECKING:
    from aiohttp import ClientSession


def build(
    settings: Settings,
    *,
    queue: SpeechQueue,
    speaker: Speaker,
    player: Player,
    outputs: SwitchedOutput,
    controls: Controls,
    intake: Intake,
    viewers: Viewers,
    voices: Voices,
    judgement: Judgement,
    router: Router,
    estimator: Estimator,
    feed: Feed,
    metrics: Metrics,
    engine: EngineLink,
    session: Callable[[], ClientSession],
    use: Callable[[Settings], None],
    clock: Callable[[], float],
) -> tuple[Site, AudioPages]:
    """The pages, to be run, and those of them that sound goes to. `use` is given settings as they change."""
    panel = Panel(
        settings,
        queue=queue,
        speaker=speaker,
        outputs=outputs,
        controls=controls,
        intake=intake,
        viewers=viewers,
        voices=voices,
        judgement=judgement,
        estimator=estimator,
        clock=clock,
    )
    site = Site(
        settings.web, panel, feed, metrics,
        engine=engine, session=session, model=settings.engine.model, clock=clock,
    )  # fmt: skip
    sound = AudioPages(jitter=settings.web.jitter, clock=clock)
    site.add(sound.routes())
    site.story.audible = lambda: sound.audible
    live = SettingsLive(
        player=player,
        outputs=outputs,
        queue=queue,
        intake=intake,
        judgement=judgement,
        router=router,
        voices=voices,
        estimator=estimator,
        panel=panel,
        use=use,
        clock=clock,
    )

    def tell(changed: list[str]) -> None:
        site.story.hub.publish("panel", {"type": "settings", "changed": changed})

    site.add(SettingsApi(ConfigFile(settings.origin), live, tell).routes())
    return site, sound
