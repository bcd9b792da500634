"""Draws docs/decoding.svg, word errors against the server's CPU time, from the lines of decoding_table.py; needs matplotlib.

python bench/plot_decoding.py docs/decoding.tsv docs/decoding.svg
"""

import csv
import sys

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "oido", "font.family": "sans-serif"})
import matplotlib.pyplot as plt  # noqa: E402  (behind the choice of what draws)

NAMES = {"letters": "letters", "open": "open vocabulary", "words": "words"}
COLORS = {"librispeech-dev-clean": "#1a6faf", "speechocean762": "#b5500b"}
MARKERS = {"letters": "^", "open": "s", "words": "o"}


def main(table: str, picture: str) -> None:
    curves: dict[tuple[str, str], list[tuple[float, float, str]]] = {}
    with open(table, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            method, _, beam = row["setting"].partition(":")
            point = (float(row["cpu_ms_per_audio_s"]), float(row["WER_percent"]), beam)
            curves.setdefault((row["source"], method), []).append(point)
    figure, axes = plt.subplots(figsize=(7, 4.2))
    for (source, method), points in curves.items():
        style = {"color": COLORS[source], "marker": MARKERS[method], "linestyle": "-" if method == "words" else "--"}
        axes.plot(*zip(*[point[:2] for point in points]), label=f"{NAMES[method]}, {source}", markersize=4, **style)
        for cost, errors, beam in points:
            axes.annotate(beam, (cost, errors), textcoords="offset points", xytext=(3, 3), fontsize=7)
    axes.set(xlabel="server CPU, ms for a second of audio (numbers: beam size)", ylabel="word error rate, %")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(picture, metadata={"Date": None})


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
