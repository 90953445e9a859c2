"""Fine-tuning: labelled examples and a base encoder into a classifier with five labels and a question output."""

from __future__ import annotations

import math
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.classify import collate
from analyzer.context import Encoded, Window, encode
from analyzer.labels import LABELS
from analyzer.training.data import Row, as_recogniser
from analyzer.training.export import export_onnx

if TYPE_CHECKING:
    import numpy as np
    from datasets import Dataset
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

OUTPUTS = len(LABELS) + 1
"""Logits of the model: the five labels, then the question."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the weights are trained. docs/experiments.md tells why each value is what it is.

    Attributes:
        epochs: passes over the data.
        batch: examples a step.
        rate: peak learning rate, warmed up over a tenth of the steps and brought down linearly.
        decay: weight decay (AdamW).
        smoothing: label smoothing, in [0, 1).
        recogniser_share: chance that an example is seen without case and punctuation, as recognisers write.
        question_weight: weight of the question loss beside the label loss.
        adjusted: how far each source's own mix of labels is taken out of the logits, 0 to 1 (Menon et al. 2021,
            trial): the style of a transcript then says nothing about how much criticism to expect.
        window: how much context is read.
    """

    epochs: int = 3
    batch: int = 32
    rate: float = 7e-5
    decay: float = 0.01
    smoothing: float = 0.05
    recogniser_share: float = 0.25
    question_weight: float = 0.3
    adjusted: float = 1.0
    window: Window = field(default_factory=Window)


