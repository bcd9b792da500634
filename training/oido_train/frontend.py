"""Log-mel features from oido-features, the C++ front end that also serves (or kaldi-native-fbank where it is not built)."""

import math
import struct
import subprocess
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np

from oido_train.bundle import FrontendSettings


class Frontend(Protocol):
    """Turns 16 kHz samples of int16 magnitude into log-mels [frames, mel_bins]."""

    def log_mels(self, samples: np.ndarray) -> np.ndarray: ...


class OidoFeatures:
    """One running `oido-features --pipe` process."""

    def __init__(self, binary: Path, settings: FrontendSettings) -> None:
        self._process = subprocess.Popen(
            [
                str(binary), "--pipe", f"--mel_bins={settings.mel_bins}", f"--mel_low_hz={settings.mel_low_hz:g}",
                f"--mel_high_hz={settings.mel_high_hz:g}", f"--energy_floor={settings.energy_floor:g}",
            ],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )

    def log_mels(self, samples: np.ndarray) -> np.ndarray:
        to_process, from_process = self._process.stdin, self._process.stdout
        assert to_process is not None and from_process is not None
        to_process.write(struct.pack("<I", len(samples)) + samples.astype("<f4").tobytes())
        to_process.flush()
        frames, bins = struct.unpack("<II", _read_exactly(from_process, 8))
        return np.frombuffer(_read_exactly(from_process, frames * bins * 4), "<f4").reshape(frames, bins)


class KaldiNativeFbank:
    """The same formulas by kaldi-native-fbank; agrees with oido-features to about 1e-3."""

    def __init__(self, settings: FrontendSettings) -> None:
        import kaldi_native_fbank

        self._online_fbank = kaldi_native_fbank.OnlineFbank
        self._log_floor = math.log(settings.energy_floor)
        self._sample_rate_hz = settings.sample_rate_hz
        self._options = kaldi_native_fbank.FbankOptions()
        self._options.frame_opts.samp_freq = settings.sample_rate_hz
        self._options.frame_opts.dither = 0.0
        self._options.frame_opts.frame_length_ms = settings.frame_length_ms
        self._options.frame_opts.frame_shift_ms = settings.hop_ms
        self._options.frame_opts.preemph_coeff = settings.preemphasis
        self._options.frame_opts.remove_dc_offset = True
        self._options.frame_opts.window_type = "povey"
        self._options.frame_opts.snip_edges = True
        self._options.mel_opts.num_bins = settings.mel_bins
        self._options.mel_opts.low_freq = settings.mel_low_hz
        self._options.mel_opts.high_freq = settings.mel_high_hz
        self._mel_bins = settings.mel_bins

    def log_mels(self, samples: np.ndarray) -> np.ndarray:
        fbank = self._online_fbank(self._options)
        fbank.accept_waveform(self._sample_rate_hz, np.ascontiguousarray(samples, np.float32))
        fbank.input_finished()
        if fbank.num_frames_ready == 0:
            return np.zeros((0, self._mel_bins), np.float32)
        frames = np.stack([fbank.get_frame(i) for i in range(fbank.num_frames_ready)])
        return np.maximum(frames, self._log_floor)


def _read_exactly(stream: BinaryIO, count: int) -> bytes:
    data = stream.read(count)
    if len(data) != count:
        raise RuntimeError("oido-features ended early")
    return data


def open_frontend(binary: Path | None, settings: FrontendSettings) -> Frontend:
    """The C++ front end where `binary` is given, else kaldi-native-fbank."""
    return OidoFeatures(binary, settings) if binary else KaldiNativeFbank(settings)
