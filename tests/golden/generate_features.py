"""Writes tests/data/features/*: what two other implementations make of a signal.

    python tests/golden/generate_features.py tests/data/features

kaldi-native-fbank is Kaldi's code (float arithmetic); the NumPy/SciPy version
below was written from the formulas (float64). Each file's first line says which
versions wrote it; then one row a line.
"""
import pathlib
import sys

import kaldi_native_fbank as knf
import numpy as np
import scipy
import scipy.fft
import scipy.signal

RATE = 16000


def signal(count: int = 3200) -> np.ndarray:
    """Chirp 100..5100 Hz with noise from an LCG, silent in the last quarter.

    Integers in the int16 range; tests/golden/feature_signal.h is the same in C++.
    """
    state, samples = 12345, np.zeros(count)
    for n in range(count * 3 // 4):
        state = (state * 1664525 + 1013904223) % 2**32
        t = n / RATE
        chirp = np.sin(2 * np.pi * (100 * t + 0.5 * 25000 * t * t))
        samples[n] = np.floor(6000 * chirp + ((state >> 16) - 32768) / 64 + 0.5)
    return samples


CONFIGS = {
    "default": dict(length_ms=25, bins=80, low=20, high=7600, preemphasis=0.97, floor=1.0),
    "narrow": dict(length_ms=20, bins=40, low=125, high=6000, preemphasis=0.0, floor=1e-3),
}


def kaldi_fbank(samples, c):
    options = knf.FbankOptions()
    options.frame_opts.dither = 0
    options.frame_opts.samp_freq = RATE
    options.frame_opts.frame_length_ms = c["length_ms"]
    options.frame_opts.preemph_coeff = c["preemphasis"]
    options.frame_opts.snip_edges = True
    options.mel_opts.num_bins = c["bins"]
    options.mel_opts.low_freq = c["low"]
    options.mel_opts.high_freq = c["high"]
    fbank = knf.OnlineFbank(options)
    fbank.accept_waveform(RATE, samples.tolist())
    fbank.input_finished()
    frames = np.stack([fbank.get_frame(i) for i in range(fbank.num_frames_ready)])
    # Its own floor is the least float; a higher one after the logarithm is the same.
    return np.maximum(frames, np.log(c["floor"]))


def mel(hz):
    return 1127 * np.log1p(np.asarray(hz) / 700)


def mel_rows(c, fft_size):
    """[bins, fft_size / 2 + 1]"""
    edges = np.linspace(mel(c["low"]), mel(c["high"]), c["bins"] + 2)
    lines = mel(np.arange(fft_size // 2 + 1) * RATE / fft_size)
    lines[-1] = np.inf  # Kaldi leaves the Nyquist line out
    left, centre, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    return np.maximum(
        0, np.minimum((lines - left) / (centre - left), (right - lines) / (right - centre)))


def numpy_fbank(samples, c):
    length, hop = RATE * c["length_ms"] // 1000, RATE // 100
    frames = np.lib.stride_tricks.sliding_window_view(samples, length)[::hop]
    frames = frames - frames.mean(axis=1, keepdims=True)
    before = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    frames = frames - c["preemphasis"] * before
    frames = frames * scipy.signal.windows.hann(length, sym=True) ** 0.85
    fft_size = 1 << (length - 1).bit_length()
    power = np.abs(scipy.fft.rfft(frames, fft_size)) ** 2
    return np.log(np.maximum(power @ mel_rows(c, fft_size).T, c["floor"]))


def steps(frames, stacked, stride):
    """Normalised and stacked, without padding: [steps, stacked * bins]"""
    bins = frames.shape[1]
    mean, inverse_stddev = 5 + 0.05 * np.arange(bins), 0.25 + 0.001 * np.arange(bins)
    frames = (frames - mean) * inverse_stddev
    return np.stack([frames[i:i + stacked].ravel()
                     for i in range(0, len(frames) - stacked + 1, stride)])


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    samples = signal()

    def save(name, rows, versions):
        header = f"generate_features.py {name}: {versions}"
        np.savetxt(folder / f"{name}.txt", rows, fmt="%.5f", header=header)

    with_knf = f"kaldi-native-fbank {knf.__version__}"
    with_numpy = f"NumPy {np.__version__}, SciPy {scipy.__version__}"
    for name, c in CONFIGS.items():
        save(f"kaldi_{name}", kaldi_fbank(samples, c), with_knf)
        save(f"numpy_{name}", numpy_fbank(samples, c), with_numpy)
    narrow = numpy_fbank(samples, CONFIGS["narrow"])
    save("numpy_steps_5_2", steps(narrow, 5, 2), with_numpy)
    rows = mel_rows(CONFIGS["default"], 512)
    # Sparse: mel bin, FFT line, weight.
    save("numpy_mel_rows", [[b, k, rows[b, k]] for b, k in zip(*np.nonzero(rows))], with_numpy)


main()
