"""JSON of speech engines, each in exactly its form."""

import json

import pytest
from analyzer.errors import InputError
from analyzer.readers import read_bytes
from hypothesis import given, settings
from hypothesis import strategies as st

WANTED = [("one", "Show me, please.", 0.5, 2.0), ("two", "Seven!", 2.5, 3.0), ("one", "Good.", 4.0, 4.5)]


def aws_item(text, start, end, **more):
    return {
        "type": "pronunciation",
        "alternatives": [{"confidence": "0.9", "content": text}],
        "start_time": start,
        "end_time": end,
        **more,
    }


def mark(text):
    return {"type": "punctuation", "alternatives": [{"confidence": "0.0", "content": text}]}


def aws_items(labels=True):
    def who(label):
        return {"speaker_label": label} if labels else {}

    return [
        aws_item("Show", "0.5", "0.9", **who("spk_0")),
        aws_item("me", "1.0", "1.2", **who("spk_0")),
        mark(","),
        aws_item("please", "1.4", "2.0", **who("spk_0")),
        mark("."),
        aws_item("Seven", "2.5", "3.0", **who("spk_1")),
        mark("!"),
        aws_item("Good", "4.0", "4.5", **who("spk_0")),
        mark("."),
    ]


AWS_NEW = {
    "jobName": "j",
    "results": {"transcripts": [{"transcript": "..."}], "items": aws_items(), "audio_segments": []},
}
AWS_OLD = {
    "results": {
        "speaker_labels": {
            "speakers": 2,
            "segments": [
                {
                    "speaker_label": "spk_0",
                    "items": [{"start_time": t, "speaker_label": "spk_0"} for t in ("0.5", "1.0", "1.4", "4.0")],
                },
                {"speaker_label": "spk_1", "items": [{"start_time": "2.5", "speaker_label": "spk_1"}]},
            ],
        },
        "items": aws_items(labels=False),
    }
}
AWS_CHANNELS = {
    "results": {
        "items": aws_items(labels=False),
        "channel_labels": {
            "channels": [
                {"channel_label": "ch_0", "items": [*aws_items(labels=False)[:5]]},
                {"channel_label": "ch_1", "items": [*aws_items(labels=False)[5:7]]},
            ]
        },
    }
}
DEEPGRAM = {
    "metadata": {},
    "results": {
        "channels": [],
        "utterances": [
            {"start": 0.5, "end": 1.2, "transcript": "Show me,", "speaker": 0},
            {"start": 1.4, "end": 2.0, "transcript": "please.", "speaker": 0},
            {"start": 2.5, "end": 3.0, "transcript": "Seven!", "speaker": 1},
            {"start": 4.0, "end": 4.5, "transcript": "Good.", "speaker": 0},
        ],
    },
}
DEEPGRAM_WORDS = {
    "results": {
        "channels": [
            {
                "alternatives": [
                    {
                        "transcript": "...",
                        "words": [
                            {"word": "show", "punctuated_word": "Show", "start": 0.5, "end": 0.9, "speaker": 0},
                            {"word": "me", "punctuated_word": "me,", "start": 1.0, "end": 1.2, "speaker": 0},
                            {"word": "please", "punctuated_word": "please.", "start": 1.4, "end": 2.0, "speaker": 0},
                            {"word": "seven", "punctuated_word": "Seven!", "start": 2.5, "end": 3.0, "speaker": 1},
                            {"word": "good", "punctuated_word": "Good.", "start": 4.0, "end": 4.5, "speaker": 0},
                        ],
                    }
                ]
            }
        ]
    }
}
ASSEMBLYAI = {
    "id": "x",
    "text": "...",
    "words": [],
    "utterances": [
        {"speaker": "A", "start": 500, "end": 2000, "text": "Show me, please.", "words": []},
        {"speaker": "B", "start": 2500, "end": 3000, "text": "Seven!"},
        {"speaker": "A", "start": 4000, "end": 4500, "text": "Good."},
    ],
    "chapters": None,
}
AZURE = {
    "combinedRecognizedPhrases": [{"display": "..."}],
    "recognizedPhrases": [
        {
            "recognitionStatus": "Success",
            "speaker": 1,
            "offsetInTicks": 5e6,
            "durationInTicks": 15e6,
            "nBest": [{"display": "Show me, please."}],
        },
        {
            "recognitionStatus": "Success",
            "speaker": 2,
            "offset": "PT2.5S",
            "duration": "PT0.5S",
            "nBest": [{"display": "Seven!"}],
        },
        {
            "recognitionStatus": "Success",
            "speaker": 1,
            "offset": "PT4S",
            "duration": "PT0.5S",
            "nBest": [{"display": "Good."}],
        },
    ],
}
AZURE_OLD = {
    "AudioFileResults": [
        {
            "SegmentResults": [
                {
                    "RecognitionStatus": "Success",
                    "SpeakerId": "1",
                    "OffsetInSeconds": 0.5,
                    "DurationInSeconds": 1.5,
                    "NBest": [{"Display": "Show me, please."}],
                },
                {
                    "RecognitionStatus": "Success",
                    "SpeakerId": "2",
                    "Offset": 25_000_000,
                    "Duration": 5_000_000,
                    "NBest": [{"Display": "Seven!"}],
                },
                {
                    "RecognitionStatus": "Success",
                    "SpeakerId": "1",
                    "OffsetInSeconds": 4,
                    "DurationInSeconds": 0.5,
                    "NBest": [{"Display": "Good."}],
                },
            ]
        }
    ]
}
AZURE_FAST = {
    "durationMilliseconds": 9000,
    "combinedPhrases": [],
    "phrases": [
        {"speaker": 1, "offsetMilliseconds": 500, "durationMilliseconds": 1500, "text": "Show me, please."},
        {"speaker": 2, "offsetMilliseconds": 2500, "durationMilliseconds": 500, "text": "Seven!"},
        {"speaker": 1, "offsetMilliseconds": 4000, "durationMilliseconds": 500, "text": "Good."},
    ],
}
GOOGLE = {
    "results": [
        {
            "alternatives": [
                {
                    "transcript": "Show me, please.",
                    "words": [{"word": "Show", "startTime": "0.500s", "endTime": "0.9s"}],
                }
            ]
        },
        {
            "alternatives": [
                {
                    "words": [
                        {"word": "Show", "startTime": "0.500s", "endTime": "0.9s", "speakerTag": 1},
                        {
                            "word": "me,",
                            "startTime": {"seconds": "1"},
                            "endTime": {"seconds": 1, "nanos": 200000000},
                            "speakerTag": 1,
                        },
                        {"word": "please.", "startTime": "1.4s", "endTime": "2s", "speakerTag": 1},
                        {"word": "Seven!", "startTime": "2.5s", "endTime": "3s", "speakerTag": 2},
                        {"word": "Good.", "startTime": "4s", "endTime": "4.5s", "speakerTag": 1},
                    ]
                }
            ]
        },
    ]
}
REV = {
    "monologues": [
        {
            "speaker": 0,
            "elements": [
                {"type": "text", "value": "Show", "ts": 0.5, "end_ts": 0.9},
                {"type": "punct", "value": " "},
                {"type": "text", "value": "me", "ts": 1.0, "end_ts": 1.2},
                {"type": "punct", "value": ", "},
                {"type": "text", "value": "please", "ts": 1.4, "end_ts": 2.0},
                {"type": "punct", "value": "."},
            ],
        },
        {
            "speaker": 1,
            "elements": [{"type": "text", "value": "Seven", "ts": 2.5, "end_ts": 3.0}, {"type": "punct", "value": "!"}],
        },
        {
            "speaker": 0,
            "elements": [{"type": "text", "value": "Good", "ts": 4.0, "end_ts": 4.5}, {"type": "punct", "value": "."}],
        },
    ]
}
ENGINES = {
    "aws, newer": (AWS_NEW, "spk_0", "spk_1"),
    "aws, older": (AWS_OLD, "spk_0", "spk_1"),
    "deepgram": (DEEPGRAM, "Speaker 0", "Speaker 1"),
    "deepgram, words": (DEEPGRAM_WORDS, "Speaker 0", "Speaker 1"),
    "assemblyai": (ASSEMBLYAI, "Speaker A", "Speaker B"),
    "azure": (AZURE, "Speaker 1", "Speaker 2"),
    "azure, older": (AZURE_OLD, "Speaker 1", "Speaker 2"),
    "azure, fast": (AZURE_FAST, "Speaker 1", "Speaker 2"),
    "google": (GOOGLE, "Speaker 1", "Speaker 2"),
    "rev": (REV, "Speaker 0", "Speaker 1"),
}


