"""Errors that people read: what is wrong, where, and what to do about it."""

from __future__ import annotations


class AnalyzerError(Exception):
    """A failure on our side or the machine's; the command line ends with status 1.

    The message is one line, and never holds text of a transcript.
    """

    exit_code = 1


class InputError(AnalyzerError):
    """Wrong input: a file, an option or a model folder; the command line ends with status 2."""

    exit_code = 2


class UnclearRolesError(InputError):
    """Nobody can be taken for the therapist with enough confidence.

    Attributes:
        speakers: for each speaker the name and a short excerpt of the first words. The excerpt is for the terminal of
            the person who owns the transcript and is not part of the message, so that it reaches no log.
        confidence: of the best guess, in [0, 1].
    """

    def __init__(self, message: str, speakers: tuple[tuple[str, str], ...], confidence: float) -> None:
        super().__init__(message)
        self.speakers = speakers
        self.confidence = confidence
