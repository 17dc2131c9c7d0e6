"""The queue and the controls: what waits, what is heard, how loud, how fast, where to."""

from __future__ import annotations

import asyncio

from bot.messages import Utterance
from bot.panel import QUEUE_FULL, Panel, Refusal
from bot.web.access import Role
from bot.web.bodies import (
    Clear,
    Cleared,
    ControlChanges,
    Device,
    Order,
    OutputKind,
    Outputs,
    Pause,
    Paused,
    Reading,
    ReadingAloud,
    Removed,
    Said,
    Say,
    Skip,
    Skipped,
)
from bot.web.errors import ApiError
from bot.web.routes import Call, Route
from bot.web.shapes import (
    Controls,
    Queue,
    Status,
)
from bot.web.story import Story
from bot.web.views import clean

_OUTPUTS = (
    ("device", "A sound device or virtual cable"),
    ("browser", "The overlay page, in OBS or a browser"),
    ("null", "Nowhere"),
)


class Control:
    """What a streamer's and a moderator's hands are on most."""

    def __init__(self, panel: Panel, story: Story) -> None:
        self._panel = panel
        self._story = story
        self._looking = asyncio.Lock()  # each look is a process

    def routes(self) -> list[Route]:
        may = Role.MODERATOR
        return [
            Route("GET", "/api/status", self.status, may, "How everything is"),
            Route("GET", "/api/queue", self.queue, may, "What waits, and what is being spoken"),
            Route("POST", "/api/queue/order", self.order, may, "Put what waits in another order, by rank"),
            Route("POST", "/api/queue/clear", self.clear, may, "Give up what waits"),
            Route("DELETE", "/api/queue/{id}", self.remove, may, "Give up one"),
            Route("POST", "/api/skip", self.skip, may, "End what is heard, or is about to be"),
            Route("POST", "/api/pause", self.pause, may, "Speak no more for now"),
            Route("POST", "/api/resume", self.resume, may, "Speak on"),
            Route("POST", "/api/reading", self.reading, may, "Turn reading chat aloud on or off"),
            Route("POST", "/api/say", self.say, may, "Say something of one's own", cost=5),
            Route("PATCH", "/api/controls", self.change, may, "Volume, speed, voice and output of this run"),
            Route("GET", "/api/outputs", self.outputs, Role.OWNER, "Where sound may go", cost=10),
        ]

    async def status(self, call: Call) -> Status:
        return self._story.status(call.role)

    async def queue(self, call: Call) -> Queue:
        return self._story.queue()

    async def order(self, call: Call, body: Order) -> Queue:
        self._panel.order(body.ids)
        return self._story.queue()

    async def clear(self, call: Call, body: Clear) -> Cleared:
        if body.paid:
            _only_owner(call, "What was paid for is only the owner's to clear.")
        return Cleared(removed=self._panel.clear(paid=body.paid))

    async def remove(self, call: Call) -> Removed:
        utterance = self._find(call.path["id"])
        if utterance.paid:
            _only_owner(call, "What was paid for is only the owner's to remove.")
        item = self._story.item(utterance)
        self._panel.remove(utterance)
        return Removed(removed=item)

    async def skip(self, call: Call, body: Skip) -> Skipped:
        if body.id is None:
            skipped = self._panel.skip()
            return Skipped(skipped=self._story.item(skipped) if skipped else None)
        utterance = self._find(body.id, "body.id")
        if utterance.paid and utterance not in self._panel.under_way:
            _only_owner(call, "What was paid for and waits is only the owner's to skip.")
        item = self._story.item(utterance)
        self._panel.remove(utterance, "skipped")
        return Skipped(skipped=item)

    async def pause(self, call: Call, body: Pause) -> Paused:
        self._panel.pause(now=body.now)
        return Paused(paused=True)

    async def resume(self, call: Call) -> Paused:
        self._panel.resume()
        return Paused(paused=False)

    async def reading(self, call: Call, body: Reading) -> ReadingAloud:
        self._panel.read_aloud(body.on)
        return ReadingAloud(reading_aloud=self._panel.reading_aloud)

    async def say(self, call: Call, body: Say) -> Said:
        voice = self._known_voice(body.voice, "body.voice") if body.voice else ""
        said = self._panel.say(
            body.text,
            voice=voice,
            speed=body.speed or 0.0,
            first=body.next,
            trusted=call.role >= Role.OWNER,
        )
        if isinstance(said, Refusal):
            if said.reason == QUEUE_FULL:
                raise ApiError(409, "Too much is waiting already.", code="state")
            if said.reason == "blocked":
                raise ApiError(409, "There is a blocked word in it.", code="blocked", param="body.text")
            raise ApiError(422, "There is nothing in it that can be said.", code="invalid", param="body.text")
        return Said(item=self._story.item(said))

    async def change(self, call: Call, body: ControlChanges) -> Controls:
        voice = self._known_voice(body.voice, "body.voice") if body.voice else ""
        if body.output is not None or body.device is not None:
            _only_owner(call, "Where sound goes is only the owner's to choose.")
            kind = self._panel.output if body.output is None else body.output
            device = self._panel.device if body.device is None else body.device
            if problem := self._panel.change_output(kind, device):
                raise ApiError(409, problem, code="state", param="body.output")
        if body.volume is not None:
            self._panel.volume = body.volume
        if body.speed is not None:
            self._panel.speed = body.speed
        if voice:
            self._panel.voice = voice
        return self._story.controls()

    async def outputs(self, call: Call) -> Outputs:
        async with self._looking:
            devices, problem = await self._panel.devices()
        return Outputs(
            output=self._panel.output,
            device=self._panel.device,
            outputs=[OutputKind(id=kind, title=title) for kind, title in _OUTPUTS],
            devices=[
                Device(index=one.index, name=one.name, title=clean(one.title), default=one.default)
                for one in devices
            ],
            detail=problem,
        )

    def _find(self, utterance_id: str, param: str = "path.id") -> Utterance:
        utterance = self._panel.find(utterance_id)
        if utterance is None:
            raise ApiError(404, "That waits no more.", code="not_found", param=param)
        return utterance

    def _known_voice(self, name: str, param: str) -> str:
        voice, near = self._panel.find_voice(name)
        if not voice:
            hint = f"; did you mean {' or '.join(near)}?" if near else "."
            raise ApiError(404, f"There is no voice of this name{hint}", code="voice_not_found", param=param)
        return voice


def _only_owner(call: Call, sentence: str) -> None:
    if call.role < Role.OWNER:
        raise ApiError(403, sentence, code="role")
