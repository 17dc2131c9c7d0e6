"""Decides what is said of a chat event: its wordings from the fullest to the shortest, or a refusal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

from bot.chat.normalize import Lexicon, Normalizer, Verbatim, has_chinese, load
from bot.chat.rules.reasons import Reason, Rejected, Rule
from bot.chat.templates import fields_of, is_all_text, short_name, template_for, text_of, typed_in, wordings
from bot.config import Chat, SettingsError, Templates
from bot.messages import (
    Author,
    ChatEvent,
    ChatMessage,
    Fragment,
    FragmentKind,
    Rank,
    Retraction,
    SuperChat,
    Viewer,
    author_of,
    rank_of,
)

# Digits with no words beside them are read in the language that most viewers of a platform speak.
_LANGUAGES = {"twitch": "en", "bilibili": "zh"}
_SOMEBODY = {"zh": "有人", "en": "somebody"}  # whose name may not be said, or cannot be


class Reader:
    """The chat's rules and the streamer's templates, applied to one event at a time.

    What is worth less than `paid_from` dollars counts as if it were free. `rules_of_words` are for what is
    typed with something else than a message, `rules_of_writers` for super chats of too little.
    `taught(text, viewer)` is a text in parts, those that viewers have taught Verbatim; `blocked(text)` is
    true of what must never be said, whoever wrote or taught it; `unread(author)` refuses whom nothing is
    said of, gifts included.
    Raises SettingsError if the streamer's own lexicon cannot be read.
    """

    def __init__(
        self,
        chat: Chat,
        templates: Templates,
        rules: Sequence[Rule] = (),
        *,
        paid_from: float = 0.0,
        rules_of_words: Sequence[Rule] = (),
        rules_of_writers: Sequence[Rule] = (),
        taught: Callable[[str, str], Sequence[Fragment]] = lambda text, viewer: (Fragment(text),),
        blocked: Callable[[str], bool] = lambda text: False,
        unread: Callable[[Author], Rejected | None] = lambda author: None,
    ) -> None:
        self._templates = templates
        self._rules = rules
        self._paid_from = paid_from
        self._rules_of_words = rules_of_words
        self._rules_of_writers = rules_of_writers
        self._taught = taught
        self._blocked = blocked
        self._unread = unread
        self._normalizer = Normalizer(
            _lexicon(chat.lexicon),
            emotes=chat.emotes,
            emoji=chat.emoji,
            links=chat.links,
            link=chat.link,
            link_zh=chat.link_zh,
            repeats=chat.repeats,
            limit=chat.max_length,
            language=chat.language,
        )
        self._languages = _LANGUAGES if chat.language == "auto" else {}

    def rank(self, event: ChatEvent) -> Rank:
        """Where an event's words stand in the queue."""
        return rank_of(event, self._paid_from)

    def read(self, event: ChatEvent, viewer: Viewer | None = None) -> list[str] | Rejected:
        """What is to be said of `event`, in full and in fewer words."""
        return self.judge(event) or self.word(event, viewer)

    def judge(self, event: ChatEvent) -> Rejected | None:
        """Whether the rules refuse an event. To be asked once: some of them remember what they passed."""
        if isinstance(event, Retraction):
            return Rejected(Reason.RETRACTION)
        if isinstance(event, ChatMessage):
            return next((rejected for rule in self._rules if (rejected := rule(event))), None)
        author = author_of(event)
        if author and (rejected := self._unread(author) or self._judge_words(event, author)):
            return rejected
        return Rejected(Reason.BLOCKED) if self._blocked(text_of(event)) else None

    def _judge_words(self, event: ChatEvent, author: Author) -> Rejected | None:
        """Of what somebody typed; what the platform itself says is told in any language."""
        typed = text_of(event)
        is_free = isinstance(event, SuperChat) and self.rank(event) is not Rank.PAID
        rules = (
            *(self._rules_of_writers if is_free else ()),
            *(self._rules_of_words if typed else ()),
        )
        if not rules:
            return None
        line = ChatMessage(
            source=event.source,
            channel=event.channel,
            id=event.id,
            author=author,
            fragments=(Fragment(typed),),
        )
        return next((rejected for rule in rules if (rejected := rule(line))), None)

    def word(self, event: ChatEvent, viewer: Viewer | None = None) -> list[str] | Rejected:
        """What is to be said of an event that the rules have passed."""
        template = template_for(self._templates, event)
        if not template:
            return Rejected(Reason.NOT_ANNOUNCED)
        text = self.text(event, viewer)
        if text is None:
            return Rejected(Reason.BLOCKED)
        all_text = is_all_text(template, event)
        if not text and all_text and self.rank(event) is not Rank.PAID:  # who paid is named at least
            typed = event.text if isinstance(event, ChatMessage) else text_of(event)
            return Rejected(Reason.SYMBOLS if typed.strip() else Reason.EMPTY)
        values = fields_of(event)
        # Numbers alone are read in the language of the sentence that they will stand in.
        language = "zh" if has_chinese(template + "".join(values.values())) else "en"
        fields = {name: self._spoken(value, language) for name, value in values.items()} | {"text": text}
        name = self._name(event, viewer, language) if "{name}" in template else ""
        said = wordings(template, fields, name, short_name, all_text=all_text)
        said = [line for line in said if any(character.isalnum() for character in line)]
        return said or Rejected(Reason.SYMBOLS)

    def text(self, event: ChatEvent, viewer: Viewer | None = None) -> str | None:
        """What somebody typed, as it is said; "" if nothing can be, None if it must not be."""
        fragments = _joined(typed_in(event))
        who = viewer.id if viewer else ""
        taught: list[Fragment] = []
        for fragment in fragments:
            is_text = fragment.kind is FragmentKind.TEXT
            taught += self._taught(fragment.text, who) if is_text else (fragment,)
        # Readings that are harmless alone may join to what is not.
        if any(isinstance(part, Verbatim) for part in taught) and self._blocked(
            "".join(fragment.text for fragment in taught)
        ):
            return None
        return self._normalizer.read(taught, language=self._languages.get(event.source, "")).text

    def name(self, name: str) -> str:
        """A name as it is said; "" if it cannot be, or must not be."""
        said = self._normalizer.name(name)
        return "" if self._blocked(name) or self._blocked(said) else said

    def count(self, count: int, template: str) -> str:
        """How many there are, as it is said in a sentence of the streamer's."""
        said = self._spoken(str(count), "zh" if has_chinese(template) else "en")
        return "两" if said == "二" else said  # before what is counted

    def _name(self, event: ChatEvent, viewer: Viewer | None, language: str) -> str:
        author = author_of(event)
        if author is None:
            return ""
        nickname = viewer.nickname if viewer else ""
        if self._blocked(nickname):  # since it was chosen
            nickname = ""
        return nickname or self.name(author.name) or _SOMEBODY[language]

    def _spoken(self, text: str, language: str) -> str:
        return self._normalizer.read((Fragment(text),), language=language).text


def _joined(fragments: tuple[Fragment, ...]) -> tuple[Fragment, ...]:
    """Text that a platform has cut in two is one again: a word may go over the cut."""
    text = FragmentKind.TEXT
    if not any(one.kind is other.kind is text for one, other in pairwise(fragments)):
        return fragments
    joined: list[Fragment] = []
    for one in fragments:
        if joined and one.kind is joined[-1].kind is text:
            joined[-1] = Fragment(joined[-1].text + one.text)
        else:
            joined.append(one)
    return tuple(joined)


def _lexicon(file: str) -> Lexicon | None:
    if not file:
        return None
    try:
        return load(Path(file))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise SettingsError(f"chat.lexicon: {file} cannot be read ({reason})") from None
