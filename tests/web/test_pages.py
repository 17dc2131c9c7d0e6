"""The table of files: what is in it, and that a page is what its file is."""

from __future__ import annotations

import gzip
from pathlib import Path

from bot.web.pages import STATIC, Pages


def test_only_files_of_known_kinds_are_in_the_table(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("a.html", "sub/b.js", ".hidden.js", "notes.txt", "run.py", "c.css~"):
        (tmp_path / name).write_text("x" * 1000)
    pages = Pages(tmp_path)
    assert [
        name
        for name in ("a.html", "sub/b.js", ".hidden.js", "notes.txt", "run.py", "c.css~")
        if pages.find(name)
    ] == [
        "a.html",
        "sub/b.js",
    ]
    assert pages.find("../a.html") is pages.find("/a.html") is pages.find("sub/../a.html") is None


def test_a_file_packed_is_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("let a = 1;\n" * 100)
    (tmp_path / "b.png").write_bytes(b"\x89PNG")
    pages = Pages(tmp_path)
    script, picture = pages.find("a.js"), pages.find("b.png")
    assert script is not None
    assert picture is not None
    assert gzip.decompress(script.packed) == script.body
    assert picture.packed == b""
    assert script.tag != picture.tag


def test_the_bots_own_pages_obey_their_policy() -> None:
    """No script and no style stands in a page, and nothing comes from elsewhere."""
    pages = Pages()
    for file in STATIC.rglob("*.html"):
        page = pages.find(file.relative_to(STATIC).as_posix())
        assert page is not None
        text = page.body.decode()
        assert "<style" not in text
        assert " style=" not in text
        assert "http://" not in text.replace("http://www.w3.org", "")
        assert "https://" not in text
        for script in text.split("<script")[1:]:
            assert "src=" in script.partition(">")[0], file
        assert not any(f" on{event}=" in text for event in ("click", "load", "error", "submit", "input"))
