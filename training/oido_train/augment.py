"""Augmentation of log-mels on the fly: gain, tilt, mel-axis warping and SpecAugment masks."""

import math

import numpy as np

from oido_train.config import AugmentSettings


def _warp(log_mels: np.ndarray, factor: float) -> np.ndarray:
    """Stretches the mel axis by `factor`, as another vocal-tract length would."""
    bins = log_mels.shape[1]
    position = np.clip(np.arange(bins) * factor, 0, bins - 1)
    low = np.minimum(position.astype(np.int64), bins - 2)
    share = (position - low).astype(np.float32)
    return log_mels[:, low] * (1.0 - share) + log_mels[:, low + 1] * share


def augment(
    log_mels: np.ndarray, settings: AugmentSettings, energy_floor: float, rng: np.random.Generator
) -> np.ndarray:
    """A changed copy of [frames, mel_bins] log-mels; masked cells are NaN."""
    frames, bins = log_mels.shape
    if rng.random() < settings.warp_probability:
        log_mels = _warp(log_mels, 1.0 + rng.uniform(-settings.warp_max, settings.warp_max))
    gain = np.clip(rng.normal(0.0, settings.gain_stddev), -3.0, 3.0)
    tilt = rng.normal(0.0, settings.tilt_stddev) * np.linspace(-1.0, 1.0, bins)
    log_mels = np.maximum(log_mels + (gain + tilt).astype(np.float32), np.float32(math.log(energy_floor)))
    for _ in range(settings.frequency_masks):
        width = int(rng.integers(0, settings.frequency_mask_max_bins + 1))
        first = int(rng.integers(0, bins - width + 1))
        log_mels[:, first : first + width] = np.nan
    longest = min(settings.time_mask_max_frames, int(frames * settings.time_mask_max_share))
    for _ in range(settings.time_masks):
        width = int(rng.integers(0, longest + 1))
        first = int(rng.integers(0, frames - width + 1))
        log_mels[first : first + width] = np.nan
    return log_mels
