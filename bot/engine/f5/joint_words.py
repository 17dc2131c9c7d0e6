"""Chinese and English words that tell where a phrase may be cut."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# They belong to what follows: nobody pauses after them.
LEANS_FORWARD = _words("""
    a an the my your his her its our their this that these those some any no every each to of in on at by
    for with from into about as than if i you he she it we they who is are was were be been am do does did
    have has had will would can could should may might must not very so too really just and or but because
    when while which i'm you're he's she's it's we're they're don't doesn't didn't can't won't i'll you'll
    i've mr mrs ms dr vs 在 把 被 给 对 从 和 跟 与 及 或 向 往 让 叫 比 用 为 以 于 是 有 没 没有 不 不要
    别 很 太 更 最 都 也 就 还 又 再 才 只 真 好 非常 特别 一 这 那 这个 那个 哪 每 我 你 他 她 它 我们 你们
    他们 的话 想 要 会 能 可以 应该 如果 因为 所以 但是 而且 不过 虽然 去 来 到 第
""")

# They belong to what is before them.
LEANS_BACK = _words("""
    的 了 着 过 吗 呢 吧 啊 呀 嘛 哦 喔 啦 哈 们 地 得 里 上 下 中 外 内 前 后 时 时候 的话 之后 之前 以后
    以前 一下 起来 出来 下去 过来 来 去 钱 左右 以上 以下 多 就是 us me him them too either please though
    again
""")

# A pause before them sounds well.
BEGINS_PHRASE = _words("""
    and but or because so that which who when while if although though unless until since before after where
    than 但是 但 可是 不过 而且 并且 因为 所以 如果 虽然 然后 于是 还是 或者 以及 只要 只有 即使 尽管 由于
    为了 除了 就 也 都 却 再 才
""")

# So it does before these, if nothing holds the word before.
BEGINS_GROUP = _words("""
    in on at with for from to of by about into over under through during without
""")

# They are one with the noun that they count.
NUMBER_WORDS = _words("""
    one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand
    million billion point percent half
""")
NUMERALS = frozenset("零〇一二两三四五六七八九十百千万亿半几多第点")  # characters
