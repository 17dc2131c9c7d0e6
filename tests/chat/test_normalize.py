"""What a person would read aloud of what people type: the table, settings, names, runs, hostile input."""

from __future__ import annotations

import time
import unicodedata
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import bot
from bot.chat.normalize import Normalizer, Run, load
from bot.chat.normalize.characters import clean, finish
from bot.chat.normalize.numerals import en_cardinal, en_ordinal, en_year, zh_cardinal
from bot.messages import Fragment, FragmentKind

TABLE = Path(__file__).with_name("normalize_cases.tsv")
ROWS = [row for row in TABLE.read_text("utf-8").splitlines() if not row.startswith("# ")]
CASES = [(line, said) for line, _, said in (row.partition("\t") for row in ROWS)]
FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "So"}
NORMALIZER = Normalizer()


def read(text: str, language: str = "", **settings: object) -> str:
    normalizer = Normalizer(**settings) if settings else NORMALIZER  # type: ignore[arg-type]
    return normalizer.read([Fragment(text)], language=language).text


def test_there_are_enough_lines() -> None:
    assert len(CASES) >= 300
    assert len(dict(CASES)) == len(CASES)


@pytest.mark.parametrize(("line", "said"), CASES, ids=[ascii(line) for line, _ in CASES])
def test_line(line: str, said: str) -> None:
    assert read(line) == said


@pytest.mark.parametrize("other", [("i", "ı"), ("i", "İ"), ("s", "ſ"), ("k", "\N{KELVIN SIGN}")], ids=ascii)
def test_letters_that_match_others_in_either_case_raise_nothing(other: tuple[str, str]) -> None:
    for line, _ in CASES:
        for language in ("zh", "en"):
            read(line.lower().replace(*other), language)


@pytest.mark.parametrize(
    ("line", "zh", "en"),
    [
        ("666", "六六六", "six six six"),
        ("2333", "哈哈哈", "hahaha"),
        ("10", "十", "ten"),
        ("3-0", "三比零", "three zero"),
        ("$5", "五美元", "five dollars"),
        ("10:30", "十点半", "ten thirty"),
        ("8/10", "十分之八", "eight out of ten"),
        ("1/2", "二分之一", "one half"),
        ("12/25", "十二月二十五日", "December twenty-fifth"),
        ("2024-05-01", "二零二四年五月一日", "May first, twenty twenty-four"),
        ("60fps", "六十帧", "sixty F P S"),
        ("1080p", "一零八零 P", "ten eighty P"),
        ("16:9", "十六比九", "sixteen by nine"),
        ("1+1=2", "一加一等于二", "one plus one equals two"),
        ("007", "零零七", "double oh seven"),
        ("-5°C", "零下五摄氏度", "minus five degrees celsius"),
        ("24/7", "二十四 七", "twenty-four seven"),
        ("70/30", "七十比三十", "seventy thirty"),
        ("30k/60k", "三万，六万", "thirty K out of sixty K"),
        ("3d前", "三天前", "三天前"),
        ("6÷2(1+2)=?", "六除以二乘一加二等于几", "six divided by two times one plus two equals what"),
        ("(2+3)×4", "二加三乘四", "two plus three times four"),
        ("5!=120", "五的阶乘等于一百二十", "five factorial equals one hundred twenty"),
        ("√2", "根号二", "the square root of two"),
        ("≥18", "大于等于十八", "at least eighteen"),
        ("2½", "二又二分之一", "two and a half"),
        ("10⁶", "十的六次方", "ten to the six"),
        ("555-0123", "五五五零幺二三", "five five five, zero one two three"),
        ("BO3", "B O 三", "best of three"),
        ("₽500", "五百卢布", "five hundred rubles"),
        ("1/3 + 1/3", "三分之一加三分之一", "one third plus one third"),
        ("WWWWW", "哈哈哈", "W W W"),
        ("dd", "D D", "D D"),
        ("50/50", "五十 五十", "fifty fifty"),
        ("#1", "第一", "number one"),
        ("1:23:45", "一小时二十三分四十五秒", "one hour twenty-three minutes forty-five seconds"),
        ("5k", "五千", "five K"),
        ("M9", "M 九", "M nine"),
        ("1920x1080", "一九二零乘一零八零", "nineteen twenty by ten eighty"),
        ("EDG3:0", "E D G 三比零", "E D G three to zero"),
        ("HK$100", "一百港币", "one hundred Hong Kong dollars"),
        ("NT$500", "五百新台币", "five hundred Taiwan dollars"),
        ("13:11", "十三比十一", "one eleven P M"),
        ("65W", "六十五瓦", "sixty-five watts"),
        ("ping 30ms", "ping 三十毫秒", "ping thirty milliseconds"),
        ('9"83', "九秒八三", "nine point eighty-three"),
        ('12"34', "十二秒三四", "twelve point thirty-four"),
    ],
)
def test_digits_alone_are_of_the_channels_language(line: str, zh: str, en: str) -> None:
    assert read(line, "zh") == zh
    assert read(line, "en") == en


