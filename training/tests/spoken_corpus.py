"""Ten short sentences spoken by eSpeak NG, as a data folder for `oido_train`, and the experiment that learns them."""

import subprocess
from pathlib import Path

import soundfile

# Every sentence ends in a sound that one hears: where a silent letter follows the last sound, CTC may spread it over
# the pause so thinly that no step has it as the best token.
SENTENCES = [
    "open the door", "turn on the light", "where is the station", "she sells fresh fish", "a quick brown fox",
    "we walk to school", "my dog likes music", "they came home soon", "buy two red apples", "good morning teacher",
]
VOICES = ["en-us", "en-gb+f3", "en-gb-scotland"]
# From the CMU Pronouncing Dictionary.
PRONUNCIATIONS = """\
a AH
apples AE P AH L Z
brown B R AW N
buy B AY
came K EY M
dog D AO G
door D AO R
fish F IH SH
fox F AA K S
fresh F R EH SH
good G UH D
home HH OW M
is IH Z
light L AY T
likes L AY K S
morning M AO R N IH NG
music M Y UW Z IH K
my M AY
on AA N
open OW P AH N
quick K W IH K
red R EH D
school S K UW L
sells S EH L Z
she SH IY
soon S UW N
station S T EY SH AH N
teacher T IY CH ER
the DH AH
they DH EY
to T UW
turn T ER N
two T UW
walk W AO K
we W IY
where W EH R
"""
COLUMNS = ["utt_id", "path", "seconds", "speaker", "sex", "source", "split", "text", "licence"]
EXPERIMENT = """\
name = "ten-sentences"
description = "Knows ten sentences of three synthetic voices by heart; for tests"

[frontend]
energy_floor = 150

[data]
dev_speakers = { again = 1 }  # the same recordings: this is about learning by heart

[[copy]]
name = "clean"

[model]
layers = 2
hidden_size = 128
dropout = 0.1

[train]
total_updates = 600
flat_share = 0.6
batch_utterances_max = 10
learning_rate = 4e-3
warmup_updates = 20
short_first_updates = 0
ctc_from_update = 50
ctc_full_update = 100
frame_loss_fades_until = 150
average_decay = 0.95
evaluate_every = 50
checkpoint_every = 400

[augment]
gain_stddev = 0.3
tilt_stddev = 0.1
warp_probability = 0.0
frequency_masks = 0
time_masks = 0
"""


def make_corpus(folder: Path) -> list[Path]:
    """Fills the data folder; returns the recordings in the order of SENTENCES."""
    (folder / "lexicon").mkdir(parents=True)
    (folder / "lexicon" / "cmudict.dict").write_text(PRONUNCIATIONS)
    (folder / "experiment.toml").write_text(EXPERIMENT)
    recordings: list[Path] = []
    rows = [COLUMNS]
    for number, text in enumerate(SENTENCES):
        voice = VOICES[number % len(VOICES)]
        recordings.append(folder / f"{number}.wav")
        subprocess.run(["espeak-ng", "-v", voice, "-s", "150", "-w", recordings[-1], text], check=True)
        seconds = f"{soundfile.info(recordings[-1]).duration:.2f}"
        for source, speaker in (("spoken", voice), ("again", "same")):
            rows.append(
                [f"{source}{number}", recordings[-1].name, seconds, speaker, "", source, "train", text, "CC0"]
            )
    (folder / "manifest.tsv").write_text("".join("\t".join(row) + "\n" for row in rows))
    return recordings
