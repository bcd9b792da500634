"""One experiment as one TOML file: the settings of every stage, with their defaults."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from oido_train.bundle import FrontendSettings


@dataclass(frozen=True)
class CopySettings:
    """One perturbed copy of the training audio; probabilities are per utterance."""

    name: str
    weight: float = 1.0  # how often this copy is drawn, relative to the others
    speed_min: float = 1.0
    speed_max: float = 1.0
    noise_probability: float = 0.0
    snr_min_db: float = 5.0
    snr_max_db: float = 25.0
    reverberation_probability: float = 0.0
    low_pass_probability: float = 0.0  # a cut between 3.8 and 6 kHz
    telephone_probability: float = 0.0  # 3.4 kHz and mu-law


@dataclass(frozen=True)
class DataSettings:
    """What is trained on, and how often."""

    dev_speakers: dict[str, int] = field(default_factory=dict)  # source -> held-back speakers
    source_weight: dict[str, float] = field(default_factory=dict)  # passes over a source per epoch, default 1
    splice_sources: list[str] = field(default_factory=list)  # whose speakers say new sentences, see splice.py
    splice_copies: list[str] = field(default_factory=lambda: ["clean"])
    spliced_utterances: int = 0
    flush_padding_ms: int = 240  # digital silence behind each utterance, as the server adds it


@dataclass(frozen=True)
class ModelSettings:
    """Size of the network."""

    layers: int = 3
    hidden_size: int = 384
    dropout: float = 0.15
    bidirectional: bool = False  # for whole recordings (unary Recognize) only
    forward_layers: int = 0  # of a bidirectional network: its lowest layers that run forward only


@dataclass(frozen=True)
class AugmentSettings:
    """Changes made to the log-mels on the fly."""

    gain_stddev: float = 1.2  # natural-log units, clipped at 3
    tilt_stddev: float = 0.5  # natural-log units from the middle to the top bin
    warp_probability: float = 0.3
    warp_max: float = 0.08  # relative change of the mel axis
    frequency_masks: int = 2
    frequency_mask_max_bins: int = 15
    time_masks: int = 2
    time_mask_max_frames: int = 25
    time_mask_max_share: float = 0.06


@dataclass(frozen=True)
class TrainSettings:
    """Schedule and optimiser; one update is one batch."""

    seed: int = 1
    total_updates: int = 16000
    batch_utterances_max: int = 40
    batch_steps: int = 12000  # padded model steps in a batch, at most
    short_first_updates: int = 600  # utterances under 4 s only, before this update
    learning_rate: float = 2e-3
    warmup_updates: int = 300
    flat_share: float = 0.3  # of the updates at the full learning rate, then cosine to zero
    weight_decay: float = 0.01
    gradient_clip: float = 1.0
    ctc_from_update: int = 200  # CTC grows from here ...
    ctc_full_update: int = 1000  # ... to here
    phone_ctc_weight: float = 0.7  # beside the letters' 1
    frame_loss_weight: float = 0.1  # phone of each step, later on; 1 until CTC has grown
    frame_loss_fades_until: int = 1200
    frame_delay_steps: int = 2  # how much of the future that head has heard
    frozen_layers: int = 0  # lowest layers that stay as they begin: a fine-tuning run learns the rest in less time
    average_decay: float = 0.999  # of the moving average of the weights
    evaluate_every: int = 400
    checkpoint_every: int = 200
    keep_every: int = 1000  # averaged weights kept for `average`; a multiple of checkpoint_every


@dataclass(frozen=True)
class Experiment:
    """Everything that makes one model."""

    name: str
    description: str
    frontend: FrontendSettings
    data: DataSettings
    copies: tuple[CopySettings, ...]
    model: ModelSettings
    augment: AugmentSettings
    train: TrainSettings


def read_experiment(path: Path) -> Experiment:
    """Reads a TOML file; an unknown key is an error."""
    with open(path, "rb") as file:
        table = tomllib.load(file)
    return Experiment(
        name=table["name"],
        description=table["description"],
        frontend=FrontendSettings(**table.get("frontend", {})),
        data=DataSettings(**table.get("data", {})),
        copies=tuple(CopySettings(**copy) for copy in table["copy"]),
        model=ModelSettings(**table.get("model", {})),
        augment=AugmentSettings(**table.get("augment", {})),
        train=TrainSettings(**table.get("train", {})),
    )
