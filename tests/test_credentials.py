"""Logins on disk: private, whole after any crash, and never told."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from bot.credentials import Credentials, CredentialsError

SECRET = "s3cr3t-t0k3n"


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    credentials = Credentials(tmp_path / "a" / "logins")
    assert credentials.load("twitch") == {}
    credentials.save("twitch", {"token": SECRET, "name": "小明"})
    credentials.save("bilibili", {"SESSDATA": "x%2Cy"})
    assert credentials.load("twitch") == {"token": SECRET, "name": "小明"}
    credentials.save("twitch", {"token": "new"})
    assert Credentials(tmp_path / "a" / "logins").load("twitch") == {"token": "new"}
    assert sorted(path.name for path in (tmp_path / "a" / "logins").iterdir()) == [
        "bilibili.json",
        "twitch.json",
    ]
    credentials.forget("twitch")
    credentials.forget("twitch")
    assert credentials.load("twitch") == {}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "logins"
    folder.mkdir(mode=0o755)
    before = os.umask(0)
    try:
        Credentials(folder).save("twitch", {"token": SECRET})
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "twitch.json").stat().st_mode) == 0o600


def test_a_crash_while_saving_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    credentials = Credentials(tmp_path)
    credentials.save("twitch", {"token": "old"})

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(CredentialsError, match="No space left") as failed:
            credentials.save("twitch", {"token": SECRET})
    assert SECRET not in repr(failed.value)
    assert credentials.load("twitch") == {"token": "old"}
    assert [path.name for path in tmp_path.iterdir()] == ["twitch.json"]


@pytest.mark.parametrize(
    "content", ["", "{", f'{{"token": "{SECRET}"', '["s3cr3t-t0k3n"]', '{"a": 1}', "\xff", "[" * 9999]
)
def test_a_broken_file_is_one_sentence_without_its_content(tmp_path: Path, content: str) -> None:
    (tmp_path / "twitch.json").write_text(content, encoding="latin-1")
    with pytest.raises(CredentialsError, match=r"is broken: run `python -m bot login twitch`") as failed:
        Credentials(tmp_path).load("twitch")
    assert SECRET not in str(failed.value)
    assert failed.value.__cause__ is None
    assert failed.value.__suppress_context__ or failed.value.__context__ is None


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    credentials = Credentials(tmp_path / "file" / "logins")
    with pytest.raises(CredentialsError, match="cannot be kept"):
        credentials.save("twitch", {"token": SECRET})
    (tmp_path / "twitch.json").mkdir()
    with pytest.raises(CredentialsError, match="cannot be read"):
        Credentials(tmp_path).load("twitch")
