"""The shapes of an F5-TTS transformer and of its vocoder: known ones by name, others by their tensors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Protocol

Shape = tuple[int, ...]

MEL = 100  # mel bands
CONV_KERNEL, CONV_GROUPS = 31, 16  # of the convolutional position embedding
TEXT_KERNEL = 7  # of a ConvNeXtV2 block
TIME_DIM = 256  # of the sinusoidal time embedding
PINYIN_VOCABULARY = 2545  # lines of the vocab.txt that comes with f5-tts


class Shaped(Protocol):
    """A tensor, or the promise of one."""

    @property
    def shape(self) -> tuple[int, ...]: ...


class ArchitectureError(Exception):
    """The tensors are no model of this kind; the message is a sentence without the file's name."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """An F5-TTS `DiT`; f5_tts's own name for a field stands beside it where it has another."""

    dim: int
    depth: int
    heads: int
    dim_head: int = 64
    ff_mult: float = 2
    text_dim: int = 512
    text_layers: int = 4  # conv_layers: ConvNeXtV2 blocks
    text_mult: int = 2  # conv_mult
    mel: int = MEL  # mel_dim
    vocabulary: int = PINYIN_VOCABULARY  # text_num_embeds; the table has one more, row 0 for filler
    qk_norm: str | None = None  # "rms_norm"
    long_skip: bool = False  # long_skip_connection
    # What the tensors cannot tell:
    text_mask_padding: bool = True
    pe_attn_head: int | None = None  # this many heads are rotated; None: all
    average_upsampling: bool = False  # text_embedding_average_upsampling

    @property
    def inner(self) -> int:
        """Width of queries, keys and values."""
        return self.heads * self.dim_head

    @property
    def ff(self) -> int:
        """Inner width of a feed-forward layer."""
        return int(self.dim * self.ff_mult)

    def shapes(self) -> dict[str, Shape]:
        """Every tensor of the transformer that is a parameter, under f5_tts's name for it in its `DiT`."""
        dim, text, wide = self.dim, self.text_dim, self.text_dim * self.text_mult
        found: dict[str, Shape] = {
            **_linear("time_embed.time_mlp.0", TIME_DIM, dim),
            **_linear("time_embed.time_mlp.2", dim, dim),
            "text_embed.text_embed.weight": (self.vocabulary + 1, text),
            **_linear("input_embed.proj", self.mel * 2 + text, dim),
        }
        for layer in range(self.text_layers):
            at = f"text_embed.text_blocks.{layer}"
            found |= {f"{at}.dwconv.weight": (text, 1, TEXT_KERNEL), f"{at}.dwconv.bias": (text,)}
            found |= {f"{at}.norm.weight": (text,), f"{at}.norm.bias": (text,)}
            found |= _linear(f"{at}.pwconv1", text, wide) | _linear(f"{at}.pwconv2", wide, text)
            found |= {f"{at}.grn.gamma": (1, 1, wide), f"{at}.grn.beta": (1, 1, wide)}
        for layer in (0, 2):
            at = f"input_embed.conv_pos_embed.conv1d.{layer}"
            found |= {f"{at}.weight": (dim, dim // CONV_GROUPS, CONV_KERNEL), f"{at}.bias": (dim,)}
        for layer in range(self.depth):
            at = f"transformer_blocks.{layer}"
            found |= _linear(f"{at}.attn_norm.linear", dim, dim * 6)
            for name in ("to_q", "to_k", "to_v"):
                found |= _linear(f"{at}.attn.{name}", dim, self.inner)
            if self.qk_norm:
                found |= {f"{at}.attn.{name}.weight": (self.dim_head,) for name in ("q_norm", "k_norm")}
            found |= _linear(f"{at}.attn.to_out.0", self.inner, dim)
            found |= _linear(f"{at}.ff.ff.0.0", dim, self.ff) | _linear(f"{at}.ff.ff.2", self.ff, dim)
        if self.long_skip:
            found["long_skip_connection.weight"] = (dim, dim * 2)
        return found | _linear("norm_out.linear", dim, dim * 2) | _linear("proj_out", dim, self.mel)

    @property
    def parameters(self) -> int:
        return _count(self.shapes())

    @classmethod
    def named(cls, name: str, vocabulary: int = PINYIN_VOCABULARY) -> Architecture:
        """One of `NAMED`. Raises ArchitectureError."""
        if name not in NAMED:
            raise ArchitectureError(f"there is no architecture {name!r}, only {', '.join(NAMED)}")
        return replace(NAMED[name], vocabulary=vocabulary)

    @classmethod
    def from_config(cls, arch: Mapping[str, object], base: Architecture) -> Architecture:
        """`base` as the `model.arch` table of an f5-tts yaml changes it. Raises ArchitectureError."""
        changed: dict[str, object] = {}
        for theirs, value in arch.items():
            ours = _OUR_NAMES.get(theirs, theirs)
            if ours in _FIELDS and not _is_a(_FIELDS[ours], value):
                raise ArchitectureError(f"its arch.{theirs} cannot be {value!r}")
            if ours in _FIELDS:
                changed[ours] = value
        return replace(base, **changed)  # type: ignore[arg-type]

    @classmethod
    def from_state(cls, state: Mapping[str, Shaped], base: Architecture | None = None) -> Architecture:
        """What the tensors tell of themselves; what they cannot tell is as in `base` (F5TTS_v1_Base).

        Raises ArchitectureError if they are no F5-TTS `DiT` at all.
        """
        base = base or NAMED["F5TTS_v1_Base"]
        if "transformer_blocks.0.attn.to_q.weight" not in state or "proj_out.weight" not in state:
            kind = "an E2-TTS (UNetT)" if any(name.startswith("layers.0.") for name in state) else "no F5-TTS"
            raise ArchitectureError(f"it is {kind} model: it has no transformer_blocks of a DiT")

        def size(name: str, axis: int) -> int:
            shape = tuple(state[name].shape) if name in state else ()
            if len(shape) <= axis:
                raise ArchitectureError(f"{name} is {'of another shape' if shape else 'missing'}")
            return shape[axis]

        dim, mel = size("proj_out.weight", 1), size("proj_out.weight", 0)
        qk_norm = "transformer_blocks.0.attn.q_norm.weight" in state
        if qk_norm:
            dim_head = size("transformer_blocks.0.attn.q_norm.weight", 0)
        elif "rotary_embed.inv_freq" in state:
            dim_head = size("rotary_embed.inv_freq", 0) * 2
        else:
            dim_head = base.dim_head
        inner = size("transformer_blocks.0.attn.to_q.weight", 0)
        text_dim = size("text_embed.text_embed.weight", 1)
        text_layers = _layers(state, "text_embed.text_blocks")
        wide = size("text_embed.text_blocks.0.pwconv1.weight", 0) if text_layers else text_dim * 2
        if not (dim and text_dim and dim_head) or inner % dim_head:
            raise ArchitectureError(f"its {inner} channels of attention are no whole heads of {dim_head}")
        return replace(
            base,
            dim=dim,
            depth=_layers(state, "transformer_blocks"),
            heads=inner // dim_head,
            dim_head=dim_head,
            ff_mult=size("transformer_blocks.0.ff.ff.0.0.weight", 0) / dim,
            text_dim=text_dim,
            text_layers=text_layers,
            text_mult=wide // text_dim,
            mel=mel,
            vocabulary=size("text_embed.text_embed.weight", 0) - 1,
            qk_norm="rms_norm" if qk_norm else None,
            long_skip="long_skip_connection.weight" in state,
        )


@dataclass(frozen=True, slots=True)
class VocosArchitecture:
    """A Vocos of mel features, a ConvNeXt backbone and an inverse short-time Fourier transform."""

    mel: int = MEL
    dim: int = 512
    intermediate: int = 1536
    layers: int = 8
    n_fft: int = 1024
    hop: int = 256
    padding: str = "center"  # of the transform: "center" or "same"; what the tensors cannot tell, with hop

    def shapes(self) -> dict[str, Shape]:
        """Every parameter under vocos's own name for it; its buffers (windows, filters) are left out."""
        dim = self.dim
        found: dict[str, Shape] = {
            "backbone.embed.weight": (dim, self.mel, 7),
            "backbone.embed.bias": (dim,),
            **_norm("backbone.norm", dim),
            **_norm("backbone.final_layer_norm", dim),
            **_linear("head.out", dim, self.n_fft + 2),
        }
        for layer in range(self.layers):
            at = f"backbone.convnext.{layer}"
            found |= {f"{at}.dwconv.weight": (dim, 1, 7), f"{at}.dwconv.bias": (dim,), f"{at}.gamma": (dim,)}
            found |= _norm(f"{at}.norm", dim)
            found |= _linear(f"{at}.pwconv1", dim, self.intermediate)
            found |= _linear(f"{at}.pwconv2", self.intermediate, dim)
        return found

    @property
    def parameters(self) -> int:
        return _count(self.shapes())

    @classmethod
    def from_state(
        cls, state: Mapping[str, Shaped], base: VocosArchitecture | None = None
    ) -> VocosArchitecture:
        """What the tensors tell; hop and padding are as in `base`. Raises ArchitectureError."""
        shapes = {name: tuple(tensor.shape) for name, tensor in state.items()}
        embed = shapes.get("backbone.embed.weight", ())
        out = shapes.get("head.out.weight", ())
        wide = shapes.get("backbone.convnext.0.pwconv1.weight", ())
        if len(embed) != 3 or len(out) != 2 or len(wide) != 2:
            raise ArchitectureError("it is no Vocos model of mel features")
        return replace(
            base or cls(),
            mel=embed[1],
            dim=embed[0],
            intermediate=wide[0],
            layers=_layers(state, "backbone.convnext"),
            n_fft=out[0] - 2,
        )


# As the yaml files in f5_tts/configs have them; all of them speak to Vocos at 24 kHz with hop 256.
NAMED: Mapping[str, Architecture] = {
    "F5TTS_v1_Base": Architecture(dim=1024, depth=22, heads=16),
    "F5TTS_Base": Architecture(dim=1024, depth=22, heads=16, text_mask_padding=False, pe_attn_head=1),
    "F5TTS_v1_Small": Architecture(dim=768, depth=18, heads=12),
    "F5TTS_Small": Architecture(dim=768, depth=18, heads=12, text_mask_padding=False, pe_attn_head=1),
}

_OUR_NAMES = {
    "conv_layers": "text_layers",
    "conv_mult": "text_mult",
    "mel_dim": "mel",
    "long_skip_connection": "long_skip",
    "text_embedding_average_upsampling": "average_upsampling",
}
_FIELDS = {field.name: str(field.type) for field in fields(Architecture)}


def _is_a(kind: str, value: object) -> bool:
    if value is None:
        return "None" in kind
    if kind.startswith("bool"):
        return isinstance(value, bool)
    if kind.startswith("str"):
        return value == "rms_norm"
    number = isinstance(value, int | float) if kind == "float" else isinstance(value, int)
    return number and not isinstance(value, bool) and isinstance(value, int | float) and 0 <= value < 100_000


def _layers(state: Mapping[str, Shaped], prefix: str) -> int:
    """How many blocks there are from 0 on, by their names."""
    pattern = re.compile(re.escape(prefix) + r"\.(\d{1,4})\.")
    return 1 + max((int(match[1]) for name in state if (match := pattern.match(name))), default=-1)


def _linear(at: str, of: int, to: int) -> dict[str, Shape]:
    return {f"{at}.weight": (to, of), f"{at}.bias": (to,)}


def _norm(at: str, dim: int) -> dict[str, Shape]:
    return {f"{at}.weight": (dim,), f"{at}.bias": (dim,)}


def _count(shapes: Mapping[str, Shape]) -> int:
    total = 0
    for shape in shapes.values():
        size = 1
        for length in shape:
            size *= length
        total += size
    return total
