"""The whole way of a session, from a file to its report.

file -> read -> check language -> roles -> segment -> classify -> flag -> summarise -> SessionReport
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path

from analyzer import readers
from analyzer.classify import Classifier, load_config
from analyzer.errors import InputError
from analyzer.estimate import Estimator
from analyzer.explain import Explainer
from analyzer.flags import Thresholds, flag
from analyzer.language import check_language
from analyzer.readers.source import Reading
from analyzer.roles import RoleScorer, assign_roles
from analyzer.segment import Segmenter
from analyzer.session import Session
from analyzer.shipped import find_model, models_folder
from analyzer.summary import SessionReport, summarise


@dataclass(frozen=True, slots=True)
class Options:
    """What a person may ask of an analysis.

    Attributes:
        therapists: names of the therapists, where they are known.
        accept_roles: go on with a warning where roles are unclear.
        resegment: find utterances anew where the input already has them.
        force_language: go on with a warning where the session is not in English.
        reading: of the file, such as its format or the columns of a table.
        explain: tell why flagged utterances have their label.
    """

    therapists: tuple[str, ...] = ()
    accept_roles: bool = False
    resegment: bool = False
    force_language: bool = False
    reading: Reading = field(default_factory=Reading)
    explain: bool = False


class Pipeline:
    """The steps with everything they need, loaded once and used for any number of sessions."""

    def __init__(self, model: str | Path = "default", *, threads: int = 2) -> None:
        """Load the model, the segmenter and the role scorer.

        Args:
            model: name of a shipped model, or a model folder.
            threads: cores that the classifier may use.

        Raises:
            InputError: where the model folder is missing or broken.
        """
        self._folder = find_model(model)
        self._threads = threads
        config = load_config(self._folder)
        self.segmenter = Segmenter.load(models_folder() / "segmenter")
        self.scorer = RoleScorer.load(models_folder() / "roles.json")
        self.estimator = Estimator.from_config(config["estimator"])
        self.thresholds = Thresholds.from_config(config["flags"])

    @cached_property
    def classifier(self) -> Classifier:
        """Labels utterances; loaded when first asked for, so that its memory and the segmenter's don't add up.

        Raises:
            InputError: where one of the model's files is missing or broken.
        """
        return Classifier.load(self._folder, threads=self._threads)

    @cached_property
    def explainer(self) -> Explainer:
        """Tells why an utterance has its label; loads the contrast sets."""
        return Explainer.load(self.classifier)

    def run(self, session: Session, options: Options | None = None) -> SessionReport:
        """Analyse one session.

        Raises:
            InputError: where the session holds no words, is not in English, or has no therapist to be told.
        """
        options = options or Options()
        if not any(turn.text.strip() for turn in session.turns):
            raise InputError(f"{session.id}: the transcript holds no words")
        session = check_language(session, force=options.force_language)
        session = assign_roles(session, therapists=options.therapists, accept=options.accept_roles, scorer=self.scorer)
        session = self.segmenter.segment(session, resegment=options.resegment)
        if not any(True for _ in session.therapist_utterances()):
            raise InputError(f"{session.id}: the therapist has no utterances; check the roles with --therapist NAME")
        session = self.classifier.classify(session)
        session = flag(session, self.thresholds)
        if options.explain:
            session = self.explainer.explain(session)
        return SessionReport(session, summarise(session, self.estimator), self.classifier.info)


@lru_cache(maxsize=2)
def _pipeline(model: str) -> Pipeline:
    return Pipeline(model)


def analyze(
    source: str | Path | Session,
    *,
    therapists: Sequence[str] = (),
    accept_roles: bool = False,
    resegment: bool = False,
    force_language: bool = False,
    model: str | Path = "default",
    session: str | None = None,
    reading: Reading | None = None,
) -> SessionReport:
    """Analyse a transcript file or a session.

    Args:
        source: path of a transcript, or a session as ``read`` returns it.
        therapists: names of the therapists, where they are known.
        accept_roles: go on with a notice where it is unclear who the therapist is.
        resegment: find utterances anew where the input already has them.
        force_language: go on with a notice where the session is not in English.
        model: name of a shipped model, or a model folder.
        session: id of the session, in a file of several.
        reading: of the file, such as its format or the columns of a table.

    Raises:
        InputError: naming what is wrong with the input and what to do.
    """
    options = Options(tuple(therapists), accept_roles, resegment, force_language)
    given = source if isinstance(source, Session) else readers.read(source, session=session, reading=reading)
    return _pipeline(str(model)).run(given, options)


def analyze_many(paths: Iterable[str | Path], *, model: str | Path = "default") -> Iterator[SessionReport]:
    """Yield a report for each session in each file, one at a time.

    Raises:
        InputError: at the first file that cannot be analysed.
    """
    for path in paths:
        for session in readers.read_all(path):
            yield _pipeline(str(model)).run(session)


def without_results(session: Session) -> Session:
    """Return the session as it was before any analysis: no utterances at all."""
    return replace(session, turns=tuple(replace(turn, utterances=None) for turn in session.turns))
