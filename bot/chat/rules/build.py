"""Settings -> the rules that a message must pass, the cheapest first and those with a memory last."""

from __future__ import annotations

from collections.abc import Callable

from bot.chat.blocklist import Blocklist
from bot.chat.language import LANGUAGES
from bot.chat.rules import authors, commands, content, crowd, links, pace
from bot.chat.rules.reasons import Reason, Rejected, Rule
from bot.chat.rules.settings import RuleSettings
from bot.messages import ChatMessage


def build_rules(
    settings: RuleSettings,
    clock: Callable[[], float],
    estimate: Callable[[str], float],
    blocklist: Blocklist | None = None,
    memory: pace.InTurn | None = None,
    people: authors.People | None = None,
) -> list[Rule]:
    """The rules of `settings`. `clock` is monotonic seconds, `estimate` a text's seconds of speech.

    Give what `with_memory` has made as `memory` to tell it what was not heard after all, and who is not read
    as `people` if you have made it already. Who pays money is spared the rules on form and patience, and what
    looks as if it were for another bot; never those on who is not read, links, languages and words.
    """
    people = people or authors.People.of(settings)
    bots = people.bots
    is_paid = authors.paid_for(settings)
    prefix, words = settings.command_prefix, settings.command_words
    command = commands.command(prefix, words, is_paid) if prefix else None

    def unless_paid(rule: Rule) -> Rule:
        # Hardly any message has a worth at all, and this is asked of every one.
        return lambda message: None if message.worth and is_paid(message) else rule(message)

    rules: list[Rule | None] = [
        unless_paid(content.longest(settings.longest)) if settings.longest else None,
        authors.from_bot(bots) if bots.all else None,
        authors.from_ignored(people.ignored, command) if people.ignored.all else None,
        # Who may command is another question than who is read.
        command,
        authors.requirements(settings),
        unless_paid(commands.bot_reply(bots)) if settings.bot_replies and bots.all else None,
        unless_paid(content.not_empty),
        unless_paid(content.wordless if settings.emotes_only else content.only_symbols),
        unless_paid(content.shortest(settings.shortest)) if settings.shortest else None,
        unless_paid(content.most_emotes(settings.most_emotes)) if settings.most_emotes else None,
        unless_paid(content.kaomoji_only) if settings.kaomoji_only else None,
        unless_paid(commands.bot_line(settings.more_bot_lines))
        if settings.bot_lines or settings.more_bot_lines
        else None,
        links.no_links if settings.links == "refuse" else None,
    ]
    if settings.shortest_seconds or settings.longest_seconds:
        bounds = (settings.shortest_seconds, settings.longest_seconds)
        rules.append(unless_paid(content.spoken(estimate, *bounds)))
    rules.append(unless_paid(content.repeats(settings.repeats)) if settings.repeats else None)
    rules.append(_language(settings))
    if blocklist is not None:
        rules.append(blocked(blocklist))
    rules.append(memory or with_memory(settings, clock, estimate))
    return [rule for rule in rules if rule is not None]


def rules_of_words(settings: RuleSettings) -> list[Rule]:
    """The rules on what is typed with something else: a super chat, a subscription, channel points."""
    rules = (links.no_links if settings.links == "refuse" else None, _language(settings))
    return [rule for rule in rules if rule is not None]


def rules_of_writers(settings: RuleSettings) -> list[Rule]:
    """The rules on whose messages are read, for a super chat of too little to count as paid for."""
    rule = authors.requirements(settings)
    return [rule] if rule else []


def _language(settings: RuleSettings) -> Rule | None:
    allowed = frozenset(settings.languages)
    return content.language(allowed) if allowed and allowed != set(LANGUAGES) else None


def blocked(blocklist: Blocklist) -> Rule:
    def clean(message: ChatMessage) -> Rejected | None:
        entry = blocklist.find(message.text)
        return Rejected(Reason.BLOCKED, f"{entry.written} ({entry.where})") if entry else None

    return clean


def with_memory(
    settings: RuleSettings,
    clock: Callable[[], float],
    estimate: Callable[[str], float],
    same_words: crowd.Crowd | None = None,
) -> pace.InTurn:
    """The rules that remember. `same_words`: the crowd that they ask, if it is not to be one of their own."""
    paced: list[pace.Paced] = []
    if settings.same_viewer:
        paced.append(pace.SameViewer(settings.same_viewer, clock))
    if settings.cooldown:
        paced.append(pace.Cooldown(settings.cooldown, clock))
    if settings.share and settings.share < 1:
        paced.append(pace.Share(settings.share, settings.share_of, estimate, clock))
    if settings.same_words and same_words is None:
        same_words = crowd.Crowd(settings.same_words)
    merged = crowd.SameWords(same_words, clock) if same_words is not None else None
    return pace.InTurn(paced, merged, staff_pass=settings.staff_pass, is_paid=authors.paid_for(settings))
