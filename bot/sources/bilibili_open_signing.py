"""Signs a request to Bilibili's Open Live platform: HMAC-SHA256 over its own headers; pure.

https://open-live.bilibili.com/document/ ("auth"): the headers `x-bili-*` in alphabetical order, each as
`name:value`, joined by line feeds; the hex digest stands in `Authorization`.
"""

from __future__ import annotations

import hashlib
import hmac

from pydantic import SecretStr


def signed_headers(
    body: bytes, *, key_id: str, key_secret: SecretStr, nonce: str, timestamp: int
) -> dict[str, str]:
    """The headers for `body`, which must be sent byte for byte. `timestamp`: seconds since the epoch.

    The platform refuses a nonce that it has seen and a timestamp that is some minutes off.
    """
    signed = {
        "x-bili-accesskeyid": key_id,
        "x-bili-content-md5": hashlib.md5(body, usedforsecurity=False).hexdigest(),
        "x-bili-signature-method": "HMAC-SHA256",
        "x-bili-signature-nonce": nonce,
        "x-bili-signature-version": "1.0",
        "x-bili-timestamp": str(timestamp),
    }
    text = "\n".join(f"{name}:{value}" for name, value in signed.items())
    digest = hmac.new(key_secret.get_secret_value().encode(), text.encode(), hashlib.sha256)
    return {
        **signed,
        "Authorization": digest.hexdigest(),
        "Content-Type": "application/json",
        "Accept": "application/json",
    }
