"""Training the tagger that finds sentence starts in speech without punctuation."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.boundaries import CORE, LowerLayers, Tagger, stream_of
from analyzer.segment import Segmenter
from analyzer.session import Session
from analyzer.strip import strip_session
from analyzer.training.segmenter import compare, with_boundaries
from analyzer.training.tagger_network import export_tagger, network

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

Log = Callable[[str], None]
THRESHOLDS = (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6)
SHIFTS = (0, CORE // 2)
"""A session is cut into windows at these places in turn, so that no piece always stands at a window's edge."""

_UNKNOWN = -1.0


@dataclass(frozen=True, slots=True)
class TaggerRecipe:
    """How a tagger is trained; docs/experiments.md tells why.

    Attributes:
        epochs: passes over the sessions.
        late: how many of these, at the end, see the measured kind of sessions only.
        batch: windows a step.
        rate: peak learning rate, warmed up over a tenth of the steps and brought down linearly.
        hidden: width of each direction of the two recurrent layers.
        dropout: before, between and after these.
        judged: one session in so many is kept to choose the threshold with, by a tagger that never saw it.
        seed: of all chance in it.
    """

    epochs: int = 8
    late: int = 3
    batch: int = 24
    rate: float = 2e-3
    hidden: int = 256
    dropout: float = 0.4
    judged: int = 4
    seed: int = 1


@dataclass(frozen=True, slots=True)
class WindowRead:
    """A window as the recurrent network is trained on it.

    Attributes:
        states: the pieces' vectors (pieces, width).
        starts: for each piece 1 where a sentence begins, 0 where none does, -1 where that is not known or another
            window decides it.
    """

    states: NDArray[np.float16]
    starts: NDArray[np.float32]


Read = dict[int, list[WindowRead]]
"""A session's windows for each shift."""


