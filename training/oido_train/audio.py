"""Decodes audio files to 16 kHz samples and makes perturbed copies of them."""

from pathlib import Path

import numpy as np
import scipy.signal
import soundfile
import soxr

SAMPLE_RATE_HZ = 16000
INT16_SCALE = 32768.0  # the front end works on samples of int16 magnitude


def read_samples(path: Path) -> np.ndarray:
    """Reads any file libsndfile knows as mono float32 at 16 kHz, int16 magnitude."""
    samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    mono = samples.mean(axis=1)
    if rate_hz != SAMPLE_RATE_HZ:
        mono = soxr.resample(mono, rate_hz, SAMPLE_RATE_HZ, quality="HQ")
    return (mono * INT16_SCALE).astype(np.float32)


def change_speed(samples: np.ndarray, speed: float) -> np.ndarray:
    """Plays `samples` `speed` times as fast (pitch changes too, as on a tape)."""
    if abs(speed - 1.0) < 1e-3:
        return samples
    return soxr.resample(samples, SAMPLE_RATE_HZ * speed, SAMPLE_RATE_HZ, quality="MQ").astype(np.float32)


def _coloured_noise(count: int, exponent: float, rng: np.random.Generator) -> np.ndarray:
    """Gaussian noise whose power falls with frequency to the power `exponent`, unit power."""
    size = scipy.fft.next_fast_len(count, real=True)
    spectrum = rng.standard_normal(size // 2 + 1) + 1j * rng.standard_normal(size // 2 + 1)
    frequency = np.maximum(np.arange(size // 2 + 1) / size, 1.0 / 200.0)
    noise = scipy.fft.irfft(spectrum * frequency ** (-exponent / 2), size)[:count]
    return (noise / (np.sqrt(np.mean(noise**2)) + 1e-9)).astype(np.float32)


def add_noise(samples: np.ndarray, snr_db: float, rng: np.random.Generator) -> np.ndarray:
    """Adds noise of a random colour (white to brown) at a signal-to-noise ratio."""
    power = float(np.mean(samples**2))
    noise = _coloured_noise(len(samples), rng.uniform(0.0, 2.0), rng)
    return samples + noise * np.sqrt(power * 10 ** (-snr_db / 10)).astype(np.float32)


def reverberate(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Puts `samples` into a made-up room: a direct path and a decaying noise tail."""
    rt60_s = rng.uniform(0.15, 0.6)
    length = int(rt60_s * SAMPLE_RATE_HZ)
    time_s = np.arange(length) / SAMPLE_RATE_HZ
    tail = rng.standard_normal(length) * np.exp(-6.9 * time_s / rt60_s)
    tail[: int(0.002 * SAMPLE_RATE_HZ)] = 0.0
    direct_to_reverberant = 10 ** (rng.uniform(0.0, 12.0) / 20)
    response = tail / np.sqrt(np.sum(tail**2)) / direct_to_reverberant
    response[0] = 1.0
    return scipy.signal.oaconvolve(samples, response.astype(np.float32))[: len(samples)].astype(np.float32)


def low_pass(samples: np.ndarray, cutoff_hz: float) -> np.ndarray:
    """Removes what lies above `cutoff_hz` (codecs, telephone lines)."""
    sections = scipy.signal.butter(8, cutoff_hz, fs=SAMPLE_RATE_HZ, output="sos")
    return scipy.signal.sosfilt(sections, samples).astype(np.float32)


def mu_law(samples: np.ndarray) -> np.ndarray:
    """Rounds samples as 8-bit G.711 mu-law coding does."""
    x = np.clip(samples / INT16_SCALE, -1.0, 1.0)
    y = np.sign(x) * np.log1p(255.0 * np.abs(x)) / np.log1p(255.0)
    y = np.round(y * 127.0) / 127.0
    return (np.sign(y) * np.expm1(np.abs(y) * np.log1p(255.0)) / 255.0 * INT16_SCALE).astype(np.float32)


def telephone_line(samples: np.ndarray) -> np.ndarray:
    """Down to 8 kHz, through mu-law, and back to 16 kHz."""
    narrow = soxr.resample(samples, SAMPLE_RATE_HZ, SAMPLE_RATE_HZ // 2, quality="HQ")
    wide = soxr.resample(mu_law(narrow), SAMPLE_RATE_HZ // 2, SAMPLE_RATE_HZ, quality="HQ")
    return np.resize(wide, len(samples)).astype(np.float32)
