"""Writes a model bundle directory: weights.safetensors, tokens.txt, phones.txt and bundle.textproto."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

DIRECTIONS = ("unidirectional", "bidirectional")
BLANK_TOKEN = "<blank>"
HEADS_FILE = "training-heads.safetensors"  # beside the bundle; the server does not read it
SPACE_TOKEN = "\N{LOWER ONE EIGHTH BLOCK}"  # stands for the space between words


@dataclass(frozen=True)
class FrontendSettings:
    """Audio to model input: the fields of oido.config.FrontendConfig."""

    sample_rate_hz: int = 16000
    frame_length_ms: int = 25
    hop_ms: int = 10
    mel_bins: int = 80
    mel_low_hz: float = 20.0
    mel_high_hz: float = 6000.0
    preemphasis: float = 0.97
    energy_floor: float = 1.0
    stacked_frames: int = 3
    stride_frames: int = 3

    @property
    def step_ms(self) -> int:
        return self.hop_ms * self.stride_frames

    @property
    def input_size(self) -> int:
        return self.mel_bins * self.stacked_frames


@dataclass(frozen=True)
class BundleInfo:
    """What a bundle says about itself, and its decoder settings."""

    name: str
    version: str
    language_code: str
    description: str
    flush_padding_ms: int
    emission_delay_ms: int


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _lines(tokens: list[str]) -> bytes:
    return "".join(f"{token}\n" for token in tokens).encode()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _word_search(directory: Path) -> str:
    """What a bundle.textproto that lies there says of lexicon and language model: a new network keeps them."""
    path = directory / "bundle.textproto"
    found = path.exists() and re.search(r"^  word_search \{\n.*?^  \}\n", path.read_text(encoding="utf-8"), re.M | re.S)
    return found[0] if found else ""


def _textproto(
    info: BundleInfo, frontend: FrontendSettings, tokens: list[str], phones: list[str],
    tensors: dict[str, np.ndarray], layers: int, hidden_size: int, direction: str, forward_layers: int, word_search: str,
) -> str:
    lines = [
        "# proto-file: proto/oido/config/model_bundle.proto",
        "# proto-message: oido.config.ModelBundle",
        "format_version: 1",
        f'name: "{info.name}"',
        f'version: "{info.version}"',
        f'language_code: "{info.language_code}"',
        f'description: "{info.description}"',
        "frontend {",
        *(f"  {key}: {_number(value)}" for key, value in vars(frontend).items()),
        "}",
        "acoustic_model {",
        f"  layers: {layers}",
        f"  hidden_size: {hidden_size}",
        f"  tokens: {len(tokens)}",
        *([f"  direction: {direction.upper()}"] if direction != DIRECTIONS[0] else []),
        *([f"  forward_layers: {forward_layers}"] if forward_layers else []),
        *([f"  phones: {len(phones)}"] if phones else []),
        *(["  precision: INT8"] if "output.weight.scale" in tensors else []),
        "}",
        "decoder {",
        f"  flush_padding_ms: {info.flush_padding_ms}",
        f"  emission_delay_ms: {info.emission_delay_ms}",
        *word_search.splitlines(),
        "}",
    ]
    for name in sorted(tensors):
        tensor = tensors[name]
        dtype = {"float32": "F32", "float16": "F16", "int8": "I8"}[tensor.dtype.name]
        lines += [
            "tensors {",
            f'  name: "{name}"',
            f'  dtype: "{dtype}"',
            *(f"  shape: {size}" for size in tensor.shape),
            f'  sha256: "{_sha256(tensor.tobytes())}"',
            "}",
        ]
    lines.append(f'tokens_sha256: "{_sha256(_lines(tokens))}"')
    if phones:
        lines.append(f'phones_sha256: "{_sha256(_lines(phones))}"')
    return "\n".join(lines) + "\n"


def write_bundle(
    directory: Path, info: BundleInfo, frontend: FrontendSettings, tokens: list[str],
    tensors: dict[str, np.ndarray], layers: int, hidden_size: int, *, direction: str = "unidirectional",
    forward_layers: int = 0, phones: list[str] | None = None,
) -> None:
    """Writes the files; tensor names as in model_bundle.proto, `direction` one of DIRECTIONS.

    `phones` are named where the tensors have a phone head, the blank first. The `word_search` of a bundle.textproto
    that is replaced stays in it.
    """
    if direction not in DIRECTIONS:
        raise ValueError(f"direction is {direction!r}, must be one of {DIRECTIONS}")
    directory.mkdir(parents=True, exist_ok=True)
    tensors = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    save_file(tensors, directory / "weights.safetensors")
    (directory / "weights.safetensors").chmod(0o644)
    (directory / "tokens.txt").write_bytes(_lines(tokens))
    if phones:
        (directory / "phones.txt").write_bytes(_lines(phones))
    word_search = _word_search(directory)
    text = _textproto(
        info, frontend, tokens, phones or [], tensors, layers, hidden_size, direction, forward_layers, word_search
    )
    (directory / "bundle.textproto").write_text(text, encoding="utf-8")
