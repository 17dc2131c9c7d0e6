"""Lists the paid messages that are still unread, has one tried again that was given up, or marks one read."""

from __future__ import annotations

import argparse
from collections.abc import Collection

from bot.chat.templates import text_of
from bot.chat.viewers import viewer_id
from bot.command_line.dispatch import CommandError, UsageError
from bot.command_line.places import a_running_bot, open_store
from bot.config import Settings
from bot.messages import ChatEvent, ChatMessage, Gift, Redemption, Subscription, author_of, worth_of
from bot.store import StoreError, UnreadPaid


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        nargs="?",
        default="list",
        choices=["list", "speak", "done"],
        help="speak: the next start of the bot tries it again; done: it counts as read, and is never spoken",
    )
    parser.add_argument("id", nargs="?", default="", help="a message's id in the list, or how that begins")


def main(settings: Settings, args: argparse.Namespace) -> int:
    if (args.action == "list") == bool(args.id):
        which = "list names no message" if args.id else f"name a message: python -m bot paid {args.action} ID"
        raise UsageError(f"{which} (python -m bot paid lists them)")
    store = open_store(settings)
    try:
        unread = list(store.unread_paid())
        blocked = {viewer.id for viewer in store.viewers() if viewer.blocked}
        if args.action == "list":
            print("\n".join(_line(one, blocked) for one in unread) or "every paid message has been read")
            return 0
        one = _named(unread, args.id)
        if args.action == "done":
            store.mark_read(one)
            print(f"{one.id} counts as read{a_running_bot(settings, 'may still say it')}")
        elif _is_held(one, blocked):
            how = "unblock them in the panel, or with !unblock @NAME in chat"
            raise CommandError(f"{one.id} is held, for who paid for it is blocked: {how}")
        else:
            store.try_again(one)
            print(f"{one.id} is spoken at the bot's next start")
    except StoreError as error:
        raise CommandError(str(error)) from None
    finally:
        store.close()
    return 0


def _named(unread: list[UnreadPaid], name: str) -> UnreadPaid:
    found = [one for one in unread if one.id == name] or [one for one in unread if one.id.startswith(name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise CommandError(f"{len(found)} paid messages begin with {name}: give more of the id")
    raise CommandError(f"no unread paid message is called {name} (python -m bot paid lists them)")


def _is_held(one: UnreadPaid, blocked: Collection[str]) -> bool:
    """Its viewer is one of the `blocked` (by their keys): it waits until they are not."""
    return one.event is not None and viewer_id(one.event) in blocked


def _line(one: UnreadPaid, blocked: Collection[str]) -> str:
    state = "held" if _is_held(one, blocked) else "given up" if one.given_up else "unread"
    said = _described(one.event) if one.event else "cannot be read: another version of the bot wrote it"
    line = f"{state:8}  {one.id}  {one.source}/{one.channel}  {said}"
    return "".join(character if character.isprintable() else " " for character in line)


def _described(event: ChatEvent) -> str:
    author, worth = author_of(event), worth_of(event)
    match event:
        case ChatMessage(text=text):
            what = text
        case Gift(gift=gift, count=count):
            what = f"{count} x {gift}"
        case Redemption(reward=reward, text=text):
            what = f"{reward} {text}"
        case Subscription(months=months, text=text):
            what = f"subscription, month {months} {text}"
        case _:
            what = text_of(event)
    paid = f", {worth.amount:g} {worth.currency}" if worth else ""
    return f"{author.name if author else 'somebody'}{paid}: {what.strip()}"
