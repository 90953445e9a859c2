"""Real parts for all tests: the shipped model, the shipped session, a small session of our own."""

from pathlib import Path

import pytest
from analyzer.pipeline import Pipeline
from analyzer.session import Session, Turn, Utterance

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def pipeline() -> Pipeline:
    return Pipeline()


@pytest.fixture(scope="session")
def example() -> Path:
    return ROOT / "examples" / "teletherapy-child.vtt"


@pytest.fixture
def session() -> Session:
    """Two speakers with roles, times on the turns, utterances on the therapist's."""
    return Session(
        id="small",
        turns=(
            Turn(
                "Dana",
                "You kept going. Now lift your tongue.",
                "therapist",
                0.0,
                6.0,
                (Utterance(0, 15), Utterance(16, 37)),
            ),
            Turn("Sam", "Like this?", "client", 6.0, None),
            Turn(
                "Dana", "Almost. Why do you never listen?", "therapist", 9.0, None, (Utterance(0, 7), Utterance(8, 32))
            ),
            Turn("Sam", "I do listen to you", "client", 14.0, None),
        ),
    )
