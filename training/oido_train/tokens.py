"""Letter tokens: text to ids for CTC, and ids back to text."""

from oido_train.bundle import BLANK_TOKEN, SPACE_TOKEN

TOKENS: list[str] = [BLANK_TOKEN, SPACE_TOKEN, *"abcdefghijklmnopqrstuvwxyz", "'"]
BLANK_ID = 0
_IDS = {token: index for index, token in enumerate(TOKENS)} | {" ": 1}


def encode(text: str) -> list[int]:
    """Ids of a lower-case sentence; other characters are dropped."""
    return [_IDS[character] for character in text if character in _IDS]


def decode(ids: list[int]) -> str:
    """Text of ids without blanks."""
    return " ".join("".join(TOKENS[i] for i in ids).replace(SPACE_TOKEN, " ").split())


def collapse(frame_ids: list[int]) -> list[int]:
    """CTC: merges repeats, then drops blanks."""
    merged = [t for i, t in enumerate(frame_ids) if i == 0 or t != frame_ids[i - 1]]
    return [t for t in merged if t != BLANK_ID]
