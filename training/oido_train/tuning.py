"""Which utterances to tune a decoder on, what to lower, and how to search."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from oido_train.manifest import Utterance
from oido_train.scoring import ErrorCount, count_errors
from oido_train.word_decoder import DecoderOptions


def halves(utterances: list[Utterance]) -> list[bool]:
    """Whether to tune on each utterance: every second speaker of a source, every second utterance of a lone one."""
    speakers: dict[str, list[str]] = {}
    for utterance in utterances:
        if utterance.speaker not in speakers.setdefault(utterance.source, []):
            speakers[utterance.source].append(utterance.speaker)
    seen: dict[str, int] = {}
    result = []
    for utterance in utterances:
        own = speakers[utterance.source]
        number = seen[utterance.source] = seen.get(utterance.source, -1) + 1
        result.append((number if len(own) == 1 else own.index(utterance.speaker)) % 2 == 0)
    return result


def errors_by_source(utterances: list[Utterance], hypotheses: list[str]) -> dict[str, ErrorCount]:
    """Word errors of each source."""
    table: dict[str, ErrorCount] = {}
    for utterance, hypothesis in zip(utterances, hypotheses):
        words = count_errors(utterance.text.split(), hypothesis.split())
        table.setdefault(utterance.source, ErrorCount()).add(words)
    return table


def mean_rate(utterances: list[Utterance], hypotheses: list[str]) -> float:
    """Mean over sources of the word error rate, small sources (under 200 words) left out: what is tuned."""
    table = errors_by_source(utterances, hypotheses)
    return float(np.mean([count.rate for count in table.values() if count.reference >= 200] or [1.0]))


def climb(start: DecoderOptions, steps: dict[str, float], cost: Callable[[DecoderOptions], float]) -> DecoderOptions:
    """One setting at a time, up or down as long as the cost falls."""
    best, best_cost = start, cost(start)
    for name, step in steps.items():
        for direction in (step, -step):
            while True:
                tried = replace(best, **{name: getattr(best, name) + direction})
                tried_cost = cost(tried)
                if tried_cost >= best_cost:
                    break
                best, best_cost = tried, tried_cost
    return best
