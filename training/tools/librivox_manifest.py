"""Writes a manifest.tsv of the LibriVox sentences in Debian's pocketsphinx-testdata, for `evaluate`.

python training/tools/librivox_manifest.py /usr/share/pocketsphinx/test/data/librivox OUT_DIR
"""

import re
import sys
from pathlib import Path

import soundfile

HEADER = "utt_id\tpath\tseconds\tspeaker\tsex\tsource\tsplit\ttext\tlicence\n"


def main(audio_dir: Path, out_dir: Path) -> None:
    out_dir.mkdir(parents=True, exist_ok=True)
    lines = [HEADER]
    for line in (audio_dir / "transcription").read_text().splitlines():
        match = re.fullmatch(r"<s> (.*) </s> \((.*)\)", line.strip())
        if match:
            text, name = match.groups()
            path = audio_dir / f"{name}.wav"
            seconds = soundfile.info(path).duration
            lines.append(f"{name}\t{path}\t{seconds:.2f}\tlibrivox\tF\tlibrivox\teval\t{text}\tpublic domain\n")
    (out_dir / "manifest.tsv").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
