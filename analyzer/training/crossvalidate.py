"""Out-of-fold predictions: every session is judged by a model that saw neither it nor its writer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.session import Session
from analyzer.training.calibrate import Predicted
from analyzer.training.data import Row, rows_of, split_groups
from analyzer.training.finetune import OUTPUTS, Recipe, finetune, load_tokenizer, predict_logits

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def out_of_fold(
    sessions: Sequence[Session],
    base: Path,
    recipe: Recipe,
    *,
    folds: int = 3,
    seed: int = 1,
    log: Callable[[str], None] | None = None,
) -> list[Predicted]:
    """Cross-validate by session, and by writer where a session names one.

    Args:
        sessions: labelled.
        base: the encoder's folder.
        recipe: how to train.
        folds: how many models.
        seed: of the split and the training.
        log: takes a line of progress.

    Returns:
        One entry for each session that has labelled utterances, in the sessions' order.
    """
    import numpy as np

    rows = {session.id: rows_of(session) for session in sessions}
    everything = [row for part in rows.values() for row in part]
    tokenizer = load_tokenizer(base)
    logits = {name: np.zeros((len(part), OUTPUTS), dtype=np.float32) for name, part in rows.items()}
    for fold, held in enumerate(split_groups(everything, folds, seed), 1):
        if log:
            log(f"fold {fold}/{folds}: {sum(row.group in held for row in everything)} utterances held out")
        model = finetune([row for row in everything if row.group not in held], base, recipe, seed + fold, log=log)
        test = [row for row in everything if row.group in held]
        for name, found in _by_session(test, predict_logits(model, tokenizer, test, recipe.window)):
            logits[name] = found
    return [
        Predicted(
            id=session.id,
            lifelike=session.extra.get("rates") != "dense",
            logits=logits[session.id],
            labels=np.array([row.label for row in rows[session.id]]),
            questions=np.array([row.question for row in rows[session.id]]),
        )
        for session in sessions
        if rows[session.id]
    ]


def _by_session(rows: Sequence[Row], logits: NDArray[np.float32]) -> list[tuple[str, NDArray[np.float32]]]:
    import numpy as np

    names = list(dict.fromkeys(row.session for row in rows))
    where = {name: [i for i, row in enumerate(rows) if row.session == name] for name in names}
    return [(name, np.asarray(logits[where[name]])) for name in names]
