"""Corrected shares: they add up, they hold the truth as often as they say, and they give up when they must."""

import numpy as np
from analyzer.estimate import Estimator, draw_worlds, estimate_shares, weighted_interval
from hypothesis import given
from hypothesis import strategies as st

CALM = Estimator((0.1, 0.2, 0.1, 0.05, 0.55), (0.3,) * 5, 0.2, (0.05,) * 5, 0.95, 0.02)


def _probabilities(rng, n, concentration=0.3):
    return rng.dirichlet(np.array(CALM.mix) * 10 * concentration, size=n)


@given(st.integers(0, 2**31), st.integers(1, 120))
def test_every_world_labels_every_utterance(seed, n):
    rng = np.random.default_rng(seed)
    worlds = draw_worlds(_probabilities(rng, n), np.zeros(n, dtype=bool), CALM, 100)
    assert (worlds.counts.sum(axis=1) == n).all()
    assert (worlds.counts >= 0).all()
    found = estimate_shares(worlds.counts, worlds.weights)
    assert abs(sum(one.value for one in found) - 1) < 1e-9
    assert all(0 <= one.low <= one.value <= one.high <= 1 for one in found)


def test_an_estimate_is_the_middle_of_the_worlds():
    counts = np.array([[0, 10], [0, 10], [9, 1]])
    weights = np.full(3, 1 / 3)
    assert [(one.value, one.high) for one in estimate_shares(counts, weights)] == [(0.0, 0.9), (1.0, 1.0)]
    # Where every middle is nothing, the mean is left.
    counts = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    assert [round(one.value, 3) for one in estimate_shares(counts, weights)] == [0.333] * 3


def test_intervals_hold_the_truth_as_often_as_they_say():
    """Labels drawn from calibrated probabilities with the same shifts must fall inside about 95 times in 100."""
    rng = np.random.default_rng(7)
    inside = []
    for _ in range(150):
        probabilities = _probabilities(rng, 80)
        shift = np.exp(rng.normal(size=5) * 0.3)
        moved = probabilities * shift
        moved /= moved.sum(axis=1, keepdims=True)
        truth = np.array([rng.choice(5, p=row) for row in moved])
        worlds = draw_worlds(probabilities, np.zeros(80, dtype=bool), CALM, 400)
        for label in range(5):
            low, high = weighted_interval(worlds.counts[:, label] / 80, worlds.weights)
            inside.append(low <= (truth == label).mean() <= high)
    assert 0.92 <= np.mean(inside) <= 0.995


def test_wider_errors_make_wider_intervals():
    probabilities = _probabilities(np.random.default_rng(1), 100)
    asked = np.zeros(100, dtype=bool)
    wild = Estimator(CALM.mix, (1.2,) * 5, 0.0, CALM.raw_error, 0.95, 0.02)
    widths = []
    for estimator in (CALM, wild):
        worlds = draw_worlds(probabilities, asked, estimator)
        low, high = weighted_interval(worlds.counts[:, 3] / 100, worlds.weights)
        widths.append(high - low)
    assert widths[1] > 1.5 * widths[0]


def test_the_same_session_gives_the_same_answer():
    probabilities = _probabilities(np.random.default_rng(1), 50)
    one, two = (draw_worlds(probabilities, np.ones(50, dtype=bool), CALM) for _ in range(2))
    assert (one.counts == two.counts).all()
    assert (one.questions == two.questions).all()


def test_a_session_that_hangs_on_few_worlds_is_called_unstable():
    estimator = Estimator(CALM.mix, (1.6,) * 5, 1.0, CALM.raw_error, 0.95, 0.02)
    probabilities = np.tile([0.02, 0.02, 0.02, 0.92, 0.02], (400, 1))
    assert not draw_worlds(probabilities, np.zeros(400, dtype=bool), estimator).stable
    assert draw_worlds(probabilities[:20], np.zeros(20, dtype=bool), CALM).stable


def test_weighted_points_of_known_values():
    values = np.arange(1000.0)
    assert weighted_interval(values, np.full(1000, 0.001)) == (25.0, 975.0) or weighted_interval(
        values, np.full(1000, 0.001)
    ) == (24.0, 974.0)
    heavy = np.zeros(1000)
    heavy[500] = 1.0
    assert weighted_interval(values, heavy) == (500.0, 500.0)
