"""The files that the settings name, brought together: the transformer, its vocabulary, the vocoder."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.engine.engine import Report
from bot.engine.f5.architecture import NAMED
from bot.engine.f5.hub import FileMissing, Hub, HubError
from bot.engine.f5.hub_cache import HubFile, is_repository
from bot.engine.f5.settings import F5Settings
from bot.engine.f5.tokens import PACKAGED_VOCABULARY
from bot.engine.voices import packaged_file

log = logging.getLogger(__name__)

# As f5_tts.api takes them; of the small ones no weights are published.
PUBLISHED: Mapping[str, HubFile] = {
    "F5TTS_v1_Base": HubFile("SWivid/F5-TTS", "F5TTS_v1_Base/model_1250000.safetensors"),
    "F5TTS_Base": HubFile("SWivid/F5-TTS", "F5TTS_Base/model_1200000.safetensors"),
}
VOCODER = "charactr/vocos-mel-24khz"
_VOCODER_FILES = ("pytorch_model.bin", "model.safetensors")

Place = Path | HubFile


@dataclass(frozen=True, slots=True)
class Weights:
    model: Path
    vocabulary: Path  # vocab.txt
    vocoder: Path
    vocoder_config: Path | None  # None: as charactr/vocos-mel-24khz has it
    architecture: str  # for `open_model`; "": it finds out
    name: str  # of the model, as people call it
    licence: str  # "" if nobody says


def fetch(settings: F5Settings, report: Report, hub: Hub | None = None) -> Weights:
    """Brings everything that is not here yet. Blocks, for as long as 1.4 GB take. Raises HubError."""
    hub = hub or Hub(settings.hub, settings.cache)

    def part(start: float, end: float) -> Report:
        return lambda share, words: report(start + share * (end - start), words)

    vocoder, config = _vocoder(settings.vocoder, hub, part(0.0, 0.04))
    place = place_of(settings.model)
    if settings.vocabulary:
        vocabulary = _get(place_of(settings.vocabulary, "engine.f5.vocabulary"), hub, part(0.04, 0.05))
    else:
        vocabulary = _vocabulary_of(place, hub, part(0.04, 0.05))
    model = _get(place, hub, part(0.05, 1.0))
    named = settings.model in NAMED
    return Weights(
        model=model,
        vocabulary=vocabulary,
        vocoder=vocoder,
        vocoder_config=config,
        architecture=settings.architecture or (settings.model if named else ""),
        name=settings.model if named else str(place),
        licence=_licence(place),
    )


def is_here(settings: F5Settings) -> bool:
    """True if `fetch` would ask nobody for the transformer; also when the settings name none that can be."""
    try:
        place = place_of(settings.model)
    except HubError:
        return True
    return isinstance(place, Path) or Hub(settings.hub, settings.cache).cache.find(place) is not None


def place_of(text: str, setting: str = "engine.f5.model") -> Place:
    """Where a setting's value lies: a published model, a path, or a file of the hub. Raises HubError."""
    if text in PUBLISHED:
        return PUBLISHED[text]
    if text in NAMED:
        raise HubError(
            f"no weights of {text} are published: name a file of your own in {setting},"
            f' and set engine.f5.architecture = "{text}"'
        )
    path = Path(text).expanduser()
    if path.exists() or path.is_absolute() or text.startswith((".", "~")) or "\\" in text:
        return path
    if file := HubFile.parse(text):
        return file
    known = ", ".join(PUBLISHED)
    raise HubError(
        f"{setting} is {text!r}, which is no file here; on the hub it is written owner/repository/path/file"
        + (f", and the published models are {known}" if setting.endswith("model") else "")
    )


def count_tokens(vocabulary: Path) -> int:
    """How many there are, as f5_tts counts them: by line, the same one once. Raises HubError."""
    try:
        with vocabulary.open(encoding="utf-8") as lines:
            return len({line[:-1] for line in lines})
    except (OSError, UnicodeDecodeError) as fault:
        raise HubError(f"{vocabulary} is no vocabulary that can be read ({fault})") from None


def _get(place: Place, hub: Hub, report: Report) -> Path:
    if isinstance(place, HubFile):
        return hub.get(place, report)
    if not place.is_file():
        raise HubError(f"there is no file {place}")
    return place


def _vocabulary_of(model: Place, hub: Hub, report: Report) -> Path:
    """vocab.txt beside the model, else the one that comes with f5-tts, else the hub's copy of that."""
    usual = PUBLISHED["F5TTS_v1_Base"].beside("vocab.txt")
    own = packaged_file(PACKAGED_VOCABULARY)
    if isinstance(model, Path):
        beside = model.with_name("vocab.txt")
        return beside if beside.is_file() else own or hub.get(usual, report)
    if model in PUBLISHED.values():
        return own or hub.get(usual, report)
    for file in dict.fromkeys((model.beside("vocab.txt"), HubFile(model.repository, "vocab.txt"))):
        try:
            return hub.get(file, report)
        except FileMissing:
            log.info("%s does not exist", file)
    return own or hub.get(usual, report)


def _vocoder(text: str, hub: Hub, report: Report) -> tuple[Path, Path | None]:
    """(weights, config.yaml) of a repository, a folder or a file."""
    if not text or (is_repository(text) and not Path(text).exists()):
        repository = text or VOCODER
        config = hub.get(HubFile(repository, "config.yaml"), lambda _, words: report(0.0, words))
        return _first(repository, hub, report), config
    place = place_of(text, "engine.f5.vocoder")
    if isinstance(place, Path) and place.is_dir():
        found = next((place / name for name in _VOCODER_FILES if (place / name).is_file()), None)
        if not found:
            raise HubError(f"there is no {' or '.join(_VOCODER_FILES)} in {place}")
        place = found
    weights = _get(place, hub, report)
    beside = weights.with_name("config.yaml")
    return weights, beside if beside.is_file() else None


def _first(repository: str, hub: Hub, report: Report) -> Path:
    for name in _VOCODER_FILES[:-1]:
        try:
            return hub.get(HubFile(repository, name), report)
        except FileMissing:
            continue
    return hub.get(HubFile(repository, _VOCODER_FILES[-1]), report)


def _licence(place: Place) -> str:
    return "CC-BY-NC-4.0" if place in PUBLISHED.values() else ""
