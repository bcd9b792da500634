"""Runs every ```sh block of the given Markdown files, in order, against a server it starts.

Usage: run_docs_commands.py BUILD_DIR FILE.md...

Blocks of one file run in one shell (so variables live on), in the source
directory, with the binaries on PATH and the server's address in OIDO_SERVER.
What runs this test itself (./check) is left out. Blocks with another language
tag are not commands to run.
"""

import contextlib
import os
import pathlib
import re
import signal
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "python"))
from server_process import ServerProcess  # noqa: E402

BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
RUNS_THIS = re.compile(r"^\./check\b")
TIMEOUT_S = 240


def script_of(markdown: pathlib.Path) -> str:
    blocks = BLOCK.findall(markdown.read_text())
    return "\n".join(line for block in blocks for line in block.splitlines() if not RUNS_THIS.match(line))


def run(script: str, build: pathlib.Path, address: str) -> int:
    environment = os.environ | {
        "PATH": f"{build / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "OIDO_SERVER": address,
        "TERM": "dumb",
    }
    with subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", script], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
        start_new_session=True,
    ) as shell:
        try:
            return shell.wait(TIMEOUT_S)
        finally:
            # Servers of a script that failed before it ended them.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGKILL)


def main() -> int:
    build = pathlib.Path(sys.argv[1]).resolve()
    failed = []
    server = ServerProcess(build / "bin" / "oido-server", [])
    try:
        for name in sys.argv[2:]:
            script = script_of(ROOT / name)
            assert script, f"{name} has no ```sh block to run"
            print(f"== {name}\n{script}", flush=True)
            if run(script, build, server.address) != 0:
                failed.append(name)
    finally:
        server.stop()
    print("failed: " + ", ".join(failed) if failed else "all commands ran")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
