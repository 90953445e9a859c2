"""What people's products export, how to get it out of them, and what is kept of it: for docs/formats.md and the help.

The steps are as the products' own help pages had them in 2026; menus move, so each row also says what to look for.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Product:
    """One export of one product.

    Attributes:
        product: name and form.
        reader: name of the reader that takes it.
        export: how to get it.
        keeps: what is kept: speakers, times, roles.
    """

    product: str
    reader: str
    export: str
    keeps: str


EXAMPLES: dict[str, str] = {
    "session": '{"format": "session/1", "id": "s1", "turns": [...]}',
    "vtt": "00:00:01.000 --> 00:00:04.000 / <v Dana>Good to see you.",
    "srt": "00:00:01,000 --> 00:00:04,000 / Dana: Good to see you.",
    "docx": "a paragraph Dana   0:01 with the words below, or a table",
    "odt": "a paragraph Dana: Good to see you.",
    "rtf": r"{\rtf1 Dana: Good to see you.\par}",
    "pdf": "a page with Dana: Good to see you.",
    "html": "<p><b>Dana:</b> Good to see you.</p>",
    "markdown": "[00:00:01] **Dana:** Good to see you.",
    "xlsx": "a sheet with the columns speaker, start, text",
    "table": "speaker,start,text / Dana,0:01,Good to see you.",
    "whisper": '{"segments": [{"start": 0.0, "end": 2.1, "text": " Good to see you."}]}',
    "engines": '{"results": {"utterances": [{"speaker": 0, "transcript": "Good to see you."}]}}',
    "otranscribe": '{"text": "<p>Dana: Good to see you.</p>", "media": "..."}',
    "chat": "*THE:<tab>good to see you . <bullet>0_1500<bullet>",
    "salt": "$ Child, Examiner / E Good to see you.",
    "textgrid": "an interval tier for each person",
    "elan": "a tier for each person with ALIGNABLE_ANNOTATIONs",
    "text": "Dana: Good to see you.",
}
"""One line for each reader."""

_ALL = "speakers, times"

PRODUCTS: tuple[Product, ...] = (
    Product("Zoom, cloud recording", "vtt", "Recordings > the meeting > download *Audio transcript* (VTT)", _ALL),
    Product("Zoom, saved captions", "text", "in the meeting: *Show captions > Save transcript* (TXT)", "speakers, starts"),
    Product("Microsoft Teams, VTT", "vtt", "the meeting's *Recap > Transcript > Download > .vtt*", _ALL),
    Product("Microsoft Teams, DOCX", "docx", "the meeting's *Recap > Transcript > Download > .docx*", "speakers, starts"),
    Product("Microsoft Stream (older), DOCX", "docx", "the video's *Transcript > Download*", _ALL),
    Product("Google Meet", "docx", "the document *... - Transcript* in Drive > *File > Download > .docx*", "speakers, a start every five minutes"),
    Product("Google Meet with Gemini's notes", "text", "the notes' document > *Download > Plain text*; the notes are left out", "speakers, a start every five minutes"),
    Product("Otter, text", "text", "*Export > TXT* with speaker names and time stamps", "speakers, starts"),
    Product("Otter, SRT", "srt", "*Export > SRT* with speaker names", _ALL),
    Product("Otter, DOCX", "docx", "*Export > DOCX*", "speakers, starts"),
    Product("Rev, text or DOCX", "text", "the order's *Download > TXT* or *DOCX*", "speakers, starts"),
    Product("Rev.ai", "engines", "`GET /jobs/ID/transcript` with `Accept: application/vnd.rev.transcript.v1.0+json`", _ALL),
    Product("Whisper", "whisper", "`whisper audio.wav --output_format json` (or vtt, srt, tsv); it tells no speakers apart", "times"),
    Product("WhisperX", "whisper", "`whisperx audio.wav --diarize --output_format json` (or srt, txt)", _ALL),
    Product("AWS Transcribe", "engines", "the job's output JSON, with speaker labels or channels on", _ALL),
    Product("Deepgram", "engines", "the response as JSON, with `diarize=true` and `utterances=true`", _ALL),
    Product("AssemblyAI", "engines", "the transcript as JSON, with `speaker_labels` on", _ALL),
    Product("Azure Speech", "engines", "batch or fast transcription's result JSON; a log of conversation results as JSON Lines", _ALL),
    Product("Google Speech-to-Text", "engines", "the operation's result as JSON, with diarization on", _ALL),
    Product("oTranscribe", "otranscribe", "*Export > oTranscribe format (.otr)*; Markdown and plain text too", "speakers, starts"),
    Product("CLAN, TalkBank", "chat", "the .cha file as it is", "speakers, times, roles from @Participants"),
    Product("SALT", "salt", "the .slt file as it is", "speakers, time marks, roles from the $ line"),
    Product("Praat", "textgrid", "*Save > Save as text file* (long or short)", _ALL),
    Product("ELAN", "elan", "the .eaf file as it is", _ALL),
    Product("Excel", "xlsx", "a workbook with a column for the words; the first such sheet is read", "what it has columns for"),
    Product("Excel, saved as text", "table", "*Save as > CSV* or *Unicode text*", "what it has columns for"),
    Product("AnnoMI, HOPE", "table", "the published CSV; several transcripts in one file are several sessions", "speakers, starts"),
    Product("Word processors", "docx", "DOCX, ODT or RTF, a paragraph a turn or a table", "speakers, times where written"),
    Product("PDF", "pdf", "with a text layer; a scan needs a text recognition first", "speakers, times where written"),
    Product("Web pages and notes", "html", "HTML or Markdown with names in bold or before a colon", "speakers, times where written"),
    Product("This program", "session", "`analyzer convert`, `analyzer analyze --format json`, `--format csv`", "everything but labels, which are never read"),
)  # fmt: skip
