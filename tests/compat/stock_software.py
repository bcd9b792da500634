"""Software that people already have, installed as it is and let loose on the real server and a recorded voice.

./check --compat runs it. Each part installs what it needs below the cache directory, once. Arguments:
--server BINARY --oido BINARY --wav FILE [--only PART...].
"""

import argparse
import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import venv
import wave
from collections.abc import Callable
from typing import Any

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "python"))
from server_process import ServerProcess  # noqa: E402

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "oido" / "compat"
CHUNK_BYTES = 3200  # 100 ms
NODE_PACKAGES = ["@google-cloud/speech@7.2.1"]
LIVEKIT_PACKAGES = ["livekit-plugins-nvidia"]
PIPECAT_PACKAGES = ["pipecat-ai[nvidia]"]
GO_TOOLS = {
    "grpcurl": "github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4",
    "ghz": "github.com/bojand/ghz/cmd/ghz@v0.121.0",
}


class Missing(Exception):
    """What a part needs is not on this machine."""


class Bench:
    """A running server, a recording and what the native API understands of it."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.wav: pathlib.Path = arguments.wav
        self.server = ServerProcess(arguments.server, [])
        self.address = self.server.address
        answer = subprocess.run(
            [arguments.oido, "transcribe", "--json", str(self.wav)],
            check=True, capture_output=True, text=True, env={**os.environ, "OIDO_SERVER": self.address},
        ).stdout
        self.native = native_text(answer)
        assert "consider how much" in self.native, answer

    def samples(self) -> bytes:
        with wave.open(str(self.wav), "rb") as file:
            assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 16000)
            return file.readframes(file.getnframes())

    def check(self, heard: dict[str, Any]) -> None:
        """`heard`: finals, their words' [start, end] in seconds, and how many interim results there were."""
        text = "".join(heard["finals"])
        assert text == self.native, f"heard {text!r}, the native API {self.native!r}"
        assert heard["interims"] > 0, "no interim results"
        last = 0.0
        for start, end in heard["words"]:
            assert last <= start < end, heard["words"]
            last = end
        assert heard["words"], "no word times"


def native_text(json_lines: str) -> str:
    finals = [json.loads(line) for line in json_lines.splitlines() if line.strip()]
    results = [result for response in finals for result in response.get("results", [])]
    return "".join(result["alternatives"][0]["transcript"] for result in results if result.get("is_final"))