def finetune(rows: Sequence[Row], base: Path, recipe: Recipe, seed: int, *, log: Any = None) -> Any:
    """Train a classifier and return transformers' model for sequence classification, in evaluation mode.

    Args:
        rows: training examples.
        base: folder with the encoder in transformers' form.
        recipe: hyper-parameters.
        seed: of all chance in it.
        log: a callable that takes a line of progress.
    """
    import torch
    from transformers import AutoConfig, AutoModelForSequenceClassification

    torch.manual_seed(seed)
    rng = random.Random(seed)  # noqa: S311 - a repeatable order, not a secret
    tokenizer = load_tokenizer(base)
    config = AutoConfig.from_pretrained(str(base), id2label=dict(enumerate([*map(str, LABELS), "question"])))
    model = AutoModelForSequenceClassification.from_pretrained(
        str(base), config=config, ignore_mismatched_sizes=True, attn_implementation="eager"
    )
    priors = label_mix(rows, recipe.adjusted)
    plain = to_dataset(rows, tokenizer, recipe.window)
    bare = to_dataset([as_recogniser(row) for row in rows], tokenizer, recipe.window)
    steps = math.ceil(len(rows) / recipe.batch) * recipe.epochs
    no_decay = ("bias", "LayerNorm.weight")
    groups = [
        {"params": [p for n, p in model.named_parameters() if not n.endswith(no_decay)], "weight_decay": recipe.decay},
        {"params": [p for n, p in model.named_parameters() if n.endswith(no_decay)], "weight_decay": 0.0},
    ]
    optimiser = torch.optim.AdamW(groups, lr=recipe.rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1.0, (step + 1) / max(1, steps // 10)) * max(0.0, 1 - step / steps)
    )
    model.train()
    done, total = 0, 0.0
    for epoch in range(recipe.epochs):
        for picks in _batches([len(ids) for ids in plain["ids"]], recipe.batch, rng):
            chosen = [(bare if rng.random() < recipe.recogniser_share else plain)[i] for i in picks]
            batch = collate([Encoded(tuple(item["ids"]), tuple(item["types"])) for item in chosen])
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits = model(**inputs_of(model, batch)).logits
            logits = logits.float()
            mix = torch.tensor([priors[rows[i].source] for i in picks])
            labels = torch.tensor([item["label"] for item in chosen])
            loss = torch.nn.functional.cross_entropy(
                logits[:, : len(LABELS)] + mix, labels, label_smoothing=recipe.smoothing
            )
            asked = torch.tensor([item["question"] for item in chosen])
            known = asked >= 0
            if known.any():
                loss = loss + recipe.question_weight * torch.nn.functional.binary_cross_entropy_with_logits(
                    logits[known, len(LABELS)], asked[known].float()
                )
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            optimiser.zero_grad(set_to_none=True)
            done, total = done + 1, total + loss.item()
            if log and done % 50 == 0:
                log(f"epoch {epoch + 1}/{recipe.epochs}, step {done}/{steps}, loss {total / 50:.3f}")
                total = 0.0
    model.eval()
    return model


def label_mix(rows: Sequence[Row], strength: float) -> dict[str, list[float]]:
    """Return for each source the log of its labels' shares (one added to each count), times the strength."""
    counts: dict[str, list[int]] = {}
    for row in rows:
        counts.setdefault(row.source, [1] * len(LABELS))[row.label] += 1
    return {name: [strength * math.log(count / sum(found)) for count in found] for name, found in counts.items()}


def inputs_of(model: Any, batch: dict[str, NDArray[np.int32]]) -> dict[str, Any]:
    """Return a batch as torch tensors under the names that this kind of model knows."""
    import torch

    names = {"input_ids": "ids", "attention_mask": "mask"}
    if model.config.model_type == "bert":
        names |= {"token_type_ids": "types"}
    return {name: torch.from_numpy(batch[ours]).long() for name, ours in names.items()}


def predict_logits(model: Any, encoded: Sequence[Encoded]) -> NDArray[np.float32]:
    """Return the logits (n, OUTPUTS) of a torch classifier, in single precision and in the given order."""
    import torch

    def run(batch: dict[str, NDArray[np.int32]]) -> NDArray[np.float32]:
        with torch.no_grad():
            logits = model(**inputs_of(model, batch)).logits
        found: NDArray[np.float32] = logits.float().numpy()
        return found

    return _in_batches(encoded, run)


def predict_exported(model: Any, encoded: Sequence[Encoded]) -> NDArray[np.float32]:
    """Return the logits (n, OUTPUTS) of a torch classifier in the form that ships: ONNX, int8."""
    import onnxruntime

    with tempfile.TemporaryDirectory() as work:
        target = Path(work) / "model.onnx"
        export_onnx(weights_of(model), model.config.num_attention_heads, target)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        runtime = onnxruntime.InferenceSession(str(target), options, providers=["CPUExecutionProvider"])
        return _in_batches(encoded, lambda batch: runtime.run(None, batch)[0])


def weights_of(model: Any) -> dict[str, NDArray[np.float32]]:
    """Return a torch classifier's weights under their names."""
    return {name: value.detach().float().numpy() for name, value in model.state_dict().items()}


def _in_batches(
    encoded: Sequence[Encoded], run: Callable[[dict[str, NDArray[np.int32]]], NDArray[np.float32]]
) -> NDArray[np.float32]:
    import numpy as np

    order = sorted(range(len(encoded)), key=lambda i: len(encoded[i].ids))
    out = np.zeros((len(encoded), OUTPUTS), dtype=np.float32)
    for start in range(0, len(order), 32):
        picks = order[start : start + 32]
        out[picks] = run(collate([encoded[i] for i in picks]))
    return out


def load_tokenizer(folder: Path) -> Tokenizer:
    """Load a folder's tokenizer.json without truncation or padding."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def to_dataset(rows: Sequence[Row], tokenizer: Tokenizer, window: Window) -> Dataset:
    """Return the rows as a Hugging Face data set with ids, types, label and question."""
    from datasets import Dataset

    encoded = encode(tokenizer, [row.example for row in rows], window)
    return Dataset.from_dict(
        {
            "ids": [list(item.ids) for item in encoded],
            "types": [list(item.types) for item in encoded],
            "label": [row.label for row in rows],
            "question": [row.question for row in rows],
        }
    )


def _batches(lengths: Sequence[int], size: int, rng: random.Random) -> Iterator[list[int]]:
    """Yield batches of examples of like length, in random order: little padding, still shuffled."""
    order = list(range(len(lengths)))
    rng.shuffle(order)
    pool = size * 50
    batches = []
    for start in range(0, len(order), pool):
        part = sorted(order[start : start + pool], key=lambda i: lengths[i])
        batches += [part[i : i + size] for i in range(0, len(part), size)]
    rng.shuffle(batches)
    yield from batches
