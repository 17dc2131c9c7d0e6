"""The settings of the rules, with their defaults; config.toml's [rules] says what each one does."""

from __future__ import annotations

from dataclasses import dataclass

from bot.chat.rules.prefix import NO_WORDS, CommandWords

BOTS = (
    "nightbot",
    "streamelements",
    "streamlabs",
    "moobot",
    "fossabot",
    "wizebot",
    "soundalerts",
    "sery_bot",
    "botrixoficial",
    "commanderroot",
    "streamlootsbot",
    "pokemoncommunitygame",
    "kofistreambot",
    "own3d",
    "blerp",
    "tangiabot",
    "dixperbro",
    "lolrankbot",
    "deepbot",
    "phantombot",
    "coebot",
    "mixitupapp",
    "streamstickers",
    "frostytoolsdotcom",
    "creatisbot",
    "instructbot",
    "playwithviewersbot",
    "titlechange_bot",
    "buttsbot",
    "supibot",
    "potatbotat",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSettings:
    """Zero, an empty list and False turn a rule off, but where a comment says otherwise."""

    # who
    ignore: tuple[str, ...] = ()  # names, logins or ids
    bots: tuple[str, ...] = BOTS
    roles: tuple[str, ...] = ()  # any of these; none: everybody
    guard_level: int = 0  # 1 captain, 2 admiral, 3 governor: at least
    medal_level: int = 0  # of this room's own medal
    account_level: int = 0
    paid_only: bool = False
    paid_from: float = 0  # US dollars; what is worth less counts as if it were free
    staff_pass: bool = True  # the broadcaster and moderators need no role, level, money or patience
    # commands and bots
    command_prefix: str = "!"
    command_words: CommandWords = NO_WORDS
    bot_replies: bool = True  # refuse what is addressed to a bot
    bot_lines: bool = True  # refuse the lines of data/bot_lines.txt
    more_bot_lines: tuple[str, ...] = ()
    # length
    shortest: int = 0  # letters and digits
    longest: int = 2000  # characters
    shortest_seconds: float = 0
    longest_seconds: float = 0
    # content
    links: str = "allow"  # or "refuse"
    emotes_only: bool = True  # refuse messages of emotes and emoji alone
    most_emotes: int = 0
    kaomoji_only: bool = True
    repeats: int = 5  # times that a phrase may be said in one message
    languages: tuple[str, ...] = ()  # zh, en, ja, ko, ru, other; none: all
    # memory, in seconds
    cooldown: float = 0
    same_viewer: float = 30  # the same words of the same viewer
    same_words: float = 10  # the same words of several: merged
    share: float = 0.5  # of the seconds spoken last, where others are waiting
    share_of: float = 120  # how many seconds spoken count as last
