"""The outputs of this machine, listed by another process: listing them here would end what plays."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE
from dataclasses import asdict

from bot.playback.devices import Device, list_outputs
from bot.playback.output import OutputError

_PATIENCE = 8.0  # seconds


async def list_elsewhere() -> list[Device]:
    """As `list_outputs`. OutputError: it cannot be told what there is."""
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot.playback.listing", stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL
        )
    except OSError as error:
        raise OutputError(f"The sound devices cannot be listed: {error.strerror or error}.") from None
    try:
        async with asyncio.timeout(_PATIENCE):
            told, _ = await process.communicate()
        answer = json.loads(told)
    except TimeoutError:
        raise OutputError("The sound server does not answer.") from None
    except ValueError:
        raise OutputError("The sound devices cannot be listed: see `python -m bot doctor`.") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if isinstance(answer, str):
        raise OutputError(answer)
    return [Device(**device) for device in answer]


def main() -> None:
    """Writes the devices as JSON, or a sentence on why there are none."""
    try:
        told: object = [asdict(device) for device in list_outputs()]
    except OutputError as error:
        told = str(error)
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
