"""What tensors cannot tell of a model: from a setting, from a yaml or toml beside it, or from its path."""

from __future__ import annotations

import logging
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.engine.f5.architecture import NAMED, Architecture, ArchitectureError, VocosArchitecture

log = logging.getLogger(__name__)

_BESIDE = ("config.yaml", "config.yml", "config.toml", "model.yaml", "setting.yaml")
_LARGEST = 1_000_000  # bytes
_USUAL = "F5TTS_v1_Base"


class ConfigError(Exception):
    """A description of a model cannot be used; the message is a sentence."""


def model_config(path: Path, named: str = "") -> Architecture:
    """The architecture whose choices a model has where its tensors cannot tell. Raises ConfigError."""
    if named:
        try:
            return Architecture.named(named)
        except ArchitectureError as fault:
            raise ConfigError(f"{fault} (engine.f5.architecture)") from None
    for file in (path.with_suffix(".yaml"), path.with_suffix(".toml"), *map(path.with_name, _BESIDE)):
        if file.is_file() and (found := _described(file)):
            return found
    for name in NAMED:
        if name.casefold() in path.as_posix().casefold():
            return NAMED[name]
    log.warning("%s is taken for an %s; if it speaks nonsense, set engine.f5.architecture", path, _USUAL)
    return NAMED[_USUAL]


def vocos_config(path: Path) -> VocosArchitecture:
    """Of a Vocos's config.yaml: hop and padding, if it is of the kind known here. Raises ConfigError."""
    table = _read(path)
    features, head = _table(table, "feature_extractor"), _table(table, "head")
    for part, wanted in ((features, "MelSpectrogramFeatures"), (head, "ISTFTHead")):
        kind = str(part.get("class_path", wanted)).rpartition(".")[2]
        if kind != wanted:
            raise ConfigError(f"{path} describes a Vocos with {kind}, and this engine knows {wanted} alone")
    given = {**_table(features, "init_args"), **_table(head, "init_args")}
    if given.get("sample_rate", 24000) != 24000:
        raise ConfigError(f"{path} describes a Vocos for {given['sample_rate']} samples a second, not 24000")
    hop, padding = given.get("hop_length", 256), given.get("padding", "center")
    if not isinstance(hop, int) or padding not in ("center", "same"):
        raise ConfigError(f"{path} describes a Vocos with hop_length {hop!r} and padding {padding!r}")
    return replace(VocosArchitecture(), hop=hop, padding=str(padding))


def _described(file: Path) -> Architecture | None:
    """What an f5-tts yaml, or a toml of the same tables, says; None if it speaks of something else."""
    table = _read(file)
    model = _table(table, "model") or table
    arch = _table(model, "arch")
    if not arch:
        return None
    if model.get("backbone", "DiT") != "DiT":
        raise ConfigError(f"{file} describes a {model['backbone']}, and this engine knows the DiT alone")
    vocoder = _table(model, "mel_spec").get("mel_spec_type", "vocos")
    if vocoder != "vocos":
        raise ConfigError(
            f"{file} describes a model for the vocoder {vocoder}, and this engine has vocos alone"
        )
    try:
        # What an older yaml leaves out is what f5_tts's DiT has by default, not what a named one has.
        return Architecture.from_config(arch, NAMED[_USUAL])
    except ArchitectureError as fault:
        raise ConfigError(f"{file}: {fault}") from None


def _read(file: Path) -> dict[str, Any]:
    try:
        text = file.read_bytes()[:_LARGEST].decode("utf-8-sig")
        if file.suffix == ".toml":
            return tomllib.loads(text)
        import yaml  # type: ignore[import-untyped]

        table = yaml.safe_load(text)
    except ImportError:
        raise ConfigError(f"{file} cannot be read: PyYAML is not installed (pip install pyyaml)") from None
    except OSError as fault:
        raise ConfigError(f"{file} cannot be read: {fault.strerror or fault}") from None
    except Exception as fault:  # yaml raises errors of its own, and others at strange texts
        raise ConfigError(f"{file} cannot be understood: {str(fault).splitlines()[0][:120]}") from None
    return table if isinstance(table, dict) else {}


def _table(table: dict[str, Any], key: str) -> dict[str, Any]:
    value = table.get(key)
    return value if isinstance(value, dict) else {}
