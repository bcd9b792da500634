"""Command line: python -m oido_train STAGE."""

import argparse
from pathlib import Path

from oido_train.config import Experiment, read_experiment
from oido_train.manifest import Utterance, read_manifest


def _utterances(arguments: argparse.Namespace, experiment: Experiment) -> list[Utterance]:
    return read_manifest(arguments.data, experiment.data.dev_speakers)


def _prepare(arguments: argparse.Namespace, experiment: Experiment) -> None:
    from oido_train.prepare import prepare

    utterances = _utterances(arguments, experiment)
    wanted = set(arguments.copies or [copy.name for copy in experiment.copies])
    copies = tuple(copy for copy in experiment.copies if copy.name in wanted)
    work = arguments.work / "features"
    if plain := tuple(copy for copy in copies if copy == experiment.copies[0]):
        prepare(experiment, utterances, plain, work, arguments.oido_features, arguments.jobs)
    if perturbed := tuple(copy for copy in copies if copy != experiment.copies[0]):
        train_only = [u for u in utterances if u.split == "train"]
        prepare(experiment, train_only, perturbed, work, arguments.oido_features, arguments.jobs)


def _align(arguments: argparse.Namespace, experiment: Experiment) -> None:
    from oido_train.align import align

    utterances = [u for u in _utterances(arguments, experiment) if u.split != "eval"]
    dictionary = arguments.data[0] / "lexicon" / "cmudict.dict"
    align(utterances, dictionary, arguments.work / "alignments.npz", arguments.jobs)


def _splice(arguments: argparse.Namespace, experiment: Experiment) -> None:
    from oido_train.splice import make_spliced

    dictionary = arguments.data[0] / "lexicon" / "cmudict.dict"
    make_spliced(experiment, _utterances(arguments, experiment), arguments.work, dictionary, arguments.text)


def _train(arguments: argparse.Namespace, experiment: Experiment) -> None:
    from oido_train.train import train

    dictionary = arguments.data[0] / "lexicon" / "cmudict.dict"
    train(
        experiment, _utterances(arguments, experiment), dictionary, arguments.work, arguments.run, arguments.threads,
        arguments.initial,
    )


def _average(arguments: argparse.Namespace, experiment: Experiment) -> None:
    from oido_train.average import average

    average(arguments.checkpoints, arguments.out)


def _evaluate(arguments: argparse.Namespace, experiment: Experiment) -> None:
    from oido_train.evaluate import evaluate_checkpoint

    evaluate_checkpoint(
        experiment, _utterances(arguments, experiment), arguments.checkpoint, arguments.split,
        arguments.oido_features, arguments.hypotheses,
    )


def _export(arguments: argparse.Namespace, experiment: Experiment) -> None:
    from oido_train.export import export

    utterances = _utterances(arguments, experiment)
    export(
        experiment, utterances, arguments.work, arguments.checkpoint, arguments.out, arguments.version,
        arguments.dtype,
    )


def _degrade(arguments: argparse.Namespace, experiment: Experiment) -> None:
    from oido_train.degrade import degrade

    chosen = [u for u in _utterances(arguments, experiment) if u.split == arguments.split]
    wanted = arguments.source or {u.source for u in chosen}
    degrade([u for u in chosen if u.source in wanted], arguments.snr_db, arguments.telephone, arguments.out)


def _synthesize(arguments: argparse.Namespace, experiment: Experiment) -> None:
    from oido_train.synthesize import Synthesizer, synthesize

    synthesizer = Synthesizer(arguments.command_line, arguments.source, arguments.licence)
    synthesize(
        synthesizer, arguments.text, arguments.speaker, arguments.count, arguments.seed, arguments.jobs, arguments.out
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="oido_train", description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="experiment (.toml)")
    parser.add_argument(
        "--data", type=Path, action="append", required=True,
        help="folder with a manifest.tsv; may be given more than once, and the first has the dictionary, too",
    )
    parser.add_argument("--work", type=Path, default=Path("work"), help="folder for caches and alignments")
    commands = parser.add_subparsers(dest="command", required=True)

    command = commands.add_parser("prepare", help="log-mel caches of every copy of the audio")
    command.add_argument("--oido-features", type=Path, help="the C++ front end; kaldi-native-fbank without it")
    command.add_argument("--copies", nargs="*", help="only these copies")
    command.add_argument("--jobs", type=int, default=1)
    command.set_defaults(run_stage=_prepare)

    command = commands.add_parser("align", help="phone alignments of train and dev")
    command.add_argument("--jobs", type=int, default=1)
    command.set_defaults(run_stage=_align)

    command = commands.add_parser("splice", help="new sentences from aligned speech (after align and prepare)")
    command.add_argument("--text", type=Path, required=True, help="one sentence a line, lower case")
    command.set_defaults(run_stage=_splice)

    command = commands.add_parser("train", help="train, or go on from RUN/checkpoint.pt")
    command.add_argument("--run", type=Path, required=True, help="folder for checkpoints and the log")
    command.add_argument("--threads", type=int, default=1)
    command.add_argument("--initial", type=Path, help="bundle or checkpoint whose weights a new run begins with")
    command.set_defaults(run_stage=_train)

    command = commands.add_parser("average", help="mean of the weights of several checkpoints")
    command.add_argument("checkpoints", type=Path, nargs="+")
    command.add_argument("--out", type=Path, required=True)
    command.set_defaults(run_stage=_average)

    command = commands.add_parser("evaluate", help="greedy WER and CER of a checkpoint")
    command.add_argument("--checkpoint", type=Path, required=True)
    command.add_argument("--oido-features", type=Path, help="the C++ front end; kaldi-native-fbank without it")
    command.add_argument("--split", default="dev", choices=["dev", "eval"])
    command.add_argument("--hypotheses", type=Path, help="write id, reference and hypothesis here (.tsv)")
    command.set_defaults(run_stage=_evaluate)

    command = commands.add_parser("export", help="checkpoint to bundle directory")
    command.add_argument("--checkpoint", type=Path, required=True, help="or another bundle")
    command.add_argument("--out", type=Path, required=True)
    command.add_argument("--version", required=True)
    command.add_argument("--dtype", default="float32", choices=["float32", "float16", "int8"], help="of the matrices")
    command.set_defaults(run_stage=_export)

    command = commands.add_parser("synthesize", help="a data folder of synthetic speech")
    command.add_argument(
        "--command", dest="command_line", required=True,
        help="program to run, with {wav}, {speaker} and, unless it reads standard input, {text}",
    )
    command.add_argument("--text", type=Path, required=True, help="one sentence a line")
    command.add_argument("--speaker", action="append", required=True, help="may be given more than once")
    command.add_argument("--count", type=int, required=True, help="sentences")
    command.add_argument("--source", required=True, help="name of the collection")
    command.add_argument("--licence", required=True)
    command.add_argument("--seed", type=int, default=1)
    command.add_argument("--jobs", type=int, default=1)
    command.add_argument("--out", type=Path, required=True)
    command.set_defaults(run_stage=_synthesize)

    command = commands.add_parser("degrade", help="a split with noise or through a telephone line, as files")
    command.add_argument("--split", default="eval", choices=["dev", "eval"])
    command.add_argument("--source", action="append", help="only this source; may be given more than once")
    command.add_argument("--snr-db", type=float, help="add noise of a random colour")
    command.add_argument("--telephone", action="store_true", help="8 kHz, mu-law")
    command.add_argument("--out", type=Path, required=True)
    command.set_defaults(run_stage=_degrade)

    arguments = parser.parse_args()
    arguments.run_stage(arguments, read_experiment(arguments.config))


if __name__ == "__main__":
    main()
