"""Microseconds of a log-mel frame: ours and kaldi-native-fbank's, same audio, same output, one core.

    bench/peers/setup-venv
    ~/.cache/oido/venv-peers/bin/python bench/peers/features.py --core 1 --json features.json

Needs the build's bin/oido-features and bin/features_benchmark (-DOIDO_BUILD_BENCH=ON). CPU time; the least of some
rounds. Ours is features_benchmark: BM_LogMelFrame, the frame alone, and BM_SecondOfAudio/16000, 100 frames with
everything before and behind (16-bit samples in 20 ms messages, stacking, normalisation). Theirs is OnlineFbank over the
recording, repeated to a minute, in one call; the list of samples that its binding takes is copied once on the way in.
"""

import argparse
import io
import subprocess
import time
from pathlib import Path

import kaldi_native_fbank as knf
import numpy as np
import report
import soundfile

AUDIO = Path("/usr/share/pocketsphinx/test/data/librivox/sense_and_sensibility_01_austen_64kb-0870.wav")
# Of models/oido-en.
MEL_BINS, MEL_LOW_HZ, MEL_HIGH_HZ, PREEMPHASIS, ENERGY_FLOOR = 80, 20.0, 6000.0, 0.97, 150.0
SECONDS_MIN = 60  # of audio in one call


def fbank(samples: np.ndarray) -> knf.OnlineFbank:
    """All frames of `samples` (int16 range), computed."""
    options = knf.FbankOptions()
    options.frame_opts.dither = 0
    options.frame_opts.samp_freq = 16000
    options.frame_opts.preemph_coeff = PREEMPHASIS
    options.frame_opts.snip_edges = True
    options.mel_opts.num_bins = MEL_BINS
    options.mel_opts.low_freq, options.mel_opts.high_freq = MEL_LOW_HZ, MEL_HIGH_HZ
    computer = knf.OnlineFbank(options)
    computer.accept_waveform(16000, samples)
    computer.input_finished()
    return computer


def measure(options: argparse.Namespace, samples: np.ndarray) -> dict[str, float]:
    """Least microseconds of a frame by name."""
    repeated = np.tile(samples, -(-SECONDS_MIN * 16000 // len(samples))).tolist()  # the binding takes lists
    theirs, frame_alone, whole = [], [], []
    for _ in range(options.rounds):
        start = time.process_time()
        frames = fbank(repeated).num_frames_ready
        theirs.append((time.process_time() - start) / frames * 1e6)
        found = report.run_benchmark(
            options.build / "bin/features_benchmark", "^BM_(LogMelFrame|SecondOfAudio/16000)$", 0.5
        )
        frame_alone.append(found["BM_LogMelFrame"] / 1e3)
        whole.append(found["BM_SecondOfAudio/16000"] / 1e3 / 100)
    return {
        "oído, frame alone": min(frame_alone), "oído, samples to model input": min(whole),
        "kaldi-native-fbank": min(theirs),
    }


def largest_difference(options: argparse.Namespace, samples: np.ndarray) -> float:
    """Between log-mels of `oido-features` and theirs."""
    command = [
        str(options.build / "bin/oido-features"), str(options.audio), "--format", "npy",
        "--mel_bins", str(MEL_BINS), "--mel_low_hz", str(MEL_LOW_HZ), "--mel_high_hz", str(MEL_HIGH_HZ),
        "--energy_floor", str(ENERGY_FLOOR), "--stacked_frames", "1", "--stride_frames", "1",
    ]
    ours = np.load(io.BytesIO(subprocess.run(command, check=True, capture_output=True).stdout))
    computer = fbank(samples.tolist())
    theirs = np.stack([computer.get_frame(index) for index in range(computer.num_frames_ready)])
    if not len(theirs) <= len(ours) <= len(theirs) + 1:  # ours fills the last frame up with silence
        raise SystemExit(f"{len(ours)} frames of ours, {len(theirs)} of theirs")
    return float(np.abs(ours[: len(theirs)] - np.maximum(theirs, np.log(ENERGY_FLOOR))).max())


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=Path("build/release"))
    parser.add_argument("--audio", type=Path, default=AUDIO, help="16 kHz, mono")
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    report.use_one_core(options.core)
    samples, rate = soundfile.read(options.audio, dtype="float32")
    if rate != 16000 or samples.ndim != 1:
        parser.error(f"{options.audio} is not 16 kHz, mono")
    samples = samples * 32768.0
    result = measure(options, samples)
    difference = largest_difference(options, samples)
    print("Microseconds of a log-mel frame, one core\n")
    report.print_table(["", "µs"], [[name, value] for name, value in result.items()])
    print(f"\nLargest difference of a log-mel: {difference:.2g}")
    report.write_json(options.json, {
        "machine": report.machine(["kaldi_native_fbank"]), "microseconds": result, "largest_difference": difference,
    })


if __name__ == "__main__":
    main()
