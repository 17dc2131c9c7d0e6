"""The QR code fits a terminal."""

from __future__ import annotations

from bot.terminal.qr import qr_text


def test_the_code_fits_a_terminal() -> None:
    lines = qr_text(
        "https://account.bilibili.com/h5/account-h5/auth/scan-web?qrcode_key=" + "a" * 32
    ).splitlines()
    assert 10 < len(lines) < 30
    assert "█" in "".join(lines)
