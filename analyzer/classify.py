"""Utterances into labels: ONNX Runtime over batches of like length, then calibration.

A model is a folder: model.onnx, tokenizer.json, config.json (labels, window, calibration, thresholds, estimator),
card.md and metrics.json. The shipped one is ``default``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.context import Encoded, Example, Window, encode, examples_of
from analyzer.errors import InputError
from analyzer.labels import LABELS, Label
from analyzer.session import Session, Utterance
from analyzer.summary import ModelInfo

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CONFIG_FORMAT = "model/2"
# Tokens in one batch, padding counted. Small enough that a batch's activations stay in a core's cache.
BATCH_TOKENS = 256
# Utterances after which what a neighbour says of the mix of labels has faded to a third (our choice).
REACH = 10.0


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the classifier says of one utterance: the decision, all probabilities, and whether it is a question."""

    label: Label
    probabilities: Mapping[Label, float]
    question: bool


@dataclass(frozen=True, slots=True)
class Calibration:
    """From logits to probabilities and decisions; every number comes from out-of-fold predictions.

    Attributes:
        temperature: divides the label logits (Guo et al. 2017, trial).
        bias: added to the scaled logits, one for each label; it takes out the difference between the mix of labels in
            training and in life-like sessions.
        question: probability from which an utterance counts as a question.
        mix: the labels' shares that the probabilities of a single utterance expect.
        kinds: mixes of labels that sessions have; without any, each utterance is judged by itself.
        prior: how often sessions of each kind are to be expected.
        whole: how much each utterance counts as evidence for its session's kind; under 1, since neighbours err alike.
        near: how much more those near an utterance count, fading over REACH utterances.
        lean: added to the log probability of criticism before the largest decides; chosen for macro-F1, which wants a
            rare label called somewhat before it is the most probable one.
    """

    temperature: float
    bias: tuple[float, ...]
    question: float
    mix: tuple[float, ...] = (1 / len(LABELS),) * len(LABELS)
    kinds: tuple[tuple[float, ...], ...] = ()
    prior: tuple[float, ...] = ()
    whole: float = 0.0
    near: float = 0.0
    lean: float = 0.0

    def probabilities(self, logits: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return calibrated probabilities (n, 5) for logits (n, 6), each utterance by itself, in a usual session."""
        import numpy as np

        scaled = logits[:, : len(LABELS)].astype(np.float64) / self.temperature + np.array(self.bias)
        scaled -= scaled.max(axis=1, keepdims=True)
        exponent = np.exp(scaled)
        result: NDArray[np.float64] = exponent / exponent.sum(axis=1, keepdims=True)
        return result

    def of_session(self, logits: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return calibrated probabilities (n, 5) for the logits (n, 6) of one session's utterances, in order.

        Sessions differ in how much of each label they hold, and stretches within a session do. Saerens, Latinne and
        Decaestecker (2002, proof and trial) find a body's own mix from the probabilities themselves; here the mix is
        one of the kinds, each as believable as its prior and its fit to the utterances make it.
        """
        import numpy as np

        single = self.probabilities(logits)
        if not self.kinds or not len(single):
            return single
        kinds = np.array(self.kinds)
        evidence = single / np.array(self.mix)
        fit = np.maximum(evidence @ kinds.T, 1e-300)
        told = np.log(fit)
        belief = np.log(np.array(self.prior)) + self.whole * told.sum(axis=0) + self.near * _around(told)
        weights = np.exp(belief - belief.max(axis=1, keepdims=True))
        weights /= weights.sum(axis=1, keepdims=True)
        found: NDArray[np.float64] = evidence * ((weights / fit) @ kinds)
        found /= found.sum(axis=1, keepdims=True)
        return found

    def alone(self, logits: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return calibrated probabilities (n, 5) for logits (n, 6) of utterances that have no session in common."""
        import numpy as np

        rows = [self.of_session(logits[at : at + 1]) for at in range(len(logits))]
        return np.concatenate(rows) if rows else self.probabilities(logits)

    def decide(self, probabilities: NDArray[np.float64]) -> NDArray[np.intp]:
        """Return the index of each row's label: the most probable one, but for the lean to criticism."""
        import numpy as np

        weights = np.ones(len(LABELS))
        weights[LABELS.index(Label.CRITICISM)] = np.exp(self.lean)
        labels: NDArray[np.intp] = (probabilities * weights).argmax(axis=1)
        return labels

    def is_question(self, logits: NDArray[np.float32], labels: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Return for each row whether it asks the client for something; only ``other`` utterances can."""
        import numpy as np

        asked = 1 / (1 + np.exp(-logits[:, len(LABELS)].astype(np.float64))) >= self.question
        result: NDArray[np.bool_] = asked & (labels == LABELS.index(Label.OTHER))
        return result


class Classifier:
    """A model folder, loaded and ready."""

    def __init__(
        self, folder: Path, config: dict[str, Any], runtime: Any, tokenizer: Any, digest: str, threads: int
    ) -> None:
        """Use :meth:`load`; the parts are what it found in the folder."""
        self.folder = folder
        self.config = config
        self.window = Window(**config["window"])
        self.calibration = Calibration(**{name: _tuples(value) for name, value in config["calibration"].items()})
        self.info = ModelInfo(
            name=config["name"],
            version=config["version"],
            sha256=digest,
            codebook=config["codebook"],
            flag_recall=float(config["flags"]["recall"]),
            not_tested=tuple(config["not_tested"]),
        )
        self.threads = threads
        self._runtime = runtime
        self._tokenizer = tokenizer

    @classmethod
    def load(cls, folder: Path, *, threads: int = 2) -> Classifier:
        """Load a model folder.

        Args:
            folder: with model.onnx, tokenizer.json and config.json.
            threads: how many batches run side by side, each on one core; matrices this small gain little from sharing.

        Raises:
            InputError: where the folder or one of its files is missing or broken.
        """
        import onnxruntime
        from tokenizers import Tokenizer

        config = load_config(folder)
        weights = folder / "model.onnx"
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        for needed in (weights, folder / "tokenizer.json"):
            if not needed.is_file():
                raise InputError(f"{folder}: not a whole model folder (it has no {needed.name})")
        try:
            # By its path: the file's bytes beside what is made of them would be there twice.
            runtime = onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])
            with weights.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:
            raise InputError(f"{folder}: the model's files are broken: {str(error).splitlines()[0]}") from None
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return cls(folder, config, runtime, tokenizer, digest, threads)

    def logits(self, examples: Sequence[Example]) -> NDArray[np.float32]:
        """Return the raw outputs (n, 6) in the examples' order."""
        return self.infer(encode(self._tokenizer, examples, self.window))

    def infer(self, encoded: Sequence[Encoded]) -> NDArray[np.float32]:
        """Return the raw outputs (n, 6) for examples that are encoded already."""
        import numpy as np

        out = np.zeros((len(encoded), len(LABELS) + 1), dtype=np.float32)
        # The same words in the same context ("Mm-hmm." after "Yeah.") are judged once.
        unique: dict[Encoded, list[int]] = {}
        for index, item in enumerate(encoded):
            unique.setdefault(item, []).append(index)
        # The longest batches come first, so that no thread is left with one at the end.
        batches = _batches(sorted(unique, key=lambda item: len(item.ids)))[::-1]
        with ThreadPoolExecutor(self.threads) as pool:
            for batch, answer in zip(batches, pool.map(self._run, batches), strict=True):
                for item, row in zip(batch, answer, strict=True):
                    out[unique[item]] = row
        return out

    def _run(self, batch: Sequence[Encoded]) -> NDArray[np.float32]:
        answer: NDArray[np.float32] = self._runtime.run(["logits"], collate(batch))[0]
        return answer

    def embed(self, examples: Sequence[Example]) -> NDArray[np.float32]:
        """Return a vector of length one for each example, (n, width): near ones are about the same.

        Raises:
            InputError: where the model was trained by a version that wrote no embedding.
        """
        import numpy as np

        if "embedding" not in {output.name for output in self._runtime.get_outputs()}:
            raise InputError(f"{self.folder}: the model has no embedding; train it anew for this")
        encoded = encode(self._tokenizer, examples, self.window)
        parts = [self._runtime.run(["embedding"], collate([item]))[0] for item in encoded]
        vectors = np.concatenate(parts) if parts else np.zeros((0, 1), dtype=np.float32)
        found: NDArray[np.float32] = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        return found

    def predict(self, examples: Sequence[Example], *, session: bool = False) -> list[Prediction]:
        """Return a prediction for each example, in order.

        Args:
            examples: what to judge.
            session: whether these are all of one session's utterances, so that its own mix of labels counts.
        """
        if not examples:
            return []
        logits = self.logits(examples)
        probabilities = self.calibration.of_session(logits) if session else self.calibration.alone(logits)
        labels = self.calibration.decide(probabilities)
        questions = self.calibration.is_question(logits, labels)
        return [
            Prediction(LABELS[label], dict(zip(LABELS, map(float, row), strict=True)), bool(question))
            for label, row, question in zip(labels, probabilities, questions, strict=True)
        ]

    def classify(self, session: Session) -> Session:
        """Return the session with label, probabilities and question on every therapist utterance."""
        found = iter(self.predict(examples_of(session), session=True))
        turns = []
        for turn in session.turns:
            if turn.role == "therapist" and turn.utterances:
                turn = replace(turn, utterances=tuple(_labelled(u, next(found)) for u in turn.utterances))  # noqa: PLW2901
            turns.append(turn)
        return replace(session, turns=tuple(turns))


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _around(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each row plus the rows before and after it, fading over REACH rows."""
    import numpy as np

    fade = float(np.exp(-1 / REACH))
    total = -values
    for rows, sums in ((values, total), (values[::-1], total[::-1])):
        carried = np.zeros(values.shape[1])
        for index, row in enumerate(rows):
            carried = fade * carried + row
            sums[index] += carried
    return total


def load_config(folder: Path) -> dict[str, Any]:
    """Read a model folder's config.json.

    Raises:
        InputError: where the folder is no model, or one of another version.
    """
    path = folder / "config.json"
    if not path.is_file():
        raise InputError(f"{folder}: not a model folder (it has no config.json); name one with --model DIR")
    try:
        config = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not readable as JSON: {error}") from None
    needed = ("name", "version", "codebook", "labels", "window", "calibration", "flags", "estimator", "not_tested")
    missing = [key for key in needed if not isinstance(config, dict) or key not in config]
    if missing or config.get("format") != CONFIG_FORMAT:
        raise InputError(f"{path}: not the configuration of a model of this program (missing: {missing or 'format'})")
    if config["labels"] != list(LABELS):
        raise InputError(f"{path}: the model has other labels than the codebook")
    return dict(config)


def collate(items: Sequence[Encoded]) -> dict[str, NDArray[np.int32]]:
    """Pad encoded examples on the right: ids, types and mask, each (items, longest)."""
    import numpy as np

    width = max(len(item.ids) for item in items)
    batch = {name: np.zeros((len(items), width), dtype=np.int32) for name in ("ids", "types", "mask")}
    for row, item in enumerate(items):
        batch["ids"][row, : len(item.ids)] = item.ids
        batch["types"][row, : len(item.ids)] = item.types
        batch["mask"][row, : len(item.ids)] = 1
    return batch


def _batches(items: Sequence[Encoded]) -> list[list[Encoded]]:
    """Cut a sequence sorted by length into batches of at most BATCH_TOKENS tokens, at least one item each."""
    batches: list[list[Encoded]] = []
    for item in items:
        if batches and (len(batches[-1]) + 1) * len(item.ids) <= BATCH_TOKENS:
            batches[-1].append(item)
        else:
            batches.append([item])
    return batches


def _labelled(utterance: Utterance, found: Prediction) -> Utterance:
    return replace(utterance, label=found.label, probabilities=found.probabilities, question=found.question)
