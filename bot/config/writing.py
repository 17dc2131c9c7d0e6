"""Settings changed while the bot runs, written back into config.toml: checked first, atomic, undoable."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from bot.config import document
from bot.config.document import Changes, Unwritable, Written
from bot.config.fields import FieldSpec, Value, fields, value_of
from bot.config.loading import SettingsError, in_environment, parse, settings_of
from bot.config.sections import Origin, Settings

_UNDOABLE = 50  # changes remembered
_LARGEST = 1 << 20  # bytes of a file
_NEW_MODE = 0o644
_SECRET_MODE = 0o600

From = Literal["default", "file", "environment", "flag"]


@dataclass(frozen=True, slots=True)
class Step:
    """A change that can be taken back."""

    at: float  # seconds since the epoch
    keys: tuple[str, ...]
    before: bytes
    after: bytes


@dataclass(frozen=True, slots=True)
class Plan:
    """A change that has been checked and not been written. `settings` are what would count then.

    `keys` are those of the file's lines that change, `changed` those and all else that counts otherwise now,
    because the file was edited by hand. `before` is what the file holds, None if there is none yet; `start`
    is what the change was put into.
    """

    settings: Settings
    keys: tuple[str, ...]
    changed: tuple[str, ...]
    before: bytes | None
    start: bytes
    after: bytes
    undoes: bool = False


@dataclass(frozen=True, slots=True)
class FieldState:
    """A setting as it counts now. A secret's value is "" or "set"."""

    spec: FieldSpec
    value: Value
    origin: From
    comment: str


@dataclass(frozen=True, slots=True)
class View:
    """`problem`: a sentence on why nothing can be changed, or ""; `sections`: comments by section."""

    name: str
    problem: str
    fields: tuple[FieldState, ...]
    sections: Mapping[str, str]


