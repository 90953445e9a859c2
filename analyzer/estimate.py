"""From a classifier's decisions to the shares that trained coders would give this very session.

Probabilistic classify-and-count (Bella et al. 2010, trial) with a shift of the log-odds for each label and session.
For one session many worlds are drawn. In each, the calibrated probabilities are moved by a shift that comes from a
normal distribution, as wide as the classifier's errors were found to differ from session to session out of fold; then
every utterance gets a label by chance from its moved probabilities, and the labels are counted. The median of the
counts is the estimate (the middle errs least for a label that most sessions hardly have), scaled so that all sum to 1;
their 2.5 % and 97.5 % points are the interval: it carries the classifier's error and how uncertain that error is, not
a sampling of utterances.

The session itself says something about its own mix of labels (Saerens, Latinne and Decaestecker 2002, trial): worlds
whose mix explains the probabilities better weigh more. Where so few worlds carry the weight that the answer would hang
on chance, the correction is unstable: the raw share stands, with an interval from the errors of raw shares out of fold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analyzer.labels import LABELS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WORLDS = 1000
# Below this many effective worlds (Kish 1965) a 2.5 % point rests on one or two draws.
LEAST_EFFECTIVE = 60.0
LEVEL = (0.025, 0.975)


@dataclass(frozen=True, slots=True)
class Estimator:
    """What out-of-fold sessions taught about the classifier's errors (config.json, ``estimator``).

    Attributes:
        mix: the share of each label in the calibration sessions, in the order of LABELS.
        spread: standard deviation of the log-odds shift between sessions, for each label.
        trust: how far the session's own mix is believed, in [0, 1]; 0 leaves Saerens' step out.
        raw_error: 95 % point of |raw share - coders' share|, for each label.
        question_precision: share of the utterances called questions that are.
        question_omission: share of the others that are questions all the same.
    """

    mix: tuple[float, ...]
    spread: tuple[float, ...]
    trust: float
    raw_error: tuple[float, ...]
    question_precision: float
    question_omission: float

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Estimator:
        """Build it from a model's configuration."""
        return cls(
            mix=tuple(config["mix"]),
            spread=tuple(config["spread"]),
            trust=float(config["trust"]),
            raw_error=tuple(config["raw_error"]),
            question_precision=float(config["question_precision"]),
            question_omission=float(config["question_omission"]),
        )


@dataclass(frozen=True, slots=True)
class Worlds:
    """Possible counts of one session.

    Attributes:
        counts: (worlds, 5), how often coders would give each label.
        questions: (worlds,), how many utterances would be questions.
        weights: (worlds,), summing to 1.
    """

    counts: NDArray[np.int64]
    questions: NDArray[np.int64]
    weights: NDArray[np.float64]

    @property
    def effective(self) -> float:
        """The number of equally weighted worlds that would be as certain (Kish 1965)."""
        return float(1.0 / (self.weights**2).sum())

    @property
    def stable(self) -> bool:
        """Whether enough worlds carry the weight."""
        return self.effective >= LEAST_EFFECTIVE


def draw_worlds(
    probabilities: NDArray[np.float64], asked: NDArray[np.bool_], estimator: Estimator, worlds: int = WORLDS
) -> Worlds:
    """Draw possible codings of a session.

    Args:
        probabilities: (n, 5), calibrated.
        asked: (n,), which utterances were called questions.
        estimator: what is known of the classifier's errors.
        worlds: how many to draw. The chance in them is fixed, so the same session gives the same answer.
    """
    import numpy as np

    rng = np.random.default_rng(20221)
    n = len(probabilities)
    shift = rng.normal(size=(worlds, len(LABELS))) * np.array(estimator.spread)
    factor = np.exp(shift)
    factor /= (factor * np.array(estimator.mix)).sum(axis=1, keepdims=True)
    counts = np.zeros((worlds, len(LABELS)), dtype=np.int64)
    fit = np.zeros(worlds)
    for row in probabilities:
        moved = factor * row
        total = moved.sum(axis=1)
        fit += np.log(total)
        steps = np.cumsum(moved, axis=1) / total[:, None]
        # The last step is one but for rounding; leaving it out keeps every choice within the five labels.
        choice = (rng.random(worlds)[:, None] > steps[:, :-1]).sum(axis=1)
        counts[np.arange(worlds), choice] += 1
    weights = np.exp(estimator.trust * (fit - fit.max()))
    called = int(asked.sum())
    questions = rng.binomial(called, estimator.question_precision, worlds)
    questions += rng.binomial(n - called, estimator.question_omission, worlds)
    return Worlds(counts, questions, weights / weights.sum())


@dataclass(frozen=True, slots=True)
class Estimate:
    """The share that coders would find, with the interval that holds it in 95 of 100 worlds."""

    value: float
    low: float
    high: float


def estimate_shares(counts: NDArray[np.int64], weights: NDArray[np.float64]) -> list[Estimate]:
    """Return an estimate for each label; the values sum to 1.

    Args:
        counts: (worlds, labels), of the labels among which the shares are taken.
        weights: (worlds,), summing to 1.
    """
    import numpy as np

    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    middles = np.array([_weighted_points(column, weights, (0.5,))[0] for column in shares.T])
    if not middles.sum():
        middles = (shares * weights[:, None]).sum(axis=0)
    values = middles / max(middles.sum(), 1e-12)
    found = []
    for value, column in zip(values.tolist(), shares.T, strict=True):
        low, high = weighted_interval(column, weights)
        found.append(Estimate(value, min(low, value), max(high, value)))
    return found


def weighted_interval(values: NDArray[np.float64], weights: NDArray[np.float64]) -> tuple[float, float]:
    """Return the weighted 2.5 % and 97.5 % points of the values, both (worlds,)."""
    low, high = _weighted_points(values, weights, LEVEL)
    return low, high


def _weighted_points(
    values: NDArray[np.float64], weights: NDArray[np.float64], levels: tuple[float, ...]
) -> list[float]:
    import numpy as np

    order = np.argsort(values, kind="stable")
    passed = np.cumsum(weights[order])
    return [float(values[order[min(int(np.searchsorted(passed, level)), len(order) - 1)]]) for level in levels]
