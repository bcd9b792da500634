"""Aligns every training utterance with its phones by PocketSphinx: the targets of cross-entropy pre-training."""

import os
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from tqdm import tqdm

from oido_train.audio import read_samples
from oido_train.lexicon import PHONE_IDS, Lexicon
from oido_train.manifest import Utterance

_decoder = None  # one per worker process


def write_dictionary(path: Path, lexicon: Lexicon, words: set[str]) -> None:
    """Writes the pronunciations of `words` in the form PocketSphinx reads."""
    with open(path, "w", encoding="utf-8") as file:
        for word in sorted(words):
            for index, phones in enumerate(lexicon.pronunciations(word)):
                name = word if index == 0 else f"{word}({index + 1})"
                file.write(f"{name} {' '.join(phones)}\n")


def _start_worker(dictionary_path: str) -> None:
    global _decoder
    import pocketsphinx

    _decoder = pocketsphinx.Decoder(
        hmm=os.path.join(pocketsphinx.get_model_path(), "en-us", "en-us"),
        dict=dictionary_path, lm=None, loglevel="FATAL",
        bestpath=False,  # word-lattice rescoring loses the end of narrow lattices
        beam=1e-100, wbeam=1e-80, pbeam=1e-100,
    )


def _align(utterance: Utterance) -> tuple[str, np.ndarray, np.ndarray] | None:
    """Phone of each 10 ms frame, and [words, 2] first and end frames; None where it fails."""
    samples = read_samples(utterance.path)
    pcm = np.clip(samples, -32768, 32767).astype("<i2").tobytes()
    try:
        _decoder.set_align_text(utterance.text)
        for second_pass in (False, True):
            if second_pass:
                _decoder.set_alignment()
            _decoder.start_utt()
            _decoder.process_raw(pcm, full_utt=True)
            _decoder.end_utt()
        alignment = _decoder.get_alignment()
        frames: list[int] = []
        words: list[tuple[int, int]] = []
        for word in alignment:
            start = len(frames)
            for phone in word:
                frames.extend([PHONE_IDS.get(phone.name, 0)] * phone.duration)
            if word.name not in ("<s>", "</s>", "<sil>", "[NOISE]", "[SPEECH]", "[COUGH]", "[SMACK]", "[UH]", "[UM]"):
                words.append((start, len(frames)))
    except (RuntimeError, TypeError):
        return None
    if len(words) != len(utterance.text.split()):
        return None
    return utterance.utterance_id, np.array(frames, np.uint8), np.array(words, np.int32)


def align(utterances: list[Utterance], dictionary: Path, out_path: Path, jobs: int) -> None:
    """Adds to OUT (.npz), for each utterance that it lacks, `ID/phones` and `ID/words`."""
    lexicon = Lexicon(dictionary)
    arrays: dict[str, np.ndarray] = {}
    if out_path.exists():
        with np.load(out_path) as archive:
            arrays = dict(archive)
        utterances = [u for u in utterances if f"{u.utterance_id}/phones" not in arrays]
    words = {word for utterance in utterances for word in utterance.text.split()}
    failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        used = Path(scratch) / "words.dict"
        write_dictionary(used, lexicon, words)
        with ProcessPoolExecutor(jobs, initializer=_start_worker, initargs=(str(used),)) as pool:
            for result in tqdm(pool.map(_align, utterances, chunksize=8), total=len(utterances), desc="align"):
                if result is None:
                    failed += 1
                    continue
                arrays[f"{result[0]}/phones"], arrays[f"{result[0]}/words"] = result[1], result[2]
    out_path.parent.mkdir(parents=True, exist_ok=True)
    partial = out_path.with_suffix(".partial.npz")
    np.savez_compressed(partial, **arrays)
    partial.replace(out_path)
    print(f"aligned {len(utterances) - failed} of {len(utterances)} utterances, {failed} failed")
