"""Out-of-fold predictions: every session is judged by a model that saw neither it nor its writer."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.session import Session
from analyzer.training.calibrate import Predicted
from analyzer.training.data import Row, rows_of, split_groups
from analyzer.training.finetune import OUTPUTS, Recipe, finetune, load_tokenizer, predict_logits

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Job:
    """One model to train, and what it judges afterwards.

    Attributes:
        name: for the log.
        train: rows to train on.
        test: rows to judge; none for the model that ships.
        base: the encoder's folder.
        recipe: how to train.
        seed: of all chance in it.
    """

    name: str
    train: tuple[Row, ...]
    test: tuple[Row, ...]
    base: Path
    recipe: Recipe
    seed: int


@dataclass(frozen=True, slots=True)
class Trained:
    """What a job gives: weights under transformers' names (only of the model that ships), and the test rows' logits."""

    weights: dict[str, NDArray[np.float32]]
    logits: NDArray[np.float32]


def train_all(
    sessions: Sequence[Session], base: Path, recipe: Recipe, *, folds: int, seed: int, log: Callable[[str], None]
) -> tuple[list[Predicted], dict[str, NDArray[np.float32]]]:
    """Train a model for each fold and one on everything, side by side.

    Each has one core, for small encoders gain nothing from a second.

    Args:
        sessions: labelled.
        base: the encoder's folder.
        recipe: how to train.
        folds: of the cross-validation, by session, and by writer where a session names one.
        seed: of the split and the training.
        log: takes a line of progress.

    Returns:
        The out-of-fold predictions of every session, in order, and the weights of the model trained on everything.
    """
    import numpy as np

    rows = {session.id: rows_of(session) for session in sessions}
    everything = [row for part in rows.values() for row in part]
    jobs = [
        Job(
            f"fold {fold}",
            tuple(row for row in everything if row.group not in held),
            tuple(row for row in everything if row.group in held),
            base,
            recipe,
            seed + fold,
        )
        for fold, held in enumerate(split_groups(everything, folds, seed), 1)
    ]
    jobs.insert(0, Job("everything", tuple(everything), (), base, recipe, seed))
    logits = {name: np.zeros((len(part), OUTPUTS), dtype=np.float32) for name, part in rows.items()}
    weights: dict[str, NDArray[np.float32]] = {}
    workers = max(1, min(os.cpu_count() or 1, len(jobs)))
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        for job, trained in zip(jobs, pool.map(_train, jobs), strict=True):
            log(f"{job.name}: trained on {len(job.train)} utterances, judged {len(job.test)}")
            weights = weights or trained.weights
            for row, found in zip(job.test, trained.logits, strict=True):
                logits[row.session][row.index] = found
    predicted = [
        Predicted(
            id=session.id,
            lifelike=session.extra.get("rates") != "dense",
            logits=logits[session.id],
            labels=np.array([row.label for row in rows[session.id]]),
            questions=np.array([row.question for row in rows[session.id]]),
        )
        for session in sessions
    ]
    return predicted, weights


def _train(job: Job) -> Trained:
    import torch

    torch.set_num_threads(1)

    def say(line: str) -> None:
        sys.stderr.write(f"{job.name}: {line}\n")

    model = finetune(job.train, job.base, job.recipe, job.seed, log=say)
    logits = predict_logits(model, load_tokenizer(job.base), job.test, job.recipe.window)
    weights = {} if job.test else {name: value.detach().float().numpy() for name, value in model.state_dict().items()}
    return Trained(weights, logits)