def build_tagger(
    sessions: Sequence[Session],
    model: Path,
    folder: Path,
    *,
    also: Sequence[Session] = (),
    recipe: TaggerRecipe | None = None,
    log: Log | None = None,
) -> dict[str, Any]:
    """Choose the threshold on sessions that a tagger has not seen, train on everything, and write the folder.

    The vectors of all windows stay in memory: some 2 GB for 500,000 pieces.

    Args:
        sessions: to train on, and a part of them to choose the threshold with.
        model: folder of the classifier whose lower layers the tagger reads; they stay as they are.
        folder: where tagger.onnx, config.json and metrics.json are written; replaced where it exists.
        also: more sessions to train on, never judged.
        recipe: how to train.
        log: takes a line of progress.

    Returns:
        What ``metrics.json`` holds.
    """
    recipe = recipe or TaggerRecipe()
    order = list(sessions)
    random.Random(0).shuffle(order)  # noqa: S311 - a repeatable split, not a secret
    judged = order[:: recipe.judged]
    lower = LowerLayers.load(model)
    more = [read_session(lower, session) for session in also]
    mine = [read_session(lower, session) for session in order]
    seen = [one for one, session in zip(mine, order, strict=True) if session not in judged]
    write_tagger(train_tagger(seen, more, recipe, log), lower, folder, 0.5)
    figures = judge_tagger(folder, model, judged)
    threshold = max(figures, key=lambda value: figures[value]["f1"])
    write_tagger(train_tagger(mine, more, recipe, log), lower, folder, threshold)
    metrics = {
        "sessions": len(order) + len(also),
        "recipe": asdict(recipe),
        "threshold": threshold,
        "judged": {"sessions": len(judged), "stripped": figures[threshold]},
    }
    (folder / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n", "utf-8")
    return metrics


def judge_tagger(folder: Path, model: Path, sessions: Sequence[Session]) -> dict[float, dict[str, float]]:
    """Return for each threshold what a tagger gives on sessions without punctuation."""
    stripped = [strip_session(session) for session in sessions]
    tagger = Tagger.load(folder, model)
    chances = [
        tagger.chances([turn.text for turn in one.turns], [i for i, turn in enumerate(one.turns) if turn.utterances])
        for one in stripped
    ]
    figures = {}
    for threshold in THRESHOLDS:
        found = iter(chances)
        cut = partial(Segmenter.cut, threshold=threshold)
        figures[threshold] = compare(stripped, (cut(one, next(found)) for one in stripped)).as_json()
    return figures


def train_tagger(sessions: Sequence[Read], also: Sequence[Read], recipe: TaggerRecipe, log: Log | None = None) -> Any:
    """Train the recurrent network on what the lower layers make of sessions; return it in evaluation mode.

    Args:
        sessions: of the measured kind.
        also: others, which the last epochs leave out.
        recipe: how to train.
        log: takes a line of progress.
    """
    import torch

    torch.manual_seed(recipe.seed)
    rng = random.Random(recipe.seed)  # noqa: S311 - a repeatable order, not a secret
    width = next(window.states.shape[1] for one in sessions for window in one[SHIFTS[0]])
    net = network(width, recipe.hidden, recipe.dropout)
    optimiser = torch.optim.AdamW(net.parameters(), lr=recipe.rate, weight_decay=0.01)
    everything = [*sessions, *also]
    plan = [everything] * (recipe.epochs - recipe.late) + [list(sessions)] * recipe.late
    epochs = [_batches(data, recipe, rng) for data in plan]
    total, step = sum(map(len, epochs)), 0
    net.train()
    for number, batches in enumerate(epochs, 1):
        lost = 0.0
        for batch in batches:
            done = step / total
            for group in optimiser.param_groups:
                group["lr"] = recipe.rate * min(10 * done + 0.01, 1 - done)
            states, starts = _tensors(batch)
            known = starts >= 0
            loss = torch.nn.functional.binary_cross_entropy_with_logits(net(states)[known], starts[known])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            lost += loss.item()
            step += 1
        if log:
            log(f"tagger, epoch {number}/{recipe.epochs}: loss {lost / max(1, len(batches)):.4f}")
    return net.eval()


def read_session(lower: LowerLayers, session: Session) -> Read:
    """Return a session without punctuation as the tagger sees it, with what it should find.

    Where nobody marked a turn's utterances (the client's), its punctuation gives the boundaries, if it has any.
    """
    import numpy as np

    turns = strip_session(with_boundaries(session)).turns
    stream = stream_of(lower.tokenizer, [turn.text for turn in turns])
    starts = np.full(len(stream.ids), _UNKNOWN, dtype=np.float32)
    offsets = [_word_offsets(turn.text) for turn in turns]
    for index, place in enumerate(stream.places):
        if place and place[1] and turns[place[0]].utterances is not None:
            begins = {utterance.start for utterance in turns[place[0]].utterances or ()}
            starts[index] = float(offsets[place[0]][place[1]] in begins)
    read: Read = {}
    for shift in SHIFTS:
        read[shift] = []
        for low, first, after, high in stream.windows(shift):
            decided = np.full(high - low, _UNKNOWN, dtype=np.float32)
            decided[first - low : after - low] = starts[first:after]
            if (decided >= 0).any():
                states = lower.states(stream.ids[low:high]).astype(np.float16)
                read[shift].append(WindowRead(states, decided))
    return read


def _word_offsets(text: str) -> list[int]:
    offsets, at = [], 0
    for word in text.split():
        at = text.index(word, at)
        offsets.append(at)
        at += len(word)
    return offsets


def _batches(data: Sequence[Read], recipe: TaggerRecipe, rng: random.Random) -> list[list[WindowRead]]:
    """Take each session's windows at one of the shifts, and put windows of like length into a batch."""
    windows = [window for one in data for window in one[rng.choice(SHIFTS)]]
    windows.sort(key=lambda window: len(window.starts) + 20 * rng.random())
    batches = [windows[at : at + recipe.batch] for at in range(0, len(windows), recipe.batch)]
    rng.shuffle(batches)
    return batches


def _tensors(batch: Sequence[WindowRead]) -> tuple[torch.Tensor, torch.Tensor]:
    """Pad windows: states (longest, windows, width) and starts (longest, windows)."""
    import torch

    states = torch.nn.utils.rnn.pad_sequence([torch.from_numpy(window.states).float() for window in batch])
    starts = [torch.from_numpy(window.starts) for window in batch]
    return states, torch.nn.utils.rnn.pad_sequence(starts, padding_value=_UNKNOWN)


def write_tagger(net: Any, lower: LowerLayers, folder: Path, threshold: float) -> None:
    """Write a trained tagger's folder, replacing one that exists."""
    work = folder.with_name(folder.name + ".new")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    export_tagger(net, work / "tagger.onnx")
    (work / "config.json").write_text(json.dumps({"threshold": threshold, "network": lower.digest}) + "\n", "utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    work.replace(folder)
