"""Sentence starts in speech without punctuation: a recurrent network reads the session turn by turn and marks words.

It reads what the classifier's own lower layers make of the words, in lower case and without punctuation, with the turns
around them, whoever speaks. A tagger is a folder: tagger.onnx and config.json (``threshold``, and ``network``: the
sha256 of the model.onnx whose layers it was trained on).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.errors import InputError
from analyzer.strip import strip_text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CORE, MARGIN = 110, 24
"""Tokens that are decided at once, and how many are seen before and after them."""

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

    def windows(self, shift: int = 0) -> Iterator[tuple[int, int, int, int]]:
        """Yield where a window begins, where what it decides begins and ends, and where it ends.

        Args:
            shift: how many pieces the first window decides fewer than the others.
        """
        for start in range(-shift, len(self.ids), CORE):
            first, after = max(0, start), min(start + CORE, len(self.ids))
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


class LowerLayers:
    """The classifier's network up to the layer that a tagger reads."""

    def __init__(self, runtime: Any, tokenizer: Any, digest: str) -> None:
        """Use :meth:`load`."""
        self.tokenizer = tokenizer
        self.digest = digest
        self._runtime = runtime
        self._begin = tokenizer.token_to_id("<s>")

    @classmethod
    def load(cls, model: Path) -> LowerLayers:
        """Load them from a model folder (model.onnx, tokenizer.json)."""
        from tokenizers import Tokenizer

        weights = model / "model.onnx"
        with weights.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return cls(_runtime(weights), tokenizer, digest)

    def states(self, ids: Sequence[int]) -> NDArray[np.float32]:
        """Return the vectors (pieces, width) of a window's pieces."""
        import numpy as np

        row = np.array([[self._begin, *ids]], dtype=np.int32)
        given = {"ids": row, "types": np.zeros_like(row), "mask": np.ones_like(row)}
        hidden: NDArray[np.float32] = self._runtime.run(
            ["hidden"], {one.name: given[one.name] for one in self._runtime.get_inputs()}
        )[0]
        return hidden[1:]


class Tagger:
    """A tagger's folder, loaded and ready."""

    def __init__(self, lower: LowerLayers, runtime: Any, threshold: float, threads: int) -> None:
        """Use :meth:`load`."""
        self.threshold = threshold
        self._lower = lower
        self._runtime = runtime
        self._threads = threads

    @classmethod
    def load(cls, folder: Path, model: Path, *, threads: int = 2) -> Tagger:
        """Load a tagger's folder.

        Args:
            folder: of the tagger.
            model: folder of the classifier whose layers it reads.
            threads: how many windows are read side by side.

        Raises:
            InputError: where one of the files is missing or broken, or the tagger was trained on other weights.
        """
        try:
            config = json.loads((folder / "config.json").read_text("utf-8"))
            threshold, network = float(config["threshold"]), str(config["network"])
            runtime = _runtime(folder / "tagger.onnx")
            lower = LowerLayers.load(model)
        except Exception as error:
            kind = type(error).__name__
            raise InputError(f"{folder}: the tagger of sentences cannot be read ({kind}); install it again") from None
        if lower.digest != network:
            raise InputError(f"{folder}: the tagger of sentences was trained on other weights than {model} holds")
        return cls(lower, runtime, threshold, threads)

    def chances(self, turns: Sequence[str], wanted: Collection[int]) -> dict[int, list[float]]:
        """Return for each wanted turn the probability of each of its words that a sentence begins with it.

        Args:
            turns: the texts of all turns of a session, in order.
            wanted: indexes of those to be judged; the others are context.
        """
        stream = stream_of(self._lower.tokenizer, turns)
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

        logits = self._runtime.run(["logits"], {"hidden": self._lower.states(ids)[:, None]})[0]
        chances: list[float] = (1 / (1 + np.exp(-logits))).tolist()
        return chances


def _runtime(path: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # An arena would keep the memory.
    options.enable_cpu_mem_arena = False
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