class ConfigFile:
    """The file that `origin` names. `packaged` is the config.toml that comes along: what a new one begins as.

    Not for several threads at once; none of it is quick enough for the event loop's.
    """

    def __init__(
        self, origin: Origin, *, packaged: Path | None = None, wall: Callable[[], float] = time.time
    ) -> None:
        self._origin = origin
        # Started elsewhere, it is another file; and what a link points to is written, not the link.
        self._file = Path(os.path.realpath(origin.file)) if origin.file else None
        self._packaged = packaged or packaged_file()
        self._wall = wall
        self._steps: list[Step] = []
        self._good: Written = {}  # as the file last was when nothing was wrong with it
        self._words: tuple[bytes, dict[str, str]] | None = None
        self._packaged_words: dict[str, str] | None = None
        try:
            content = self._read()
            written = self._parse(self._fresh() if content is None else content)
            self._counts = self._settings(written)
            self._good = written if content is not None else {}
        except (SettingsError, Unwritable):
            self._counts = self._settings({})

    @property
    def undo(self) -> Step | None:
        """What `plan_undo` would take back."""
        return self._steps[-1] if self._steps else None

    # ------------------------------------------------------------ as it is

    def view(self) -> View:
        """Every setting, the file read anew."""
        problem = self._unwritable()
        content: bytes | None = None
        try:
            content = self._read()
            written = self._parse(content or b"")
            settings = self._settings(written, beside=False)
            self._good = written
        except (SettingsError, Unwritable) as error:
            problem = str(error)
            settings = self._settings(self._good, beside=False)
        words = self._comments(content or b"")
        states = tuple(self._state(spec, settings, words) for spec in fields().values())
        return View(self._file.name if self._file else "", problem, states, words)

    def origin_of(self, key: str) -> From:
        """Where a setting comes from; of the file only what is not the default anyway."""
        if key in self._origin.flags:
            return "flag"
        if in_environment(key):
            return "environment"
        return "file" if document.at(self._good, key) is not None else "default"

    def _state(self, spec: FieldSpec, settings: Settings, words: Mapping[str, str]) -> FieldState:
        value = value_of(settings, spec.key)
        origin = self.origin_of(spec.key)
        if origin == "file" and value == spec.default:
            origin = "default"
        if spec.kind == "secret" and value:
            value = "set"
        return FieldState(spec, value, origin, words.get(spec.key, ""))

    # ------------------------------------------------------------ what is to change

    def plan(self, changes: Mapping[str, object]) -> Plan:
        """Checks `changes` (dotted key -> value, None for the default) against what the file holds now.

        SettingsError: what is wrong with one of them. Unwritable: the file cannot take any.
        """
        checked = {key: None if value is None else _field(key).check(value) for key, value in changes.items()}
        for key in checked:
            if (origin := self.origin_of(key)) in ("flag", "environment"):
                place = f"--{key}" if origin == "flag" else in_environment(key)
                raise SettingsError(f"{key} is set by {place} in this run: change it there", key)
        before = self._writable()
        start = self._fresh() if before is None else before
        return self._planned(before, start, checked)

    def plan_undo(self) -> Plan:
        """Takes the last change back: the very file that was, unless it has been edited by hand since.

        Then only the settings of that change are put back. SettingsError, Unwritable: as `plan`.
        """
        if not self._steps:
            raise Unwritable("There is nothing to undo.")
        step = self._steps[-1]
        before = self._writable()
        if before is not None and before != step.after:
            old = self._parse(step.before)
            settings = self._settings(old, beside=False)
            changes: Changes = {
                key: None if document.at(old, key) is None else value_of(settings, key) for key in step.keys
            }
            return replace(self._planned(before, before, changes), undoes=True)
        settings = self._settings(self._parse(step.before))
        changed = self._changed(settings, step.keys)
        return Plan(settings, step.keys, changed, before, step.after, step.before, undoes=True)

    def _planned(self, before: bytes | None, start: bytes, changes: Changes) -> Plan:
        written = self._parse(start)
        rough = document.changed(start, changes)
        # As the models read it: without spaces at its ends, say.
        settings = self._settings(self._parse(rough), beside=False, changes=changes)
        exact = {key: None if one is None else value_of(settings, key) for key, one in changes.items()}
        after = rough if exact == dict(changes) else document.changed(start, exact)
        settings = self._settings(self._parse(after), changes=changes)
        if len(after) > _LARGEST:
            raise Unwritable(f"{self._name} would become too large: edit it by hand")
        now = self._parse(after)
        keys = tuple(key for key in changes if document.at(written, key) != document.at(now, key))
        return Plan(settings, keys, self._changed(settings, keys), before, start, after)

    def _changed(self, settings: Settings, keys: Collection[str]) -> tuple[str, ...]:
        return tuple(
            key for key in fields() if key in keys or value_of(settings, key) != value_of(self._counts, key)
        )

    # ------------------------------------------------------------ the file

    def write(self, plan: Plan) -> None:
        """Puts a whole new file in the old one's place: after a crash there is one or the other.

        Unwritable: it could not be, or it has been edited since `plan` was made; nothing has changed.
        """
        assert self._file is not None
        if self._read() != plan.before:
            raise Unwritable(f"{self._name} was edited by hand just now: try again")
        if plan.after != plan.before and (plan.undoes or plan.after != plan.start):
            self._replace(plan)
        if plan.undoes:
            self._steps.pop()
        elif plan.after != plan.start:
            step = Step(self._wall(), plan.keys, plan.start, plan.after)
            self._steps = [*self._steps, step][-_UNDOABLE:]
        self._good = self._parse(plan.after)
        self._counts = plan.settings

    def _replace(self, plan: Plan) -> None:
        assert self._file is not None
        temporary: list[Path] = []
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            temporary.append(self._beside(plan.after))
            if plan.before is not None:
                temporary.append(self._beside(plan.before))
                temporary[-1].replace(self._file.with_name(f"{self._file.name}.bak"))
            temporary[0].replace(self._file)
            temporary.clear()
            _sync_folder(self._file.parent)
        except OSError as error:
            raise Unwritable(f"{self._name} cannot be written: {error.strerror or error}") from None
        finally:
            for one in temporary:
                one.unlink(missing_ok=True)

    def _beside(self, content: bytes) -> Path:
        """A file with this content beside the real one, ready to take its place."""
        assert self._file is not None
        handle, name = tempfile.mkstemp(dir=self._file.parent, prefix=f".{self._file.name}.")
        path = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            path.chmod(_SECRET_MODE if self._holds_secret(content) else _NEW_MODE)
            with contextlib.suppress(FileNotFoundError):
                status = self._file.stat()
                mode = status.st_mode & 0o777
                path.chmod(_SECRET_MODE if self._holds_secret(content) else mode)
                if status.st_uid != os.geteuid():  # root edits for somebody else
                    os.chown(path, status.st_uid, status.st_gid)
        except OSError:
            path.unlink(missing_ok=True)
            raise
        return path

    def _holds_secret(self, content: bytes) -> bool:
        written = self._parse(content)
        return any(document.at(written, key) for key, spec in fields().items() if spec.kind == "secret")

    def _read(self) -> bytes | None:
        """What it holds; None: there is none. Unwritable: it cannot be read."""
        if self._file is None:
            return None
        try:
            with self._file.open("rb") as file:
                content = file.read(_LARGEST + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unwritable(f"{self._name} cannot be read: {error.strerror}") from None
        if len(content) > _LARGEST:
            raise Unwritable(f"{self._name} is too large to be changed here: edit it by hand")
        return content

    def _writable(self) -> bytes | None:
        """As `_read`. Unwritable: it could not be written either."""
        if problem := self._unwritable():
            raise Unwritable(problem)
        return self._read()

    def _unwritable(self) -> str:
        if self._file is None:
            return "This run has no config.toml to keep settings in: start the bot with --config FILE."
        try:
            mode = self._file.stat().st_mode
        except FileNotFoundError:
            folder = next((one for one in self._file.parents if one.exists()), self._file.parent)
            return (
                ""
                if os.access(folder, os.W_OK)
                else f"{folder.name} may not be written to: {self._name} would lie there."
            )
        except OSError as error:
            return f"{self._name} cannot be read: {error.strerror}."
        # Not only what the system lets through: root may write what its owner has locked.
        if not mode & 0o222 or not os.access(self._file, os.W_OK):
            return f"{self._name} is read-only: allow it to be written, and settings can be changed here."
        if not os.access(self._file.parent, os.W_OK):
            return f"The folder of {self._name} is read-only, so the file cannot be replaced."
        return ""

    def _fresh(self) -> bytes:
        """What a new file begins as: what comes along, all of it the default."""
        with contextlib.suppress(OSError):
            if self._packaged:
                return self._packaged.read_bytes()
        return b""

    @property
    def _name(self) -> str:
        return self._file.name if self._file else "config.toml"

    def _parse(self, content: bytes) -> Written:
        return parse(content, Path(self._name))

    def _settings(self, written: Written, *, beside: bool = True, changes: Changes | None = None) -> Settings:
        file = self._origin.file
        try:
            return settings_of(written, self._origin.flags, file, beside=beside)
        except SettingsError as error:
            sentence = str(error).removeprefix(f"{file}: ")
            # Of several together: the one of ours that the sentence names.
            named = error.key or next((key for key in changes or () if key in sentence), "")
            raise SettingsError(sentence, named or next(iter(changes or ("",)), "")) from None

    def _comments(self, content: bytes) -> dict[str, str]:
        """The file's own words, and for what has none there those of the file that comes along."""
        if self._packaged_words is None:
            self._packaged_words = document.comments(self._fresh())
        if self._words is None or self._words[0] != content:
            self._words = content, {**self._packaged_words, **document.comments(content)}
        return self._words[1]


def packaged_file() -> Path | None:
    """The config.toml that comes along: in the installed package, or beside the project's sources."""
    package = Path(__file__).parent.parent
    places = [package / "data" / "config.toml"]
    if (package.parent / "pyproject.toml").is_file():
        places.append(package.parent / "config.toml")
    return next((place for place in places if place.is_file()), None)


def _field(key: str) -> FieldSpec:
    if key not in fields():
        raise SettingsError(f"{key[:60]!r} is not a setting: config.toml lists them all", key[:200])
    return fields()[key]


def _sync_folder(folder: Path) -> None:
    """The new name must survive a power cut too."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
