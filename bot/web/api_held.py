"""What blocked viewers paid for: seen, spoken after all, or given up."""

from __future__ import annotations

from bot.panel import HeldEvent, Panel, Refusal
from bot.web.access import Role
from bot.web.bodies import Held, LetGo, Said
from bot.web.errors import ApiError
from bot.web.routes import Call, Route
from bot.web.story import Story
from bot.web.why import why


class HeldApi:
    """Moderators may have it spoken; only the owner may give up what was paid for."""

    def __init__(self, panel: Panel, story: Story) -> None:
        self._panel = panel
        self._story = story

    def routes(self) -> list[Route]:
        may, owner = Role.MODERATOR, Role.OWNER
        return [
            Route("GET", "/api/held", self.held, may, "What blocked viewers paid for"),
            Route("POST", "/api/held/{id}/say", self.say, may, "Speak it though its writer is blocked"),
            Route("DELETE", "/api/held/{id}", self.let_go, owner, "Give it up for good"),
        ]

    async def held(self, call: Call) -> Held:
        return Held(items=self._story.held())

    async def say(self, call: Call) -> Said:
        said = self._panel.say_held(self._find(call))
        if isinstance(said, Refusal):
            words = why(said.reason, self._panel.sentence)
            sentence = f"It cannot be said: {words.en if words else said.reason}."
            raise ApiError(409, sentence, code=said.reason.replace(" ", "_"))
        return Said(item=self._story.item(said))

    async def let_go(self, call: Call) -> LetGo:
        self._panel.let_go(self._find(call))
        return LetGo(held=self._story.held())

    def _find(self, call: Call) -> HeldEvent:
        for one in self._panel.held:
            if one.id == call.path["id"]:
                return one
        raise ApiError(404, "That is held no more.", code="not_found", param="path.id")
