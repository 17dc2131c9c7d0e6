"""The weights that all contestants share: the real ones where they are, else random ones of their size."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bot.bench.engine.contest import Tell
from bot.bench.engine.contestant import Files
from bot.engine.f5.architecture import NAMED, Architecture, VocosArchitecture
from bot.engine.f5.hub import HubError
from bot.engine.f5.settings import F5Settings
from bot.engine.f5.weights import count_tokens, fetch, is_here
from bot.engine.voices import packaged_file

_ROOT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class Material:
    files: Files
    architecture: Architecture
    vocos: VocosArchitecture
    said: str  # what weights these are
    random: bool


def material(settings: F5Settings, folder: Path, random: bool, tell: Tell) -> Material:
    """The weights of the settings; random ones, written into `folder`, if asked for or if those lack.

    Downloads no model. Raises HubError, CheckpointError or ImportError (torch is not here).
    """
    if not random and is_here(settings):
        return _real(settings)
    name = next((one for one in (settings.architecture, settings.model) if one in NAMED), "F5TTS_v1_Base")
    vocabulary = settings.vocabulary or str(packaged_file("infer/examples/vocab.txt") or "")
    if not vocabulary:
        raise HubError("there is no vocabulary: scripts/run --with-f5 installs f5-tts, which brings one")
    tell(f"writing random weights of {name}")
    tokens = count_tokens(Path(vocabulary))
    done = subprocess.run(  # noqa: S603 - our own arguments
        [sys.executable, "-m", "bot.bench.engine.random_weights", str(folder), name, str(tokens)],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        words = done.stderr.strip().splitlines()
        raise HubError(f"random weights cannot be written: {words[-1] if words else done.returncode}")
    files = Files(
        str(folder / "model.safetensors"),
        name,
        vocabulary,
        str(folder / "vocoder.safetensors"),
        "",
        settings.device,
    )
    why = "as asked" if random else "the real ones are not here; python -m bot weights brings them"
    said = (
        f"RANDOM weights of the real size of {name} ({why}): times are real, errors are of noise, not speech"
    )
    return Material(files, Architecture.named(name, tokens), VocosArchitecture(), said, random=True)


def _real(settings: F5Settings) -> Material:
    from bot.engine.f5.checkpoint import open_model, open_vocoder

    weights = fetch(settings, lambda _share, _sentence: None)
    model = open_model(weights.model, weights.architecture, count_tokens(weights.vocabulary))
    vocos = open_vocoder(weights.vocoder, weights.vocoder_config)
    files = Files(
        str(weights.model),
        weights.architecture,
        str(weights.vocabulary),
        str(weights.vocoder),
        str(weights.vocoder_config or ""),
        settings.device,
    )
    return Material(files, model.architecture, vocos.architecture, f"weights: {weights.name}", random=False)