def tool(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/local/go/bin")
    if found is None:
        raise Missing(f"{name} is not installed")
    return found


def run(command: list[str], **options: Any) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, **options)
    if done.returncode != 0:
        raise AssertionError(f"{command[0]} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def python_with(name: str, packages: list[str]) -> str:
    """The interpreter of an environment with `packages`."""
    folder = CACHE / name
    stamp = folder / "complete"
    wanted = "\n".join(packages)
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"  installing {' '.join(packages)}", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        run([str(folder / "bin" / "pip"), "install", "--quiet", "--only-binary=:all:", *packages])
        stamp.write_text(wanted)
    return str(folder / "bin" / "python")


def google_node(bench: Bench) -> None:
    folder = CACHE / "node"
    if not (folder / "complete").exists():
        print(f"  installing {' '.join(NODE_PACKAGES)}", flush=True)
        folder.mkdir(parents=True, exist_ok=True)
        run([tool("npm"), "install", "--no-audit", "--no-fund", "--silent", *NODE_PACKAGES], cwd=folder)
        (folder / "complete").touch()
    host, port = bench.address.rsplit(":", 1)
    environment = {**os.environ, "NODE_PATH": str(folder / "node_modules")}
    for version in ("v1", "v2"):
        script = [tool("node"), str(HERE / "google_speech.js"), version, host, port, str(bench.wav)]
        bench.check(json.loads(run(script, env=environment)))


def livekit(bench: Bench) -> None:
    python = python_with("livekit", LIVEKIT_PACKAGES)
    bench.check(json.loads(run([python, str(HERE / "livekit_nvidia.py"), bench.address, str(bench.wav)]).splitlines()[-1]))


def pipecat(bench: Bench) -> None:
    python = python_with("pipecat", PIPECAT_PACKAGES)
    bench.check(json.loads(run([python, str(HERE / "pipecat_nvidia.py"), bench.address, str(bench.wav)]).splitlines()[-1]))


def go_tool(name: str) -> str:
    folder = CACHE / "go"
    if not (folder / name).exists():
        print(f"  installing {GO_TOOLS[name]}", flush=True)
        run([tool("go"), "install", GO_TOOLS[name]], env={**os.environ, "GOBIN": str(folder)})
    return str(folder / name)


def grpcurl(bench: Bench) -> None:
    """By reflection, both protocols."""
    audio = bench.samples()
    pieces = [audio[begin : begin + CHUNK_BYTES] for begin in range(0, len(audio), CHUNK_BYTES)]
    config = {"encoding": "LINEAR16", "sampleRateHertz": 16000, "languageCode": "en-US", "enableWordTimeOffsets": True}
    for method, encoding in (
        ("google.cloud.speech.v1.Speech", "LINEAR16"),
        ("nvidia.riva.asr.RivaSpeechRecognition", "LINEAR_PCM"),
    ):
        first = {"streamingConfig": {"config": {**config, "encoding": encoding}, "interimResults": True}}
        messages = [first, *({"audioContent": base64.b64encode(piece).decode()} for piece in pieces)]
        answer = run(
            [go_tool("grpcurl"), "-plaintext", "-d", "@", bench.address, f"{method}/StreamingRecognize"],
            input="\n".join(map(json.dumps, messages)),
        )
        bench.check(heard_in_json(answer))


def heard_in_json(text: str) -> dict[str, Any]:
    """Of responses in protobuf's JSON, one after the other."""
    decoder = json.JSONDecoder()
    finals, words, interims, position = [], [], 0, 0
    while position < len(text.rstrip()):
        response, position = decoder.raw_decode(text, position)
        position = len(text) - len(text[position:].lstrip())
        for result in response.get("results", []):
            if not result.get("isFinal"):
                interims += 1
                continue
            finals.append(result["alternatives"][0]["transcript"])
            for word in result["alternatives"][0]["words"]:
                words.append([seconds(word.get("startTime", 0)), seconds(word["endTime"])])
    return {"finals": finals, "words": words, "interims": interims}


def seconds(value: str | int) -> float:
    """Google's "1.5s" or Riva's milliseconds."""
    return float(value[:-1]) if isinstance(value, str) else value / 1000


def ghz(bench: Bench) -> None:
    request = {
        "config": {"encoding": "LINEAR16", "sampleRateHertz": 16000, "languageCode": "en-US"},
        "audio": {"content": base64.b64encode(bench.samples()).decode()},
    }
    report = json.loads(run(
        [go_tool("ghz"), "--insecure", "--call", "google.cloud.speech.v1.Speech/Recognize", "-D", "/dev/stdin",
         "-n", "20", "-c", "4", "-O", "json", bench.address],
        input=json.dumps(request),
    ))
    assert report["statusCodeDistribution"] == {"OK": 20}, report


PARTS: dict[str, Callable[[Bench], None]] = {
    "google_node": google_node, "livekit": livekit, "pipecat": pipecat, "grpcurl": grpcurl, "ghz": ghz,
}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", type=pathlib.Path, required=True)
    parser.add_argument("--oido", type=pathlib.Path, required=True)
    parser.add_argument("--wav", type=pathlib.Path, required=True)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    arguments = parser.parse_args()
    os.environ["no_grpc_proxy"] = os.environ["NO_PROXY"] = "127.0.0.1"
    bench = Bench(arguments)
    failed = 0
    try:
        for name in arguments.only:
            print(name, flush=True)
            try:
                PARTS[name](bench)
                print("  ok", flush=True)
            except Missing as missing:
                print(f"  skipped: {missing}", flush=True)
            except Exception as error:  # the other parts shall run
                failed += 1
                print(f"  FAILED: {error}", flush=True)
    finally:
        bench.server.stop()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
