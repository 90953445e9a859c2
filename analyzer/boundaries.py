"""Sentence starts in speech without punctuation: a transformer reads the session, turn after turn, and marks words.

A tagger is a folder: tagger.onnx, tokenizer.json and config.json (``threshold``). It sees words in lower case and
without punctuation, with the turns around them, whoever speaks.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analyzer.errors import InputError
from analyzer.strip import strip_text

CORE, MARGIN = 144, 24
"""Tokens that are decided at once, and how many are seen before and after them."""

LONGEST = MARGIN + CORE + MARGIN + 1
MOST_PIECES = 8
"""Pieces of a word that are read; more are noise."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A session as the tagger reads it.

    Attributes:
        ids: a separator before each turn, then the pieces of its words.
        places: for each of these the turn and the word that begin there; None for all other pieces.
    """

    ids: list[int]
    places: list[tuple[int, int] | None]

    def windows(self) -> Iterator[tuple[int, int, int, int]]:
        """Yield where a window begins, where what it decides begins and ends, and where it ends."""
        for first in range(0, len(self.ids), CORE):
            after = min(first + CORE, len(self.ids))
            yield max(0, first - MARGIN), first, after, min(after + MARGIN, len(self.ids))


def stream_of(tokenizer: Any, turns: Sequence[str]) -> Stream:
    """Return the turns of a session as one stream of pieces.

    Args:
        tokenizer: of the ``tokenizers`` library, with ``</s>`` as separator.
        turns: the texts; words are what white space separates. A word of punctuation alone has no piece.
    """
    words = [[strip_text(word) for word in turn.split()] for turn in turns]
    known = sorted({word for turn in words for word in turn if word})
    encoded = tokenizer.encode_batch(known, add_special_tokens=False)
    pieces = {word: one.ids[:MOST_PIECES] for word, one in zip(known, encoded, strict=True)}
    separator = tokenizer.token_to_id("</s>")
    stream = Stream([], [])
    for turn, some in enumerate(words):
        stream.ids.append(separator)
        stream.places.append(None)
        for word, text in enumerate(some):
            ids = pieces.get(text, [])
            stream.ids.extend(ids)
            stream.places.extend([(turn, word), *[None] * (len(ids) - 1)] if ids else [])
    return stream


class Tagger:
    """A tagger's folder, loaded and ready."""

    def __init__(self, runtime: Any, tokenizer: Any, threshold: float, threads: int) -> None:
        """Use :meth:`load`."""
        self.threshold = threshold
        self._runtime = runtime
        self._tokenizer = tokenizer
        self._begin = tokenizer.token_to_id("<s>")
        self._threads = threads

    @classmethod
    def load(cls, folder: Path, *, threads: int = 2) -> Tagger:
        """Load a tagger's folder.

        Raises:
            InputError: where the folder or one of its files is missing or broken.
        """
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # An arena would keep the memory; weights in another order would be there twice for a while.
        options.enable_cpu_mem_arena = False
        options.add_session_config_entry("session.disable_prepacking", "1")
        try:
            threshold = float(json.loads((folder / "config.json").read_text("utf-8"))["threshold"])
            runtime = onnxruntime.InferenceSession(
                str(folder / "tagger.onnx"), options, providers=["CPUExecutionProvider"]
            )
            tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:
            kind = type(error).__name__
            raise InputError(f"{folder}: the tagger of sentences cannot be read ({kind}); install it again") from None
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return cls(runtime, tokenizer, threshold, threads)

    def chances(self, turns: Sequence[str], wanted: Collection[int]) -> dict[int, list[float]]:
        """Return for each wanted turn the probability of each of its words that a sentence begins with it.

        Args:
            turns: the texts of all turns of a session, in order.
            wanted: indexes of those to be judged; the others are context.
        """
        stream = stream_of(self._tokenizer, turns)
        found = {turn: [0.0] * len(turns[turn].split()) for turn in wanted}
        windows = [
            window
            for window in stream.windows()
            if any(place and place[0] in found for place in stream.places[window[1] : window[2]])
        ]
        with ThreadPoolExecutor(self._threads) as pool:
            scored = pool.map(lambda window: self._run(stream.ids[window[0] : window[3]]), windows)
            for (low, first, after, _), scores in zip(windows, scored, strict=True):
                for place, score in zip(stream.places[first:after], scores[first - low :], strict=False):
                    if place and place[0] in found:
                        found[place[0]][place[1]] = score
        return found

    def _run(self, ids: Sequence[int]) -> list[float]:
        import numpy as np

        row = np.array([[self._begin, *ids]], dtype=np.int32)
        logits = self._runtime.run(["logits"], {"ids": row, "mask": np.ones_like(row)})[0]
        chances: list[float] = (1 / (1 + np.exp(-logits[1:, 0]))).tolist()
        return chances
