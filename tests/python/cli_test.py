"""The programs oido and oido-wer against the real server: output, exit codes, terminal, Ctrl-C.

Run by CTest through tests/python/run; arguments: --server, --oido and --oido-wer BINARY,
--wav FILE [--model DIR].
"""

import argparse
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import unittest
import wave

from server_process import ServerProcess, ServerTestCase

oido: pathlib.Path
oido_wer: pathlib.Path
wav: pathlib.Path
named_wav: pathlib.Path  # of the same reader, with a rare name in it


def read_all(descriptor: int) -> str:
    """What a terminal got until its last writer closed it."""
    parts: list[bytes] = []
    try:
        while part := os.read(descriptor, 65536):
            parts.append(part)
    except OSError:  # how Linux says that the other end of a terminal is closed
        pass
    return b"".join(parts).decode()


def write_wav(path: pathlib.Path, channels: int, rate_hz: int, samples: bytes) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(samples)


class CliTest(ServerTestCase):
    def oido(self, *arguments: str, stdin: bytes = b"", server: str = "") -> subprocess.CompletedProcess[str]:
        result = subprocess.run(
            [str(oido), *arguments], input=stdin, capture_output=True, check=False,
            env={**os.environ, "OIDO_SERVER": server or self.server.address},
        )
        return subprocess.CompletedProcess(
            result.args, result.returncode, result.stdout.decode(), result.stderr.decode()
        )

    def finals(self) -> list[str]:
        output = self.oido("transcribe", "--json", str(wav)).stdout
        results = [result for line in output.splitlines() for result in json.loads(line)["results"]]
        texts = [result["alternatives"][0]["transcript"] for result in results if result["is_final"]]
        self.assertTrue("".join(texts))
        return [text.removeprefix(" ") for text in texts if text]

    def test_a_pipe_gets_one_line_a_final_and_nothing_else(self) -> None:
        result = self.oido("transcribe", str(wav))
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(result.stdout.splitlines(), self.finals())

    def test_standard_input_with_and_without_header(self) -> None:
        text = self.oido("transcribe", str(wav)).stdout
        self.assertEqual(self.oido("transcribe", "-", stdin=wav.read_bytes()).stdout, text)
        with wave.open(str(wav)) as file:
            samples, rate = file.readframes(file.getnframes()), file.getframerate()
        self.assertEqual(self.oido("transcribe", "-", "--raw-rate", str(rate), stdin=samples).stdout, text)

    def test_two_voices_on_two_channels(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            voices = [pathlib.Path(folder) / name for name in ("1.wav", "2.wav")]
            samples = []
            for source, voice in zip((wav, named_wav), voices, strict=True):
                with wave.open(str(source)) as file:
                    rate = file.getframerate()
                    samples.append(file.readframes(3 * rate))
                write_wav(voice, 1, rate, samples[-1])
            both = pathlib.Path(folder) / "both.wav"
            pairs = zip(*(memoryview(voice).cast("h") for voice in samples), strict=True)
            write_wav(both, 2, rate, b"".join(struct.pack("<hh", *pair) for pair in pairs))
            lines = self.oido("transcribe", "--separate-channels", str(both)).stdout.splitlines()
            for number, voice in enumerate(voices, 1):
                alone = self.oido("transcribe", str(voice)).stdout.splitlines()
                self.assertTrue(alone)
                tag = f"{number}: "
                self.assertEqual([line.removeprefix(tag) for line in lines if line.startswith(tag)], alone)

    def test_a_whole_recording_by_the_model_of_streams_says_what_they_say(self) -> None:
        models = json.loads(self.oido("models", "--json").stdout)["models"]
        streaming = next(model["name"] for model in models if not model.get("offline"))
        whole = self.oido("transcribe", "--whole", "--words", "--model", streaming, str(wav))
        self.assertEqual((whole.returncode, whole.stderr), (0, ""))
        self.assertEqual(whole.stdout, self.oido("transcribe", "--words", "--model", streaming, str(wav)).stdout)
        by_default = self.oido("transcribe", "--whole", str(wav))
        self.assertEqual((by_default.returncode, by_default.stderr), (0, ""))
        self.assertTrue(by_default.stdout)
        for other in ("--realtime", "--stats"):
            refused = self.oido("transcribe", "--whole", other, str(wav))
            self.assertEqual(refused.returncode, 2)
            self.assertIn("--whole", refused.stderr)

    def test_words_and_stats(self) -> None:
        result = self.oido("transcribe", "--words", "--stats", "--chunk-ms", "50", str(wav))
        rows = [row.split() for row in result.stdout.splitlines()[len(self.finals()) :]]
        self.assertEqual([row[3] for row in rows], " ".join(self.finals()).split())
        self.assertEqual([float(row[0]) for row in rows], sorted(float(row[0]) for row in rows))
        self.assertIn("audio sent -> recognised", result.stderr)
        stats = json.loads(self.oido("transcribe", "--json", "--stats", str(wav)).stdout.splitlines()[-1])["stats"]
        with wave.open(str(wav)) as file:
            frames, rate = file.getnframes(), file.getframerate()
        self.assertEqual(stats["chunk_ms"]["count"], -(-frames // (rate // 10)))
        self.assertAlmostEqual(stats["audio_seconds"], frames / rate, places=2)

    def test_a_terminal_shows_partials_and_keeps_the_final(self) -> None:
        master, slave = pty.openpty()
        process = subprocess.Popen(
            [str(oido), "transcribe", "--server", self.server.address, str(wav)],
            stdout=slave, env={**os.environ, "TERM": "xterm"},
        )
        os.close(slave)
        output = read_all(master)
        self.assertEqual(process.wait(), 0)
        self.assertIn("\x1b[2m", output)
        lines = [re.sub(r"\x1b\[[0-9]*[a-zA-Z]", "", line.rsplit("\r", 1)[-1]) for line in output.split("\r\n")]
        self.assertEqual([line for line in lines if line], self.finals())

    def test_control_c_ends_the_audio_and_shows_the_last_final(self) -> None:
        with subprocess.Popen(
            [str(oido), "transcribe", "--json", "--server", self.server.address, "-"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=False,
        ) as process:
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write(wav.read_bytes())
            process.stdin.flush()  # and no end of the input
            process.stdout.readline()  # the first partial
            process.send_signal(signal.SIGINT)
            last = json.loads(process.stdout.read().splitlines()[-1])
        self.assertEqual(process.returncode, 130)
        self.assertTrue(last["results"][0]["is_final"])

    def test_flags_reach_the_search(self) -> None:
        plain = " ".join(self.finals())
        self.assertNotIn("dashwoode", plain)
        hot = ("--hot-word", "john dashwoode", "--boost", "8", "--say", "dashwoode=D AE SH W UH D")
        self.assertIn("dashwoode", self.oido("transcribe", *hot, str(named_wav)).stdout)
        by_class = ("--hot-word", "john $name", "--hot-word-class", "name=dashwoode", "--boost", "8")
        self.assertIn("dashwoode", self.oido("transcribe", *by_class, str(named_wav)).stdout)
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as phrases:
            phrases.write("# names\ndashwoode\tD AE SH W UH D\n\njohn dashwoode\n")
            phrases.flush()
            from_file = self.oido("transcribe", "--hot-words-file", phrases.name, "--boost", "8", str(named_wav))
        self.assertIn("dashwoode", from_file.stdout)
        for method in ("letters", "open-vocabulary"):
            result = self.oido("transcribe", "--method", method, str(wav))
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertNotIn(result.stdout.strip(), ("", plain))
        self.assertIn("  or: ", self.oido("transcribe", "--alternatives", "3", str(wav)).stdout)
        weights = ("--beam-size", "8", "--beam-threshold", "10", "--lm-weight", "0", "--word-insertion", "2",
                   "--blank-penalty", "0", "--blank-skip-threshold", "0.9")
        self.assertNotEqual(self.oido("transcribe", *weights, str(wav)).stdout.strip(), plain)

    def test_flags_reach_the_endpoints(self) -> None:
        once = self.oido("transcribe", "--no-endpoints", "--speech-events", str(wav))
        lines = once.stdout.splitlines()
        self.assertRegex(lines[0], r"^\[SPEECH_START at [0-9.]+ s\]$")
        self.assertRegex(lines[-1], r"^\[SPEECH_END at [0-9.]+ s\]$")
        self.assertEqual(len([line for line in lines if not line.startswith("[")]), 1)
        early = self.oido("transcribe", "--max-final-delay-ms", "500", str(wav))
        self.assertGreater(len(early.stdout.splitlines()), len(self.finals()))
        with tempfile.NamedTemporaryFile(suffix=".wav") as long:
            with wave.open(str(wav)) as recording, wave.open(long, "wb") as padded:
                padded.setparams(recording.getparams())
                padded.writeframes(recording.readframes(-1) + bytes(120 * 2 * recording.getframerate()))
            # The utterance is over long before the audio.
            single = self.oido("transcribe", "--single-utterance", "--trailing-silence-ms", "100", long.name)
        self.assertEqual(single.returncode, 0)
        self.assertRegex(single.stdout.splitlines()[-1], r"^\[END_OF_SINGLE_UTTERANCE at [0-9.]+ s\]$")
        refused = self.oido("transcribe", "--trailing-silence-ms", "7", str(wav))
        self.assertEqual(refused.returncode, 1)
        self.assertIn("streaming_config.endpointing.trailing_silence_ms: 7 is not in 100..60000", refused.stderr)

    def test_models(self) -> None:
        models = json.loads(self.oido("models", "--json").stdout)["models"]
        self.assertTrue(models[0]["is_default"])
        self.assertIn(models[0]["name"], self.oido("models").stdout)

    def test_health(self) -> None:
        health = self.oido("health")
        self.assertEqual((health.returncode, health.stdout), (0, "SERVING\n"))
        nobody = self.oido("health", server="127.0.0.1:1")
        self.assertEqual((nobody.returncode, nobody.stdout), (1, ""))
        self.assertIn("no server at 127.0.0.1:1", nobody.stderr)

    def test_health_of_a_server_that_drains(self) -> None:
        server = ServerProcess(self.server_binary, self.server_arguments)
        with subprocess.Popen(
            [str(oido), "transcribe", "--json", "--server", server.address, "-"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        ) as stream:
            assert stream.stdin is not None and stream.stdout is not None
            stream.stdin.write(wav.read_bytes())
            stream.stdin.flush()
            stream.stdout.readline()  # it is open
            server.signal(signal.SIGTERM)
            while (health := self.oido("health", server=server.address)).returncode == 0:
                pass
            self.assertEqual((health.returncode, health.stdout), (1, "NOT_SERVING\n"))
            stream.stdin.close()
            stream.stdout.read()
        self.assertEqual((stream.returncode, server.wait()), (0, 0))

    def test_failures_end_with_1_and_say_what_to_do(self) -> None:
        nobody = self.oido("transcribe", str(wav), server="127.0.0.1:1")
        self.assertEqual(nobody.returncode, 1)
        self.assertIn("no server at 127.0.0.1:1: start one with oido-server", nobody.stderr)
        missing = self.oido("transcribe", "/nowhere.wav", str(wav))
        self.assertEqual(missing.returncode, 1)
        self.assertIn("/nowhere.wav: no such file", missing.stderr)
        self.assertEqual(missing.stdout.splitlines(), self.finals(), "the other file is transcribed")
        model = self.oido("transcribe", "--model", "no-such-model", str(wav))
        self.assertEqual(model.returncode, 1)
        self.assertIn("no-such-model", model.stderr)

    def test_wrong_usage_ends_with_2(self) -> None:
        for arguments in (
            [], ["transcribe"], ["dictate"], ["transcribe", "--chunk-ms", "0", "a.wav"],
            ["transcribe", "--realtime", "-"], ["transcribe", "--method", "guess", "a.wav"],
            ["transcribe", "--say", "oido", "a.wav"], ["transcribe", "--hot-words-file", "/nowhere.txt", "a.wav"],
            ["transcribe", "--raw-rate", "8000", "a.wav"], ["transcribe", "--separate-channels", "-"],
        ):
            self.assertEqual(self.oido(*arguments).returncode, 2, arguments)
        for arguments in (["--help"], ["--version"], ["transcribe", "--help"]):
            self.assertEqual(self.oido(*arguments).returncode, 0, arguments)

    def test_oido_wer_scores_a_manifest(self) -> None:
        text = " ".join(self.finals())
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(wav, pathlib.Path(folder) / "a.wav")
            rows = [
                "utt_id\tpath\tsource\tsplit\ttext",
                f"right\ta.wav\tone\teval\t{text}",
                f"extra\ta.wav\ttwo\teval\t{text.upper()} more!",
                "gone\tgone.wav\ttwo\teval\tnever heard",
                f"other\ta.wav\ttwo\ttrain\t{text}",
            ]
            manifest = pathlib.Path(folder) / "list.tsv"
            manifest.write_text("\n".join(rows) + "\n")
            result = subprocess.run(
                [str(oido_wer), "--manifest", str(manifest), "--server", self.server.address,
                 "--split", "eval", "--jobs", "3", "--json", "--hypotheses", str(manifest) + ".hyp"],
                capture_output=True, text=True, check=False,
            )
            hypotheses = pathlib.Path(str(manifest) + ".hyp").read_text().splitlines()
        words = len(text.split())
        report = json.loads(result.stdout)
        self.assertEqual(result.returncode, 1)
        self.assertIn("gone: ", result.stderr)
        self.assertEqual(report["sources"]["one"]["wer"], 0)
        self.assertEqual(report["sources"]["two"]["errors"], 1)
        self.assertEqual(report["all"]["words"], 2 * words + 3)
        self.assertEqual((report["all"]["deletions"], report["all"]["substitutions"]), (3, 0))
        self.assertEqual([line.split("\t")[0] for line in hypotheses], ["right", "extra", "gone"])


def main() -> None:
    global oido, oido_wer, wav, named_wav
    parser = argparse.ArgumentParser()
    for name in ("server", "oido", "oido-wer", "wav"):
        parser.add_argument(f"--{name}", type=pathlib.Path, required=True)
    parser.add_argument("--model", help="bundle directory; default: the one that was shipped with the server")
    arguments, rest = parser.parse_known_args()
    ServerTestCase.server_binary = arguments.server
    ServerTestCase.server_arguments = ["--model", arguments.model] if arguments.model else []
    oido, oido_wer, wav = arguments.oido, arguments.oido_wer, arguments.wav
    named_wav = wav.with_name("sense_and_sensibility_01_austen_64kb-0870.wav")
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)


if __name__ == "__main__":
    main()
