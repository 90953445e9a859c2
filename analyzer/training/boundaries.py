"""Training the tagger that finds sentence starts in speech without punctuation."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.boundaries import LONGEST, Tagger, stream_of
from analyzer.segment import Segmenter
from analyzer.session import Session
from analyzer.strip import strip_session
from analyzer.training.export import export_tagger
from analyzer.training.segmenter import compare, with_boundaries

if TYPE_CHECKING:
    import torch

Log = Callable[[str], None]
THRESHOLDS = (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6)
_UNKNOWN = -1.0


@dataclass(frozen=True, slots=True)
class TaggerRecipe:
    """How a tagger is trained; docs/experiments.md tells why.

    Attributes:
        epochs: passes over the sessions.
        late: how many of these, at the end, see the measured kind of sessions only.
        batch: windows a step.
        window: tokens in a window.
        rate: peak learning rate, warmed up over a tenth of the steps and brought down linearly.
        judged: one session in so many is kept to choose the threshold with, by a tagger that never saw it.
        seed: of all chance in it.
    """

    epochs: int = 5
    late: int = 2
    batch: int = 12
    window: int = 192
    rate: float = 7e-5
    judged: int = 4
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Marked:
    """A session's pieces, and for each of them 1 where a sentence begins, 0 where none does, else -1."""

    ids: list[int]
    starts: list[float]


