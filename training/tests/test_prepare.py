"""Perturbation and feature extraction on made-up audio."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from oido_train.bundle import FrontendSettings
from oido_train.audio import add_noise, read_samples, telephone_line
from oido_train.config import CopySettings
from oido_train.dataset import stack_frames
from oido_train.degrade import degrade
from oido_train.frontend import KaldiNativeFbank
from oido_train.manifest import Utterance, read_manifest
from oido_train.prepare import perturb


def tone(seconds: float, hz: float = 440.0) -> np.ndarray:
    return (3000.0 * np.sin(2 * np.pi * hz * np.arange(int(16000 * seconds)) / 16000)).astype(np.float32)


def test_speed_shortens_by_its_factor() -> None:
    copy = CopySettings("fast", speed_min=1.25, speed_max=1.25)
    samples, speed = perturb(tone(1.0), copy, np.random.default_rng(0))
    assert speed == 1.25
    assert abs(len(samples) - 12800) < 20


def test_every_degradation_keeps_length_and_is_finite() -> None:
    for name in ("noise_probability", "reverberation_probability", "low_pass_probability", "telephone_probability"):
        samples, _ = perturb(tone(0.5), CopySettings("x", **{name: 1.0}), np.random.default_rng(1))
        assert len(samples) == 8000, name
        assert np.isfinite(samples).all(), name


def test_silence_sits_on_the_energy_floor() -> None:
    settings = FrontendSettings(energy_floor=150.0)
    log_mels = KaldiNativeFbank(settings).log_mels(np.zeros(16000, np.float32))
    assert log_mels.shape == (98, 80)
    np.testing.assert_allclose(log_mels, np.log(150.0), rtol=1e-6)


def test_stacking_drops_the_incomplete_step() -> None:
    steps = stack_frames(np.arange(14, dtype=np.float32).reshape(7, 2), 3, 3)
    np.testing.assert_array_equal(steps, [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]])


def test_noise_has_the_asked_for_ratio() -> None:
    speech = tone(1.0)
    noise = add_noise(speech, 10.0, np.random.default_rng(2)) - speech
    assert 10 * np.log10(np.mean(speech**2) / np.mean(noise**2)) == pytest.approx(10.0, abs=0.1)


def test_a_degraded_split_is_a_data_folder_with_the_same_noise_at_every_call(tmp_path: Path) -> None:
    speech = tone(1.0)
    soundfile.write(tmp_path / "speech.wav", speech / 32768.0, 16000)
    utterance = Utterance("a/b", tmp_path / "speech.wav", 1.0, "ann", "books", "eval", "a tone")
    for name in ("one", "two"):
        degrade([utterance], 10.0, False, tmp_path / name)
    found = [read_manifest([tmp_path / name], {})[0] for name in ("one", "two")]
    assert (found[0].utterance_id, found[0].split, found[0].text) == ("a/b", "eval", "a tone")
    samples = [read_samples(u.path) for u in found]
    np.testing.assert_array_equal(*samples)
    noise = samples[0] - speech
    assert 10 * np.log10(np.mean(speech**2) / np.mean(noise**2)) == pytest.approx(10.0, abs=0.2)


def test_a_telephone_line_carries_the_voice_band_only() -> None:
    low, high = tone(1.0, 1000.0), tone(1.0, 5000.0)
    through = telephone_line(low + high)
    assert len(through) == len(low)
    spectrum = np.abs(np.fft.rfft(through[2000:14000]))
    hz = np.fft.rfftfreq(12000, 1 / 16000)
    assert hz[np.argmax(spectrum)] == pytest.approx(1000.0, abs=2.0)
    assert spectrum[hz > 4100.0].max() < 0.01 * spectrum.max()
