#!/usr/bin/env python3
"""Software that people already have, installed as it is and let loose on the real server and a recorded voice.

./check --compat runs it. Each part installs what it needs below the cache directory, once. Arguments:
--server BINARY --oido BINARY --wav FILE [--only PART...].
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from typing import Any

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "python"))
from server_process import ServerProcess  # noqa: E402

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "oido" / "compat"
NODE_PACKAGES = ["@google-cloud/speech@7.5.0"]


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
    finals = [json.loads(line) for line in json_lines.splitlines() if line.strip()]
    results = [result for response in finals for result in response.get("results", [])]
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


def google_node(bench: Bench) -> None:
    folder = CACHE / "node"
    if not (folder / "complete").exists():
        print(f"  installing {' '.join(NODE_PACKAGES)}", flush=True)
        folder.mkdir(parents=True, exist_ok=True)
        run([tool("npm"), "install", "--no-audit", "--no-fund", "--silent", *NODE_PACKAGES], cwd=folder)
        (folder / "complete").touch()
    host, port = bench.address.rsplit(":", 1)
    # Nobody is to be asked for credentials on the way.
    environment = {**os.environ, "METADATA_SERVER_DETECTION": "none", "NODE_PATH": str(folder / "node_modules")}
    for version in ("v1", "v2"):
        script = [tool("node"), str(HERE / "google_speech.js"), version, host, port, str(bench.wav)]
        bench.check(json.loads(run(script, env=environment)))


PARTS: dict[str, Callable[[Bench], None]] = {"google_node": google_node}


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
