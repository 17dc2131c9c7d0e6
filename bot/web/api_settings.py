"""Settings over the API: shown with config.toml's own words, changed in that file and in the running bot."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Annotated, Any, Literal, Protocol, TypeVar

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from bot.config import Settings, SettingsError
from bot.config.document import Unwritable
from bot.config.fields import Value
from bot.config.writing import ConfigFile, FieldState, Plan
from bot.web.access import Role
from bot.web.errors import ApiError
from bot.web.routes import Call, Route
from bot.web.shapes import Key, Nothing, Shape
from bot.web.views import clean

_MOST_CHANGES = 300
_MAX_BODY = 1 << 20
_LONGEST = 100_000  # characters of a value that is shown
Answer = TypeVar("Answer")


class SettingField(Shape):
    """A setting. Of a secret `value` says only whether it is set. `live`: a change counts at once."""

    key: str
    kind: Literal["bool", "int", "float", "text", "choice", "list", "table", "secret"]
    value: Any
    default: Any
    comment: str
    choices: list[str] | None
    least: float | None
    most: float | None
    origin: Literal["default", "file", "environment", "flag"] = Field(alias="from")
    live: bool

    @model_serializer(mode="wrap")
    def _by_its_name(self, told: SerializerFunctionWrapHandler) -> dict[str, Any]:
        words: dict[str, Any] = told(self)
        return {"from" if name == "origin" else name: value for name, value in words.items()}


class SettingSection(Shape):
    name: str
    comment: str
    fields: list[SettingField]


class SettingUndo(Shape):
    """What would be taken back."""

    at: float
    keys: list[str]


class SettingsTold(Shape):
    file: str
    writable: bool
    problem: str
    undo: SettingUndo | None
    sections: list[SettingSection]


class SettingChanges(Shape):
    """Values by key; null: the default."""

    changes: Annotated[dict[Key, Any], Field(max_length=_MOST_CHANGES)]


class SettingsChanged(Shape):
    """`restart`: those among them that count from the next start on."""

    changed: list[str]
    restart: list[str]
    undo: SettingUndo | None


class Live(Protocol):
    """What puts settings in force; `bot.settings_live` does."""

    def is_live(self, key: str) -> bool: ...
    def prepare(self, settings: Settings, keys: Collection[str]) -> Callable[[], list[str]]: ...


class SettingsApi:
    """`tell` is told of what has changed."""

    def __init__(self, file: ConfigFile, live: Live, tell: Callable[[list[str]], None]) -> None:
        self._file = file
        self._live = live
        self._tell = tell
        self._lock = asyncio.Lock()
        self._running: set[asyncio.Task[Any]] = set()

    def routes(self) -> list[Route]:
        may = Role.OWNER
        return [
            Route("GET", "/api/settings", self.show, may, "Every setting, with its words", cost=4),
            Route(
                *("PATCH", "/api/settings", self.change, may, "Change settings and write them down"),
                cost=4,
                most=_MAX_BODY,
            ),
            Route("POST", "/api/settings/undo", self.undo, may, "Take the last change back", cost=4),
        ]

    async def show(self, call: Call) -> SettingsTold:
        async with self._lock:
            view = await asyncio.to_thread(self._file.view)
        sections: dict[str, list[SettingField]] = {"": []}
        for state in view.fields:
            sections.setdefault(state.spec.key.rpartition(".")[0], []).append(self._field(state))
        return SettingsTold(
            file=view.name,
            writable=not view.problem,
            problem=_sentence(view.problem) if view.problem else "",
            undo=self._undo(),
            sections=[
                SettingSection(name=name, comment=clean(view.sections.get(name, "")), fields=fields)
                for name, fields in sections.items()
            ],
        )

    async def change(self, call: Call, body: SettingChanges) -> SettingsChanged:
        async def change() -> SettingsChanged:
            return await self._carry_out(lambda: self._file.plan(body.changes), body.changes)

        return await self._to_its_end(change())

    async def undo(self, call: Call, body: Nothing) -> SettingsChanged:
        async def undo() -> SettingsChanged:
            return await self._carry_out(self._file.plan_undo, {})

        return await self._to_its_end(undo())

    async def _carry_out(self, plan_it: Callable[[], Plan], asked: Mapping[str, object]) -> SettingsChanged:
        """Checked, then written, then put in force: a step that fails leaves everything as it was."""
        async with self._lock:
            try:
                plan = await asyncio.to_thread(plan_it)
                # What was asked for counts even if it says what the file says: a control may say otherwise.
                keys = [*plan.changed, *(key for key in asked if key not in plan.changed)]
                put_in_force = self._live.prepare(plan.settings, keys)
                await asyncio.to_thread(self._file.write, plan)
            except SettingsError as error:
                sentence = _sentence(str(error))
                raise ApiError(422, sentence, code="invalid", param=error.key or None) from None
            except Unwritable as error:
                raise ApiError(409, _sentence(str(error)), code="state") from None
            later = put_in_force()
            changed = list(plan.changed)
            if changed:
                self._tell(changed)
            restart = [key for key in later if key in plan.changed]
            return SettingsChanged(changed=changed, restart=restart, undo=self._undo())

    async def _to_its_end(self, job: Awaitable[Answer]) -> Answer:
        """Whoever asked may go away: what has been written is put in force all the same."""
        task = asyncio.ensure_future(job)
        self._running.add(task)
        task.add_done_callback(self._done)
        return await asyncio.shield(task)

    def _done(self, task: asyncio.Future[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # whoever asked was told, if they are still there

    def _field(self, state: FieldState) -> SettingField:
        spec = state.spec
        secret = spec.kind == "secret"
        return SettingField(
            key=spec.key,
            kind=spec.kind,
            value=bool(state.value) if secret else _shown(state.value),
            default=False if secret else spec.default,
            comment=clean(state.comment),
            choices=list(spec.choices) if spec.choices else None,
            least=spec.least,
            most=spec.most,
            **{"from": state.origin},
            live=self._live.is_live(spec.key),
        )

    def _undo(self) -> SettingUndo | None:
        step = self._file.undo
        return SettingUndo(at=round(step.at, 3), keys=list(step.keys)) if step else None


def _shown(value: Value) -> Value:
    """What the environment holds may be no text."""
    match value:
        case str():
            return clean(value, _LONGEST)
        case list():
            return [clean(one, _LONGEST) for one in value]
        case dict():
            return {clean(name, _LONGEST): clean(one, _LONGEST) for name, one in value.items()}
    return value


def _sentence(words: str) -> str:
    words = clean(words)
    return words if words.endswith((".", "!", "?")) else f"{words}."
