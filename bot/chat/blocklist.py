"""What is never spoken: words of the settings and of a file, which is read again and edited from chat."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from bot.chat.blockfile import HEADER, Entry, Fault, Kind, parse, parse_all, parse_settings
from bot.chat.blockmatch import BlockMatcher

_CHECK_EVERY = 1.0  # seconds between two looks at the file's date
_UNDOABLE = 100  # changes remembered
_LARGEST = 8 << 20  # bytes of a file


@dataclass(frozen=True, slots=True)
class Changed:
    """An edit that was made: lines that went into the file and lines that left it."""

    entry: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unchanged:
    """An edit that was not made. `reason` is one word of a few; the sentence is for people."""

    reason: str  # "wrong", "there already", "not there", "nothing to undo", "cannot be written"
    sentence: str


class Blocklist:
    """Blocked and allowed words and patterns. `clock` is monotonic seconds, `wall` seconds since the epoch.

    With no file it is what the settings say, and cannot be edited. `faults` is a sentence for each line that
    is of no use, and for a file that is `expected` and not there. Not for several threads.
    """

    def __init__(
        self,
        file: Path | None,
        clock: Callable[[], float],
        wall: Callable[[], float],
        *,
        blocked: Iterable[str] = (),
        allowed: Iterable[str] = (),
        expected: bool = False,
    ) -> None:
        self._file = file
        self._expected = expected
        self._clock = clock
        self._wall = wall
        self.on_fault: Callable[[str], None] = lambda sentence: None  # told of what is wrong from now on
        self._settings, self._setting_faults = parse_settings(blocked, allowed)
        self._entries: list[Entry] = []
        self._file_faults: list[Fault] = []
        self._unreadable = False
        self._stamp: tuple[int, ...] = ()
        self._history: list[Changed] = []
        self._looked = clock()
        self._reload()

    def exchange_settings(self, blocked: Iterable[str], allowed: Iterable[str]) -> None:
        """From now on the settings say this."""
        self._settings, self._setting_faults = parse_settings(blocked, allowed)
        self._reload()

    @property
    def faults(self) -> list[str]:
        return [fault.sentence for fault in (*self._setting_faults, *self._file_faults)]

    def __len__(self) -> int:
        return len(self._settings) + len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        """The settings' entries, then the file's in its order."""
        yield from self._settings
        yield from self._entries

    def find(self, text: str) -> Entry | None:
        """What is blocked in `text`, or None. An edited file counts a second later at the latest."""
        now = self._clock()
        if now - self._looked >= _CHECK_EVERY:
            self._looked = now
            self.refresh()
        return self._matcher.find(text)

    def refresh(self) -> bool:
        """Reads the file again if it has changed; True if it had."""
        if self._file is None or self._stamp_now() == self._stamp:
            return False
        self._reload()
        return True

    # ------------------------------------------------------------------ edits, from chat or the panel

    def add(self, word: str, by: str) -> Changed | Unchanged:
        """Blocks `word`: a word, "word*", "/pattern/", or "+word" to allow one. What says otherwise goes."""
        self.refresh()
        entry = parse(" ".join(word.split()), "", comments=False)
        if entry is None or isinstance(entry, Fault):
            reason = entry.sentence.removeprefix(": ") if entry else "there is no word"
            return Unchanged("wrong", f"Not blocked: {reason}.")
        against = [one for one in self._entries if one.key == _opposite(entry)]
        there = next((one for one in (*self._settings, *self._entries) if one.key == entry.key), None)
        if there and not against:
            return Unchanged("there already", f"{entry.written} is in the list already ({there.where}).")
        return self._edit(entry, by, add=() if there else (entry,), remove=against)

    def remove(self, word: str, by: str) -> Changed | Unchanged:
        """Unblocks `word`, written as for `add`. One of the settings' is allowed instead."""
        self.refresh()
        entry = parse(" ".join(word.split()), "", comments=False)
        if entry is None or isinstance(entry, Fault):
            return Unchanged("not there", "There is no such word in the list.")
        mine = [one for one in self._entries if one.key == entry.key]
        fixed = any(one.key == entry.key for one in self._settings)
        if fixed and entry.kind is Kind.WORD:
            if any(one.key == _opposite(entry) for one in self._entries):
                return Unchanged("not there", f"{entry.written} is allowed already.")
            return self._edit(entry, by, add=(replace(entry, kind=Kind.ALLOWED),), remove=mine)
        if fixed and not mine:
            return Unchanged("not there", f"{entry.written} stands in config.toml and is changed there.")
        if not mine:
            return Unchanged("not there", f"{entry.written} is not in the list.")
        return self._edit(entry, by, remove=mine)

    def undo(self, *, word: str = "") -> Changed | Unchanged:
        """Takes back the last edit that has not been taken back; of `word`, as `add` was given it, if any."""
        entry = parse(" ".join(word.split()), "", comments=False)
        written = entry.written if isinstance(entry, Entry) else None
        last = next((edit for edit in reversed(self._history) if not word or edit.entry == written), None)
        if last is None:
            return Unchanged("nothing to undo", "There is no change to take back.")
        lines = self._lines()
        for line in last.added:
            with suppress(ValueError):  # somebody has taken it out by hand
                lines.remove(line)
        back = [line for line in last.removed if line not in lines]
        if problem := self._write([*lines, *back]):
            return problem
        self._history.remove(last)
        return Changed(last.entry, last.removed, last.added)

    def _edit(
        self, entry: Entry, by: str, *, add: Sequence[Entry] = (), remove: Iterable[Entry] = ()
    ) -> Changed | Unchanged:
        keys = {one.key for one in remove}
        kept: list[str] = []
        removed: list[str] = []
        for line in self._lines():
            parsed = parse(line, "")
            (removed if isinstance(parsed, Entry) and parsed.key in keys else kept).append(line)
        day = time.strftime("%Y-%m-%d", time.gmtime(self._wall()))
        name = "".join(character for character in by if character.isprintable())[:40]
        added = [f"{one.written}  # {name}, {day}" for one in add]
        for one, line in zip(add, added, strict=True):
            read = parse(line, "")
            if not isinstance(read, Entry) or read.key != one.key:
                return Unchanged(
                    "wrong", f'Not blocked: "#" begins a comment, so {one.written} would be lost.'
                )
        if problem := self._write(kept + added):
            return problem
        change = Changed(entry.written, tuple(added), tuple(removed))
        self._history = [*self._history, change][-_UNDOABLE:]
        return change

    # ------------------------------------------------------------------ the file

    def _lines(self) -> list[str]:
        try:
            text = self._file.read_text("utf-8-sig") if self._file else ""
        except (OSError, UnicodeDecodeError):
            text = ""
        return text.splitlines() or HEADER.splitlines()

    def _write(self, lines: list[str]) -> Unchanged | None:
        """Puts a whole new file in the old one's place: after a crash there is one or the other."""
        if self._file is None:
            return Unchanged("cannot be written", "There is no block list file: set rules.blocklist.")
        if self._unreadable:  # writing would lose what stands in it
            return Unchanged("cannot be written", self._file_faults[0].sentence + ".")
        temporary: str | None = None
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self._file.parent, prefix=f".{self._file.name}.")
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write("\n".join(lines) + "\n")
                file.flush()
                os.fsync(file.fileno())
            with suppress(OSError):
                Path(temporary).chmod(self._file.stat().st_mode & 0o777)
            Path(temporary).replace(self._file)
        except OSError as error:
            if temporary:
                Path(temporary).unlink(missing_ok=True)
            return Unchanged("cannot be written", f"{self._file} cannot be written: {error.strerror}.")
        self._reload()
        return None

    def _reload(self) -> None:
        stamp = self._stamp_now()
        if self._file is not None:
            try:
                if self._file.exists() and self._file.stat().st_size > _LARGEST:
                    raise OSError(0, "it is too large")
                text = self._file.read_bytes().decode("utf-8-sig") if stamp else ""
                self._entries, self._file_faults = parse_all(text, str(self._file))
                if self._expected and not stamp:
                    self._file_faults = [Fault(f"{self._file} is not there: nothing is blocked by it")]
                self._unreadable = False
            except (OSError, UnicodeDecodeError) as error:
                why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
                self._unreadable = True  # and what was read before goes on to count
                self._file_faults = [Fault(f"{self._file} cannot be read: {why}")]
        self._stamp = stamp
        # The file has the last word: it may allow what the settings block.
        self._matcher = BlockMatcher([*self._entries, *self._without_file()])
        for fault in self._file_faults:
            self.on_fault(fault.sentence)

    def _without_file(self) -> list[Entry]:
        keys = {_opposite(entry) for entry in self._entries}
        return [entry for entry in self._settings if entry.key not in keys]

    def _stamp_now(self) -> tuple[int, ...]:
        try:
            status = self._file.stat() if self._file else None
        except OSError:
            return ()
        return (status.st_mtime_ns, status.st_size, status.st_ino) if status else ()


def _opposite(entry: Entry) -> tuple[Kind, str] | None:
    """The key of what allows what `entry` blocks, or blocks what it allows; a pattern has none."""
    match entry.kind:
        case Kind.WORD:
            return Kind.ALLOWED, entry.key[1]
        case Kind.ALLOWED:
            return Kind.WORD, entry.key[1]
    return None
