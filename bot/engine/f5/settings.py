"""The settings of the F5 engine as the engine process knows them: section [engine.f5] of config.toml."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

ANSWER_TIMEOUT = 20.0  # s without sound after which a client takes an engine for hung; engine.answer_timeout
DEVICES = "auto, cpu, cuda, cuda:0, cuda:1, …"
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "precision": ("auto", "fp32", "bf16", "fp16", "int8"),
    "compile": ("auto", "on", "off"),
}
_BOUNDS: Mapping[str, tuple[float, float]] = {
    "steps": (1, 128),
    "cfg_strength": (0, 10),
    "sway": (-1, 1),
    "seed": (0, 2**63 - 1),
    "guided_steps": (0, 128),
    "finished_megabytes": (0, 65536),
}


class SettingError(ValueError):
    """A setting has a wrong value; the message is a sentence that names it."""


@dataclass(frozen=True, slots=True)
class F5Settings:
    """Raises SettingError for what cannot be."""

    model: str = "F5TTS_v1_Base"  # a published one's name, "owner/repository/path/file", or a path
    architecture: str = ""  # "": by the model's name, a yaml or toml beside it, its tensors
    vocabulary: str = ""  # vocab.txt: "": the one beside the model, else f5-tts's own
    vocoder: str = ""  # "": charactr/vocos-mel-24khz; "owner/repository", or the path of a folder or file
    hub: str = ""  # "": HF_ENDPOINT, else the hub itself
    cache: str = ""  # "": HF_HUB_CACHE, HF_HOME, else the hub's usual folder
    device: str = "auto"
    precision: str = "auto"
    compile: str = "auto"
    steps: int = 7
    cfg_strength: float = 2.0
    sway: float = -1.0  # 0: none
    seed: int = 0  # 0: by the text
    pinned_reference: bool = False
    guided_steps: int = 0  # 0: all of them
    finished_megabytes: int = 64

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise SettingError(
                    f"engine.f5.{name} cannot be {getattr(self, name)!r}, only {', '.join(choices)}"
                )
        for name, (least, most) in _BOUNDS.items():
            value = getattr(self, name)
            if not (math.isfinite(value) and least <= value <= most):
                raise SettingError(f"engine.f5.{name} cannot be {value}: it is {least:g} to {most:g}")
        kind, _, number = self.device.partition(":")
        known = kind in ("auto", "cpu", "cuda") if not number else kind == "cuda" and number.isdecimal()
        if not known:
            raise SettingError(f"engine.f5.device cannot be {self.device!r}, only {DEVICES}")
        if self.hub and not self.hub.startswith(("http://", "https://")):
            raise SettingError(f"engine.f5.hub cannot be {self.hub!r}: it begins with https:// or http://")

    @classmethod
    def read(cls, given: Mapping[str, str]) -> F5Settings:
        """From texts, as a command line has them. Raises SettingError."""
        values: dict[str, Any] = {}
        kinds = {field.name: str(field.type) for field in fields(cls)}
        for name, text in given.items():
            if name not in kinds:
                raise SettingError(f"engine.f5.{name} is not a setting")
            try:
                values[name] = _READ[kinds[name]](text)
            except (ValueError, KeyError):
                raise SettingError(
                    f"engine.f5.{name} cannot be {text!r}: it is {_KINDS[kinds[name]]}"
                ) from None
        return cls(**values)


_READ: Mapping[str, Any] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": {"true": True, "false": False}.__getitem__,
}
_KINDS = {"int": "a whole number", "float": "a number", "bool": "true or false"}
