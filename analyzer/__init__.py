"""What did the therapist's words do for the client?

    import analyzer

    report = analyzer.analyze("session.vtt")
    report.summary.labels[analyzer.Label.CRITICISM].interval

The names below are the public interface. They are loaded when first used, so that ``import analyzer`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analyzer.errors import AnalyzerError, InputError, UnclearRolesError
    from analyzer.labels import LABELS, Label
    from analyzer.pipeline import Pipeline, analyze, analyze_many
    from analyzer.readers import read, read_all
    from analyzer.session import Flag, Notice, Session, Turn, Utterance
    from analyzer.summary import LabelSummary, Ratio, SessionReport, Summary, Talk

try:
    __version__ = version("analyzer")
except PackageNotFoundError:  # a checkout that was never installed
    __version__ = "0"

_HOMES = {
    "analyzer.errors": ("AnalyzerError", "InputError", "UnclearRolesError"),
    "analyzer.labels": ("LABELS", "Label"),
    "analyzer.pipeline": ("Pipeline", "analyze", "analyze_many"),
    "analyzer.readers": ("read", "read_all"),
    "analyzer.session": ("Flag", "Notice", "Session", "Turn", "Utterance"),
    "analyzer.summary": ("LabelSummary", "Ratio", "SessionReport", "Summary", "Talk"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "LABELS",
    "AnalyzerError",
    "Flag",
    "InputError",
    "Label",
    "LabelSummary",
    "Notice",
    "Pipeline",
    "Ratio",
    "Session",
    "SessionReport",
    "Summary",
    "Talk",
    "Turn",
    "UnclearRolesError",
    "Utterance",
    "__version__",
    "analyze",
    "analyze_many",
    "read",
    "read_all",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