def turns(data):
    (session,) = read_bytes(json.dumps(data).encode(), "s.json")
    return [(t.speaker, t.text, t.start, t.end) for t in session.turns]


@pytest.mark.parametrize("engine", ENGINES)
def test_engines(engine):
    data, one, two = ENGINES[engine]
    names = {"one": one, "two": two}
    assert turns(data) == [(names[who], text, start, end) for who, text, start, end in WANTED]


def test_channels_are_woven_by_time():
    assert turns(AWS_CHANNELS) == [("ch_0", "Show me, please.", 0.5, 2.0), ("ch_1", "Seven!", 2.5, 3.0)]


def test_a_log_of_lines():
    lines = [
        {"SpeakerId": "Guest-1", "Text": "Show me.", "OffsetInTicks": 5_000_000, "DurationInTicks": 10_000_000},
        {"SpeakerId": "Guest-2", "Text": "Seven!", "OffsetInTicks": 25_000_000, "DurationInTicks": 5_000_000},
    ]
    (session,) = read_bytes("\n".join(map(json.dumps, lines)).encode(), "s.jsonl")
    assert [(t.speaker, t.text, t.start) for t in session.turns] == [
        ("Guest-1", "Show me.", 0.5),
        ("Guest-2", "Seven!", 2.5),
    ]


def test_what_was_not_recognised_is_counted():
    data = json.loads(json.dumps(AZURE))
    data["recognizedPhrases"].insert(1, {"recognitionStatus": "InitialSilenceTimeout", "nBest": []})
    (session,) = read_bytes(json.dumps(data).encode(), "s.json")
    assert [notice.where for notice in session.notices] == ["recognizedPhrases[1]"]


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["items", "words", "speaker", "text", "start", "nBest"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(ENGINES)), st.data())
def test_wrong_types_anywhere_give_turns_or_one_clear_line(engine, data):
    broken = json.loads(json.dumps(ENGINES[engine][0]))
    node = broken
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            break
        key = data.draw(st.sampled_from(keys))
        if not isinstance(node[key], dict | list) or data.draw(st.booleans()):
            node[key] = data.draw(JUNK)
            break
        node = node[key]
    try:
        read_bytes(json.dumps(broken).encode(), "s.json")
    except InputError as error:
        assert "\n" not in str(error)
