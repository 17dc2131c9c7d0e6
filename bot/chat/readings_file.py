"""Taught readings as a file for people, one a line with tabs between: word, reading, scope, by whom, when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from bot.chat.readings import Readings, Untaught
from bot.messages import CHANNEL, Change, Reading

_HEADER = "# word\treading\tfor (empty: everybody)\tby\twhen"


def export(readings: Iterable[Reading]) -> str:
    """The file's text. No field can hold a tab or a line break: none can be taught."""
    lines = [_HEADER]
    for one in readings:
        when = datetime.fromtimestamp(one.at, UTC).isoformat(timespec="seconds") if one.at else ""
        by = " ".join("".join(c if c.isprintable() else " " for c in one.by).split())
        # A backslash keeps a word's "#" from being a comment's.
        word = "\\" + one.word if one.word.startswith(("#", "\\")) else one.word
        lines.append("\t".join((word, one.reading, one.scope, by, when)))
    return "\n".join(lines) + "\n"


def import_into(readings: Readings, text: str, by: str, name: str) -> tuple[int, list[str]]:
    """Teaches what `text` holds; how many were new or other, and a sentence for each line of no use.

    A line may be "word<tab>reading" alone, or "word = reading". Nothing that stands there already is lost,
    and what `Readings.teach` refuses is refused here too. `by` is to be blamed where the line names nobody.
    """
    with readings.together():
        return _import(readings, text, by, name)


def _import(readings: Readings, text: str, by: str, name: str) -> tuple[int, list[str]]:
    taught = 0
    faults: list[str] = []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        line = line.removeprefix("\\")
        fields = [field.strip() for field in line.split("\t")]
        if len(fields) == 1:
            fields = [field.strip() for field in line.split(" = ", 1)]
        if len(fields) < 2:
            faults.append(f"{name}, line {number}: there is no tab between a word and its reading")
            continue
        word, reading, scope, author, *_ = [*fields, CHANNEL, ""]
        there = readings.taught(word, scope)
        if there and (there.word, there.reading) == (word, reading):
            continue
        match readings.teach(word, reading, author or by, scope):
            case Untaught(sentence=sentence):
                faults.append(f"{name}, line {number}: {sentence}")
            case Change():
                taught += 1
    return taught, faults