@pytest.mark.parametrize(
    ("digits", "zh", "en"),
    [
        ("0", "零", "zero"),
        ("10", "十", "ten"),
        ("110", "一百一十", "one hundred ten"),
        ("2002", "两千零二", "two thousand two"),
        ("10010", "一万零一十", "ten thousand ten"),
        ("120000", "十二万", "one hundred twenty thousand"),
        ("22222", "两万两千二百二十二", "twenty-two thousand two hundred twenty-two"),
        ("100000001", "一亿零一", "one hundred million one"),
        ("1000000000000", "一兆", "one trillion"),
    ],
)
def test_cardinals(digits: str, zh: str, en: str) -> None:
    assert zh_cardinal(digits) == zh
    assert en_cardinal(digits) == en


@pytest.mark.parametrize(
    ("digits", "said"), [("1", "first"), ("12", "twelfth"), ("21", "twenty-first"), ("30", "thirtieth")]
)
def test_ordinals(digits: str, said: str) -> None:
    assert en_ordinal(digits) == said


@pytest.mark.parametrize(
    ("digits", "said"),
    [("1905", "nineteen oh five"), ("2008", "two thousand eight"), ("2024", "twenty twenty-four")],
)
def test_years(digits: str, said: str) -> None:
    assert en_year(digits) == said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("xX_Dark_Wolf_Xx", "Dark Wolf"),
        ("xXDarkLordXx", "Dark Lord"),
        ("user_123", "user one two three"),
        ("user_8472913", "user two nine one three"),
        ("bili_12345678901", "bili eight nine zero one"),
        ("quietlurker42", "quietlurker forty-two"),
        ("PixelPanda", "Pixel Panda"),
        ("tea_and_rain", "tea and rain"),
        ("Gamer1998", "Gamer nineteen ninety-eight"),
        ("Sniper123456", "Sniper"),
        ("W0lfK1ng", "Wolf King"),
        ("旅行者01号", "旅行者零一号"),
        ("阿伟2008", "阿伟二零零八"),
        ("丶小明灬", "小明"),
        ("♥小鱼♥", "小鱼"),
        ("Leo在学英语", "Leo 在学英语"),
        ("Søren", "Søren"),
        ("Cooool_Kiddd", "Cool Kid"),
        ("xXNooobXx", "Noob"),
        ("Bob00Smith", "Bob zero zero Smith"),
        ("L33t_B00gie", "Leet Boogie"),
        ("__init__", "init"),
        ("♥♥", ""),
        ("", ""),
    ],
)
def test_names(name: str, said: str) -> None:
    assert NORMALIZER.name(name) == said


@pytest.mark.parametrize(
    ("mode", "said"), [("drop", "see now"), ("word", "see a page now"), ("domain", "see x dot T V now")]
)
def test_links(mode: str, said: str) -> None:
    assert read("see https://x.tv/abc?d=1 now", links=mode, link="a page") == said


@pytest.mark.parametrize(
    ("mode", "said"), [("drop", "hi"), ("name", "hi Kappa Kappa"), ("first", "hi Kappa")]
)
def test_emotes(mode: str, said: str) -> None:
    emote = Fragment("Kappa", FragmentKind.EMOTE)
    assert Normalizer(emotes=mode).read([Fragment("hi "), emote, Fragment(" "), emote]).text == said


def test_emoji_by_name() -> None:
    assert read("好看😂", emoji="name") == "好看 笑哭"
    assert read("nice 🔥", emoji="name") == "nice fire"


def test_repeats() -> None:
    assert read("哈哈哈哈哈哈", repeats=2) == "哈哈"
    assert read("no no no no", repeats=1) == "no"


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("主播666", [("zh", "主播六六六")]),
        ("my RTX 4090", [("en", "my R T X forty ninety")]),
        ("今天 gg 了", [("zh", "今天 "), ("en", "G G "), ("zh", "了")]),
        ("こんにちは世界", [("ja", "こんにちは世界")]),
        ("안녕하세요 hello", [("ko", "안녕하세요 "), ("en", "hello")]),
        ("привет", [("ru", "привет")]),
        ("el gato que no está", [("es", "el gato que no está")]),
        ("?!", []),
    ],
)
def test_runs(text: str, runs: list[tuple[str, str]]) -> None:
    reading = NORMALIZER.read([Fragment(text)])
    assert list(reading.runs) == [Run(*run) for run in runs]


