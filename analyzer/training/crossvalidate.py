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

from analyzer.context import encode
from analyzer.session import Session
from analyzer.training.calibrate import Predicted
from analyzer.training.data import REVIEWED, Row, rows_of, split_groups
from analyzer.training.finetune import (
    OUTPUTS,
    Recipe,
    finetune,
    load_tokenizer,
    predict_exported,
    predict_logits,
    weights_of,
)

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
    """What a job gives.

    Attributes:
        weights: under transformers' names; only of the model that ships.
        logits: of the test rows, from the form that ships (int8).
        exact: of the test rows, in single precision.
    """

    weights: dict[str, NDArray[np.float32]]
    logits: NDArray[np.float32]
    exact: NDArray[np.float32]


def train_all(
    sessions: Sequence[Session],
    base: Path,
    recipe: Recipe,
    *,
    folds: int,
    seed: int,
    log: Callable[[str], None],
    contrast: Sequence[Row] = (),
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
        contrast: rows that every model is trained on beside the sessions' and that none is judged on; their writers
            wrote no sessions.

    Returns:
        The out-of-fold predictions of every session, in order, and the weights of the model trained on everything.
    """
    import numpy as np

    rows = {session.id: rows_of(session) for session in sessions}
    everything = [row for part in rows.values() for row in part]
    jobs = [
        Job(
            f"fold {fold}",
            (*(row for row in everything if row.group not in held), *contrast),
            tuple(row for row in everything if row.group in held),
            base,
            recipe,
            seed + fold,
        )
        for fold, held in enumerate(split_groups(everything, folds, seed), 1)
    ]
    jobs.insert(0, Job("everything", (*everything, *contrast), (), base, recipe, seed))
    logits = {name: np.zeros((len(part), OUTPUTS), dtype=np.float32) for name, part in rows.items()}
    exact = {name: value.copy() for name, value in logits.items()}
    weights: dict[str, NDArray[np.float32]] = {}
    workers = max(1, min(os.cpu_count() or 1, len(jobs)))
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        for job, trained in zip(jobs, pool.map(_train, jobs), strict=True):
            log(f"{job.name}: trained on {len(job.train)} utterances, judged {len(job.test)}")
            weights = weights or trained.weights
            for row, found, precise in zip(job.test, trained.logits, trained.exact, strict=True):
                logits[row.session][row.index] = found
                exact[row.session][row.index] = precise
    predicted = [
        Predicted(
            id=session.id,
            lifelike=session.extra.get("rates") not in ("dense", REVIEWED),
            logits=logits[session.id],
            exact=exact[session.id],
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
    encoded = encode(load_tokenizer(job.base), [row.example for row in job.test], job.recipe.window)
    if not encoded:
        nothing = predict_logits(model, encoded)
        return Trained(weights_of(model), nothing, nothing)
    return Trained({}, predict_exported(model, encoded), predict_logits(model, encoded))
