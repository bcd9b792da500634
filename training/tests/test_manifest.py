"""The held-back speakers and the mapping of splits."""

from pathlib import Path

from oido_train.manifest import read_manifest

HEADER = "utt_id\tpath\tseconds\tspeaker\tsex\tsource\tsplit\ttext\tlicence\n"


def test_last_speakers_by_name_become_dev_and_eval_stays(tmp_path: Path) -> None:
    rows = [("1", "ann", "train"), ("2", "bob", "train"), ("3", "cid", "train"), ("4", "dan", "eval")]
    lines = [f"{i}\t{i}.wav\t1.5\t{speaker}\tF\tbooks\t{split}\ta  b\tCC0\n" for i, speaker, split in rows]
    (tmp_path / "manifest.tsv").write_text(HEADER + "".join(lines))
    utterances = read_manifest([tmp_path], {"books": 1})
    assert [u.split for u in utterances] == ["train", "train", "dev", "eval"]
    assert utterances[0].text == "a b"
    assert utterances[0].path == tmp_path / "1.wav"
