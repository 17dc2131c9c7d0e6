"""Brings the voice-cloning engine's weights here before they are needed, and says where they are."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bot.command_line.dispatch import CommandError
from bot.config import Settings


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="read every number in them (needs torch)")


def main(settings: Settings, args: argparse.Namespace) -> int:
    from bot.engine.engine import EngineFault
    from bot.engine.f5.settings import F5Settings
    from bot.engine.f5.weights import fetch

    progress = _Line()
    try:
        weights = fetch(F5Settings(**settings.engine.f5.model_dump()), progress)
        progress.end()
        files = {"model": weights.model, "vocabulary": weights.vocabulary, "vocoder": weights.vocoder}
        for name, path in files.items():
            print(f"{name:<10}  {path} ({_size(path)})")
        if weights.licence:
            print(f"licence     {weights.licence}: not for commercial use")
        if args.check:
            print(f"checked     {_check(weights.model, weights.architecture, weights.vocabulary)}")
            print(f"checked     {_check_vocoder(weights.vocoder, weights.vocoder_config)}")
    except EngineFault as fault:
        raise CommandError(str(fault)) from None
    except ImportError as fault:
        raise CommandError(f"{fault.name} is not installed: scripts/run --with-f5 does it") from None
    except KeyboardInterrupt:
        raise CommandError("stopped; the next time goes on from here") from None
    finally:
        progress.end()
    return 0


class _Line:
    """Progress on one line of a terminal; elsewhere a line for each file."""

    def __init__(self) -> None:
        self._shown = ""
        self._wide = 0

    def __call__(self, share: float, words: str) -> None:
        title = words.partition(": ")[0]
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{words:<{self._wide}}")
            self._wide = len(words)
        elif title != self._shown:
            sys.stderr.write(title + "\n")
        self._shown = title
        sys.stderr.flush()

    def end(self) -> None:
        if self._wide:
            sys.stderr.write("\n")
            self._wide = 0


def _check(path: Path, architecture: str, vocabulary: Path) -> str:
    from bot.engine.f5.checkpoint import open_model
    from bot.engine.f5.weights import count_tokens

    model = open_model(path, architecture, count_tokens(vocabulary))
    for _ in model.values():
        pass
    shape = model.architecture
    return f"{shape.parameters / 1e6:.1f} million numbers, {shape.depth} layers of {shape.dim}"


def _check_vocoder(path: Path, config: Path | None) -> str:
    from bot.engine.f5.checkpoint import open_vocoder

    vocoder = open_vocoder(path, config)
    for _ in vocoder.values():
        pass
    return f"{vocoder.architecture.parameters / 1e6:.1f} million numbers of the vocoder"


def _size(path: Path) -> str:
    size = path.stat().st_size
    return f"{size / 1e6:.0f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"
