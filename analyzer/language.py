"""Is the session in English? The models know nothing else, and would label other languages with full confidence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from analyzer.errors import InputError
from analyzer.session import Notice, Session

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

PIECE_WORDS = 25
"""Language is told for pieces of about 150 letters: enough for trigrams to be sure (with the words below
none of 1754 English stretches of four turns is taken for foreign), short enough that two languages show as two."""

MOST_PIECES = 24
"""A session is sampled with this many pieces, spread over it: about 4000 letters, judged in milliseconds."""

LEAST_WORDS = 15
"""Under this many words, fillers and repetitions apart, nothing is judged: "mm-hmm, okay, no" could be anything."""

SURELY_NOT = 0.1
"""A piece is taken as not English under this probability of English; baby words and names need the doubt."""

ENGLISH_WORDS = frozenset(
    (
        *("the", "and", "you", "your", "with", "what", "that", "this", "have", "its", "im", "dont", "how", "when"),
        *("where", "why", "they", "she", "because", "about", "whos", "whats", "thats", "there", "here", "been", "has"),
        *("my", "could"),
    )
)
ENOUGH_ENGLISH = 2
"""A piece with this many different of the words above is English, whatever its names and baby words look like: other
languages share one or the other of them, none shares two."""

MOST_FOREIGN = 0.5
"""More than this share of the words has to be foreign before a session is refused."""

LANGUAGES = {
    "en": "English", "am": "Amharic", "ar": "Arabic", "bn": "Bengali", "ca": "Catalan", "cs": "Czech",
    "cy": "Welsh", "da": "Danish", "de": "German", "el": "Greek", "es": "Spanish", "fa": "Persian", "fi": "Finnish",
    "fr": "French", "he": "Hebrew", "hi": "Hindi", "hu": "Hungarian", "id": "Indonesian", "it": "Italian",
    "ja": "Japanese", "ko": "Korean", "nl": "Dutch", "no": "Norwegian", "pa": "Punjabi", "pl": "Polish",
    "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sv": "Swedish", "sw": "Swahili", "ta": "Tamil",
    "th": "Thai", "tl": "Tagalog", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese",
    "zh": "Chinese",
}  # fmt: skip
"""Widely spoken languages by their codes: each more is one more chance to take child talk for it."""

_ASIDE = re.compile(r"\[[^\]]*\]|<[^>]*>|https?://\S+")
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_FILLER = re.compile(r"[aeou]?[hm]+[mh-]*|u[hm]+-?\w*|er+m?|yeah|ye[ps]|no|o[hk]|okay|right", re.IGNORECASE)
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ua4cf\uf900-\ufaff]")


def check_language(session: Session, *, force: bool = False) -> Session:
    """Return the session where it is in English, or too short to tell.

    Args:
        session: with or without roles; the words of all speakers count.
        force: go on with a notice where it is not in English.

    Raises:
        InputError: naming the language, where more than half of the words are surely not English.
    """
    found = None if _plainly_english(session) else foreign_share(session)
    if found is None:
        return session
    share, language = found
    if share <= MOST_FOREIGN:
        return session
    if not force:
        raise InputError(
            f"{session.id}: the session is in {language}, and the models know English only; "
            "with --force-language it is analysed all the same, with labels that mean little"
        )
    return session.with_notices(Notice("session", f"the session is in {language}; the models know English only"))


def _plainly_english(session: Session) -> bool:
    """Tell whether English words alone settle it, so that the detector, slow to load, need not be asked."""
    pieces = _pieces(session)
    known = sum(size for words, size in pieces if _has_english(words))
    return known >= (1 - MOST_FOREIGN) * sum(size for _, size in pieces)


def _has_english(words: Sequence[str]) -> bool:
    return len({re.sub("['’]", "", word.lower()) for word in words} & ENGLISH_WORDS) >= ENOUGH_ENGLISH


def foreign_share(session: Session) -> tuple[float, str] | None:
    """Return the share of words that are surely not English, in [0, 1], and their most frequent language.

    None where there is too little text to tell.
    """
    pieces = _pieces(session)
    total = sum(size for _, size in pieces)
    if total < LEAST_WORDS:
        return None
    foreign: Counter[str] = Counter()
    for words, size in pieces:
        language = _foreign_language(words)
        if language:
            foreign[language] += size
    most = foreign.most_common(1)
    return foreign.total() / total, most[0][0] if most else "English"


def _foreign_language(words: Sequence[str]) -> str | None:
    """Return the language of a piece that is surely not English, else None."""
    if _has_english(words):
        return None
    ranked: list[tuple[str, float]] = _detector().rank(" ".join(words)[:1000])
    return None if dict(ranked)["en"] >= SURELY_NOT else LANGUAGES[ranked[0][0]]


def _pieces(session: Session) -> list[tuple[list[str], int]]:
    """Return pieces of text spread over the session as words, each with its size in words.

    Fillers and repeated words are left out. Scripts without spaces count two letters as a word.
    """
    text = " ".join(_ASIDE.sub(" ", turn.text) for turn in session.turns)
    words = [word for word in _WORD.findall(text) if not _FILLER.fullmatch(word)]
    starts = list(range(0, len(words), PIECE_WORDS))
    if len(starts) > 1 and len(words) - starts[-1] < LEAST_WORDS:
        starts.pop()
    step = max(len(starts) / MOST_PIECES, 1.0)
    pieces = []
    for index in range(min(len(starts), MOST_PIECES)):
        start = starts[int(index * step)]
        piece = list(dict.fromkeys(words[start : start + PIECE_WORDS]))
        pieces.append((piece, sum(len(word) // 2 if _UNSPACED.match(word) else 1 for word in piece)))
    return pieces


@lru_cache(maxsize=1)
def _detector() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    detector = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    detector.set_languages(list(LANGUAGES))
    return detector
