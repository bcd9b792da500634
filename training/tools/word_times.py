"""Writes when each word of recordings was said, as PocketSphinx aligns it: what `oido-load --word-times` reads.

python training/tools/word_times.py DATA SPLIT SOURCE OUT.tsv [N]  # DATA/manifest.tsv, DATA/lexicon/cmudict.dict

utt_id, word, start and end in seconds, tab-separated, with a header; with N, of every Nth recording. Recordings that cannot
be aligned are left out.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

from oido_train.align import align
from oido_train.manifest import read_manifest

FRAME_SECONDS = 0.01


def main(data: Path, split: str, source: str, out: Path, stride: int) -> None:
    utterances = [u for u in read_manifest([data], {}) if u.split == split and u.source == source][::stride]
    lines = ["utt_id\tword\tstart_s\tend_s\n"]
    with tempfile.TemporaryDirectory() as scratch:
        alignments = Path(scratch) / "alignments.npz"
        align(utterances, data / "lexicon" / "cmudict.dict", alignments, jobs=1)
        with np.load(alignments) as archive:
            for utterance in utterances:
                name = f"{utterance.utterance_id}/words"
                if name not in archive:
                    continue
                for word, (start, end) in zip(utterance.text.split(), archive[name], strict=True):
                    times = f"{start * FRAME_SECONDS:.2f}\t{end * FRAME_SECONDS:.2f}"
                    lines.append(f"{utterance.utterance_id}\t{word}\t{times}\n")
    out.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], Path(sys.argv[4]), int((sys.argv[5:] or ["1"])[0]))