def test_no_table_says_anything_twice() -> None:
    """The last row would win, unseen. Capitals are words of their own in words.tsv, and faces as they are."""
    for table in (Path(bot.__file__).parent / "data" / "lexicon").glob("*.t*"):
        rows = [row for row in table.read_text("utf-8").splitlines() if row and not row.startswith("# ")]
        keys = [row.split("\t")[0] for row in rows] if table.suffix == ".tsv" else " ".join(rows).split()
        if table.name == "words.tsv":
            keys = [key if key.isupper() else key.lower() for key in keys]
        assert [key for key, times in Counter(keys).items() if times > 1] == [], table.name


def test_words_of_ones_own(tmp_path: Path) -> None:
    own = tmp_path / "own.tsv"
    own.write_text("# mine\nzzgg\t直播鸽鸽\nlol\t\tlaughing out loud\n", "utf-8")
    normalizer = Normalizer(load(own))
    assert normalizer.read([Fragment("zzgg来了")]).text == "直播鸽鸽来了"
    assert normalizer.read([Fragment("lol nice")]).text == "laughing out loud nice"
    assert read("lol nice") == "lol nice"


PIECES = st.one_of(
    st.text(st.characters(), max_size=12),
    st.text(st.sampled_from("0123456789.,:/-+*=~$¥%°xXkwv# "), max_size=12),
    st.sampled_from([line for line, _ in CASES]),
    st.sampled_from(
        ["\ud83d", "\ude00", "\u202e", "²", "①", "٣", "ⅷ", "【", "[doge]", "(´・ω", "@", "<3", "\u0301"]
    ),
)


@settings(max_examples=500, deadline=None)
@given(st.lists(PIECES, max_size=6).map("".join), st.sampled_from(["auto", "zh", "en"]))
@example("²", "en")
@example("0:/\u0300", "zh")
def test_any_text(text: str, language: str) -> None:
    spoken = read(text, language)
    assert not [character for character in spoken if unicodedata.category(character) in FORBIDDEN]
    assert len(spoken) <= 300
    assert spoken == " ".join(spoken.split())
    assert spoken == finish(spoken)
    assert spoken == clean(spoken)
    spoken.encode()
    reading = NORMALIZER.read([Fragment(text)])
    assert "".join(run.text for run in reading.runs) == reading.text
    NORMALIZER.name(text)


BOMBS: dict[str, str] = {
    "digits": "1", "sixes": "6", "sums": "1+", "ones and spaces": "1 ", "models": "a1",
    "model words": "a1 ", "dates": "2024-05-", "times": "10:30:", "ranges": "3-5 ", "money": "$1,",
    "thousands": ",111", "percent": "1%", "brackets": "(", "faces": "(^", "square": "[a", "colons": ":a",
    "haha": "ha", "words": "no ", "phrase": "a b c d ", "caps": "AB ", "humps": "aB", "apostrophes": "a'",
    "han and digits": "字1 ", "han and latin": "字a", "ats": "@a ", "hashes": "#a", "minus": "-",
    "dots": ". ", "marks": "!?", "slashes": "1/", "xs": "x1x", "exclaim": "!1", "signs": "→", "w": "w",
    "h": "h", "kana": "あ字1", "quotes": "'", "zalgo": "a\u0301\u0317",
    "brackets and sums": "1+(1+1)", "sums in brackets": "(1+", "factors": "2(", "roots": "√(", "thirds": "1⅓",
    "bounds": "<1 ", "powers": "x⁴⁵", "struck": "a\u0336", "leet": "a0b1", "per": "1/mo ", "days": "3d ",
    "worth": "a $1 ", "dotted": " .1", "ats at": "@ 1 ", "zones": "T-1 ",
    "drawn": "aaabbb", "sets": "6-4 ", "section": "pt 1 ", "inch": "8in ", "index": "a[i]",
    "quotes and digits": "1\"", "spaced": "100 000 ", "stars": "5*", "moves": "Nbxd7",
    "drawn words": "sooo ", "closed stars": "*a 5*", "up to": "三~五",
}  # fmt: skip


def cost(work: Callable[[], object]) -> float:
    """Seconds of this process's own time: the best of two, whatever else the machine does."""
    taken = []
    for _ in range(2):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)


@pytest.mark.parametrize("piece", BOMBS.values(), ids=BOMBS)
def test_a_bomb_costs_what_its_length_does(piece: str) -> None:
    # With a limit as long as the message nothing is cut off before the patterns see it.
    normalizer = Normalizer(limit=100_000)
    half, whole = piece * (25_000 // len(piece)), piece * (50_000 // len(piece))
    small = cost(lambda: normalizer.read([Fragment(half)]))
    large = cost(lambda: normalizer.read([Fragment(whole)]))
    assert large < 4
    assert large < 3.5 * small + 0.02


def test_a_sum_of_grouped_numbers() -> None:
    said = "zero plus one million two hundred thirty-four thousand five hundred sixty-seven views"
    assert read("0+1,234,567 views", "auto") == said