def build_tagger(
    sessions: Sequence[Session],
    base: Path,
    folder: Path,
    *,
    also: Sequence[Session] = (),
    recipe: TaggerRecipe | None = None,
    log: Log | None = None,
) -> dict[str, Any]:
    """Choose the threshold on sessions that a tagger has not seen, train on everything, and write the folder.

    Args:
        sessions: to train on, and a part of them to choose the threshold with.
        base: folder of an MPNet encoder in transformers' form.
        folder: where tagger.onnx, tokenizer.json, config.json and metrics.json are written; replaced where it exists.
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
    write_tagger(train_tagger([s for s in order if s not in judged], also, base, recipe, log), base, folder, 0.5)
    figures = judge_tagger(folder, judged)
    threshold = max(figures, key=lambda value: figures[value]["f1"])
    write_tagger(train_tagger(order, also, base, recipe, log), base, folder, threshold)
    metrics = {
        "sessions": len(order) + len(also),
        "recipe": asdict(recipe),
        "base": base.name,
        "threshold": threshold,
        "judged": {"sessions": len(judged), "stripped": figures[threshold]},
    }
    (folder / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n", "utf-8")
    return metrics


def judge_tagger(folder: Path, sessions: Sequence[Session]) -> dict[float, dict[str, float]]:
    """Return for each threshold what a tagger gives on sessions without punctuation."""
    stripped = [strip_session(session) for session in sessions]
    tagger = Tagger.load(folder)
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


def train_tagger(
    sessions: Sequence[Session],
    also: Sequence[Session],
    base: Path,
    recipe: TaggerRecipe,
    log: Log | None = None,
) -> Any:
    """Fine-tune an MPNet encoder with one output a token; return it in evaluation mode.

    Where nobody marked a turn's utterances (the client's), its punctuation gives the boundaries, if it has any.
    """
    import torch
    from tokenizers import Tokenizer

    torch.manual_seed(recipe.seed)
    rng = random.Random(recipe.seed)  # noqa: S311 - a repeatable order, not a secret
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    mine = [mark(tokenizer, session) for session in sessions]
    everything = mine + [mark(tokenizer, session) for session in also]
    net = _network(base)
    optimiser = torch.optim.AdamW(net.parameters(), lr=recipe.rate, weight_decay=0.01)
    plan = [everything] * (recipe.epochs - recipe.late) + [mine] * recipe.late
    epochs = [_batches(data, recipe, rng) for data in plan]
    total, step = sum(map(len, epochs)), 0
    net.train()
    for number, batches in enumerate(epochs, 1):
        lost = 0.0
        for batch in batches:
            done = step / total
            for group in optimiser.param_groups:
                group["lr"] = recipe.rate * min(10 * done + 0.01, 1 - done)
            ids, mask, starts = _tensors(batch)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits = net(ids, mask)
            known = starts >= 0
            loss = torch.nn.functional.binary_cross_entropy_with_logits(logits[known], starts[known])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            lost += loss.item()
            step += 1
        if log:
            log(f"tagger, epoch {number}/{recipe.epochs}: loss {lost / max(1, len(batches)):.4f}")
    return net.eval()


def mark(tokenizer: Any, session: Session) -> Marked:
    """Return a session without punctuation as the tagger reads it, with what it should find."""
    turns = strip_session(with_boundaries(session)).turns
    stream = stream_of(tokenizer, [turn.text for turn in turns])
    starts = [_UNKNOWN] * len(stream.ids)
    offsets = [_word_offsets(turn.text) for turn in turns]
    for index, place in enumerate(stream.places):
        if place and place[1] and turns[place[0]].utterances is not None:
            begins = {utterance.start for utterance in turns[place[0]].utterances or ()}
            starts[index] = float(offsets[place[0]][place[1]] in begins)
    return Marked(stream.ids, starts)


def _word_offsets(text: str) -> list[int]:
    offsets, at = [], 0
    for word in text.split():
        at = text.index(word, at)
        offsets.append(at)
        at += len(word)
    return offsets


def _network(base: Path) -> torch.nn.Module:
    import torch
    from transformers import AutoModel

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.mpnet = AutoModel.from_pretrained(str(base), add_pooling_layer=False)
            self.dropout = torch.nn.Dropout(0.1)
            self.classifier = torch.nn.Linear(self.mpnet.config.hidden_size, 1)

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            hidden = self.mpnet(input_ids=ids, attention_mask=mask).last_hidden_state
            return torch.Tensor.float(self.classifier(self.dropout(hidden)).squeeze(-1))

    return Network()


def _batches(data: Sequence[Marked], recipe: TaggerRecipe, rng: random.Random) -> list[list[Marked]]:
    """Cut the sessions into windows at other places each time, windows of like length into batches."""
    windows = sorted(_windows(data, recipe.window, rng), key=lambda w: len(w.ids) + 20 * rng.random())
    batches = [windows[at : at + recipe.batch] for at in range(0, len(windows), recipe.batch)]
    rng.shuffle(batches)
    return batches


def _windows(data: Sequence[Marked], size: int, rng: random.Random) -> Iterator[Marked]:
    for one in data:
        cuts = sorted({0, *range(rng.randrange(size), len(one.ids), size), len(one.ids)})
        for low, high in pairwise(cuts):
            if any(value >= 0 for value in one.starts[low:high]):
                yield Marked(one.ids[low:high], one.starts[low:high])


def _tensors(batch: Sequence[Marked]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Pad windows behind the first token: ids, mask and starts, each (windows, longest)."""
    import torch

    width = 1 + max(len(window.ids) for window in batch)
    ids = torch.ones(len(batch), width, dtype=torch.long)
    mask = torch.zeros(len(batch), width, dtype=torch.long)
    starts = torch.full((len(batch), width), _UNKNOWN)
    for row, window in enumerate(batch):
        after = len(window.ids) + 1
        ids[row, 0] = 0
        ids[row, 1:after] = torch.tensor(window.ids)
        mask[row, :after] = 1
        starts[row, 1:after] = torch.tensor(window.starts)
    return ids, mask, starts


def write_tagger(net: Any, base: Path, folder: Path, threshold: float) -> None:
    """Write a trained tagger's folder, replacing one that exists."""
    state = {name: value.detach().float().numpy() for name, value in net.state_dict().items()}
    work = folder.with_name(folder.name + ".new")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    export_tagger(state, net.mpnet.config.num_attention_heads, work / "tagger.onnx", longest=LONGEST)
    shutil.copyfile(base / "tokenizer.json", work / "tokenizer.json")
    (work / "config.json").write_text(json.dumps({"threshold": threshold}) + "\n", "utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    work.replace(folder)
