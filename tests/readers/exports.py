"""Sessions written in the forms people have, to be read back."""

import csv
import io

from analyzer.session import Session


def _stamp(value: float | None, mark: str = ".") -> str:
    value = value or 0.0
    return f"{int(value // 3600):02}:{int(value % 3600 // 60):02}:{value % 60:06.3f}".replace(".", mark)


def _times(session: Session) -> list[tuple[float, float]]:
    starts = [turn.start if turn.start is not None else float(i) for i, turn in enumerate(session.turns)]
    ends = [
        turn.end if turn.end is not None else (starts[i + 1] if i + 1 < len(starts) else starts[i] + 1)
        for i, turn in enumerate(session.turns)
    ]
    return list(zip(starts, ends, strict=True))


def _escaped(text: str | None) -> str:
    return (text or "").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def to_vtt(session: Session) -> bytes:
    cues = [
        f"{_stamp(start)} --> {_stamp(end)}\n<v {_escaped(turn.speaker)}>{_escaped(turn.text)}\n"
        for turn, (start, end) in zip(session.turns, _times(session), strict=True)
    ]
    return ("WEBVTT\n\n" + "\n".join(cues)).encode()


def to_srt(session: Session) -> bytes:
    cues = [
        f"{number}\n{_stamp(start, ',')} --> {_stamp(end, ',')}\n{turn.speaker}: {turn.text}\n"
        for number, (turn, (start, end)) in enumerate(zip(session.turns, _times(session), strict=True), 1)
    ]
    return "\n".join(cues).encode()


def to_txt(session: Session) -> bytes:
    return "\n".join(f"{turn.speaker}: {turn.text}\n" for turn in session.turns).encode()


def to_csv(session: Session) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["speaker", "start", "end", "text"])
    for turn, (start, end) in zip(session.turns, _times(session), strict=True):
        writer.writerow([turn.speaker, start, end, turn.text])
    return out.getvalue().encode()


def to_docx(session: Session) -> bytes:
    import docx

    document = docx.Document()
    for turn in session.turns:
        paragraph = document.add_paragraph()
        paragraph.add_run(f"{turn.speaker}: ").bold = True
        paragraph.add_run(turn.text)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


FORMS = {"vtt": to_vtt, "srt": to_srt, "txt": to_txt, "csv": to_csv, "docx": to_docx}
