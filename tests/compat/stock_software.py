#!/usr/bin/env python3
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
import tempfile
from collections.abc import Callable
from typing import Any

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "python"))
from server_process import ServerProcess  # noqa: E402

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "oido" / "compat"
NODE_PACKAGES = ["@google-cloud/speech@7.5.0"]
JAVA_PACKAGE = "google-cloud-speech:4.40.0"
PYTHON_PACKAGES = ["pipecat-ai[nvidia]==1.4.0", "livekit-agents==1.8.6", "livekit-plugins-nvidia==1.8.6"]
GRPCURL = "github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.1"
GHZ = "github.com/bojand/ghz/cmd/ghz@v0.120.0"
METHOD = "oido.v1.SpeechRecognizer/StreamingRecognize"


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
    responses = [json.loads(line) for line in json_lines.splitlines() if line.strip()]
    results = [result for response in responses for result in response.get("results", [])]
    return "".join(result["alternatives"][0]["transcript"] for result in results if result.get("is_final"))


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise Missing(f"{name} is not installed")
    return found


def run(command: list[str], **options: Any) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, **options)
    if done.returncode != 0:
        raise AssertionError(f"{command[0]} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def installed(name: str, packages: list[str], install: Callable[[pathlib.Path], None]) -> pathlib.Path:
    """A folder below the cache directory into which these packages were installed, whole."""
    folder = CACHE / name
    stamp = folder / "installed"
    if not stamp.exists() or stamp.read_text().split() != packages:
        print(f"  installing {' '.join(packages)}", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        install(folder)
        stamp.write_text(" ".join(packages))
    return folder


def go_program(package: str) -> str:
    """A Go package's program, built here."""
    name = package.split("@")[0].rsplit("/", 1)[1]

    def install(folder: pathlib.Path) -> None:
        run([tool("go"), "install", package], env={**os.environ, "GOBIN": str(folder)})

    return str(installed(name, [package], install) / name)


def google_node(bench: Bench) -> None:
    def install(folder: pathlib.Path) -> None:
        run([tool("npm"), "install", "--no-audit", "--no-fund", "--silent", *NODE_PACKAGES], cwd=folder)

    folder = installed("node", NODE_PACKAGES, install)
    host, port = bench.address.rsplit(":", 1)
    # Nobody is to be asked for credentials on the way.
    environment = {**os.environ, "METADATA_SERVER_DETECTION": "none", "NODE_PATH": str(folder / "node_modules")}
    for version in ("v1", "v2"):
        script = [tool("node"), str(HERE / "google_speech.js"), version, host, port, str(bench.wav)]
        bench.check(json.loads(run(script, env=environment)))


def google_java(bench: Bench) -> None:
    artifact, version = JAVA_PACKAGE.split(":")
    project = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
      <modelVersion>4.0.0</modelVersion><groupId>oido</groupId><artifactId>compat</artifactId><version>1</version>
      <dependencies><dependency>
        <groupId>com.google.cloud</groupId><artifactId>{artifact}</artifactId><version>{version}</version>
      </dependency></dependencies></project>"""

    def install(folder: pathlib.Path) -> None:
        (folder / "pom.xml").write_text(project)
        run([tool("mvn"), "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=jars"], cwd=folder)

    jars = installed("java", [JAVA_PACKAGE], install) / "jars"
    for version in ("v1", "v2"):
        program = [tool("java"), "-cp", f"{jars}/*", str(HERE / "GoogleSpeech.java"), version, bench.address]
        bench.check(json.loads(run([*program, str(bench.wav)])))


def voice_agent(bench: Bench, script: str) -> None:
    def install(folder: pathlib.Path) -> None:
        run([sys.executable, "-m", "venv", str(folder)])
        pip = [str(folder / "bin" / "pip"), "install", "--quiet", "--only-binary=:all:"]
        run([*pip, "--disable-pip-version-check", *PYTHON_PACKAGES])

    python = installed("python", PYTHON_PACKAGES, install) / "bin" / "python"
    bench.check(json.loads(run([str(python), str(HERE / script), bench.address, str(bench.wav)])))


def stream_messages(bench: Bench) -> list[dict[str, Any]]:
    """The native API's messages for the recording, as JSON."""
    config = {"config": {"enableWordTimeOffsets": True}, "interimResults": True}
    audio = bench.wav.read_bytes()
    chunks = [audio[start : start + 3200] for start in range(0, len(audio), 3200)]
    return [{"streamingConfig": config}, *({"audioContent": base64.b64encode(chunk).decode()} for chunk in chunks)]


def grpcurl(bench: Bench) -> None:
    """Knows the service from the server alone, by reflection."""
    program = [go_program(GRPCURL), "-plaintext"]
    assert METHOD.split("/")[0] in run([*program, bench.address, "list"]).split()
    messages = "".join(json.dumps(message) for message in stream_messages(bench))
    answers = run([*program, "-d", "@", bench.address, METHOD], input=messages)
    decoder, results = json.JSONDecoder(), []
    while answers.strip():
        response, end = decoder.raw_decode(answers.lstrip())
        answers = answers.lstrip()[end:]
        results += response.get("results", [])
    finals = [result["alternatives"][0] for result in results if result.get("is_final")]
    words = [[float(word[key][:-1]) for key in ("start_time", "end_time")]
             for best in finals for word in best["words"]]
    bench.check({
        "finals": [best["transcript"] for best in finals],
        "words": words,
        "interims": len(results) - len(finals),
    })


def ghz(bench: Bench) -> None:
    """Forty calls, four at a time: every one ends well."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as data:
        json.dump(stream_messages(bench), data)
        data.flush()
        call = ["--insecure", "--call", METHOD, "--data-file", data.name, "-n", "40", "-c", "4", "--format", "json"]
        report = json.loads(run([go_program(GHZ), *call, bench.address]))
    assert report["statusCodeDistribution"] == {"OK": 40}, report["statusCodeDistribution"]


PARTS: dict[str, Callable[[Bench], None]] = {
    "google_node": google_node,
    "google_java": google_java,
    "pipecat": lambda bench: voice_agent(bench, "pipecat_stt.py"),
    "livekit": lambda bench: voice_agent(bench, "livekit_stt.py"),
    "grpcurl": grpcurl,
    "ghz": ghz,
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
