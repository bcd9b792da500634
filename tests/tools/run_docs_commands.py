"""Runs every ```sh block of the given Markdown files, in order, against a server it starts.

Usage: run_docs_commands.py BUILD_DIR FILE.md...

Blocks of one file run in one shell (so variables live on), in the source
directory. Lines that CI has run already, being what runs this (./check), are
left out. Blocks with another language tag are not commands to run.
"""

import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
RUN_BY_CI_ITSELF = re.compile(r"^\s*(\./check\b|git clone|cd oido$)")


def script_of(markdown: pathlib.Path) -> str:
    lines = [
        line
        for block in BLOCK.findall(markdown.read_text())
        for line in block.splitlines()
        if not RUN_BY_CI_ITSELF.match(line)
    ]
    return "\n".join(lines)


def start_server(build: pathlib.Path) -> tuple[subprocess.Popen[str], str]:
    server = subprocess.Popen(
        [build / "bin" / "oido-server", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout
    ready = server.stdout.readline()
    match = re.match(r"oido-server listening on (\S+)", ready)
    assert match, f"oido-server did not say where it listens: {ready!r}"
    return server, match[1]


def main() -> int:
    build = pathlib.Path(sys.argv[1]).resolve()
    failed = 0
    server, address = start_server(build)
    try:
        for name in sys.argv[2:]:
            script = script_of(ROOT / name)
            assert script, f"{name} has no ```sh block to run"
            print(f"== {name}\n{script}", flush=True)
            environment = os.environ | {
                "PATH": f"{build / 'bin'}{os.pathsep}{os.environ['PATH']}",
                "OIDO_SERVER": address,
                "TERM": "dumb",
            }
            status = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", script], cwd=ROOT, env=environment,
                timeout=240, check=False, stdin=subprocess.DEVNULL,
            ).returncode
            print(f"== {name}: exit status {status}", flush=True)
            failed += status != 0
    finally:
        server.terminate()
        server.wait()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
