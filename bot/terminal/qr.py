"""A QR code as lines of text, for a phone that looks at the terminal."""

from __future__ import annotations

import io


def qr_text(url: str) -> str:
    """The code of `url`, half as high as wide characters make it."""
    import segno

    out = io.StringIO()
    segno.make(url, error="l", micro=False).terminal(out, compact=True, border=2)
    return out.getvalue()
