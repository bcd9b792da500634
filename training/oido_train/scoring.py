"""Word and character error rates."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass
class ErrorCount:
    """Edit operations against a number of reference units."""

    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0
    reference: int = 0

    @property
    def errors(self) -> int:
        return self.substitutions + self.deletions + self.insertions

    @property
    def rate(self) -> float:
        return self.errors / max(1, self.reference)

    def add(self, other: "ErrorCount") -> None:
        self.substitutions += other.substitutions
        self.deletions += other.deletions
        self.insertions += other.insertions
        self.reference += other.reference


def count_errors(reference: Sequence[object], hypothesis: Sequence[object]) -> ErrorCount:
    """Levenshtein alignment of two sequences of words or phones (lists) or characters (strings)."""
    # Cells: (cost, substitutions, deletions, insertions)
    row = [(j, 0, 0, j) for j in range(len(hypothesis) + 1)]
    for i, expected in enumerate(reference, start=1):
        diagonal, row[0] = row[0], (i, 0, i, 0)
        for j, found in enumerate(hypothesis, start=1):
            above, left = row[j], row[j - 1]
            if expected == found:
                best = diagonal
            else:
                best = min(
                    (diagonal[0] + 1, diagonal[1] + 1, diagonal[2], diagonal[3]),
                    (above[0] + 1, above[1], above[2] + 1, above[3]),
                    (left[0] + 1, left[1], left[2], left[3] + 1),
                )
            diagonal, row[j] = above, best
    _, substitutions, deletions, insertions = row[-1]
    return ErrorCount(substitutions, deletions, insertions, len(reference))
