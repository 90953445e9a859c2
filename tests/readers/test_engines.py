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


def test_words_of_channels_are_woven_and_marks_stay_behind_their_words():
    items = aws_items(labels=False)
    channels = [
        {"channel_label": "ch_0", "items": [*items[:5], *items[7:]]},
        {"channel_label": "ch_1", "items": items[5:7]},
    ]
    data = {"results": {"items": [], "channel_labels": {"channels": channels}}}
    names = {"one": "ch_0", "two": "ch_1"}
    assert turns(data) == [(names[who], text, start, end) for who, text, start, end in WANTED]


def deepgram_words(*words):
    timed = [{"word": word, "punctuated_word": word, "start": start, "end": end} for word, start, end in words]
    return {"alternatives": [{"transcript": " ".join(word for word, *_ in words), "words": timed}]}


def test_channels_of_deepgram():
    first = deepgram_words(("Show", 0.5, 0.9), ("me,", 1.0, 1.2), ("please.", 1.4, 2.0), ("Good.", 4.0, 4.5))
    channels = [first, deepgram_words(("Seven!", 2.5, 3.0))]
    names = {"one": "Speaker 0", "two": "Speaker 1"}
    wanted = [(names[who], text, start, end) for who, text, start, end in WANTED]
    assert turns({"results": {"channels": channels}}) == wanted
    spoken = [
        {"transcript": text, "start": start, "end": end, "speaker": 0, "channel": int(who == "two")}
        for who, text, start, end in WANTED
    ]
    assert turns({"results": {"channels": [], "utterances": sorted(spoken, key=lambda u: u["channel"])}}) == wanted


def test_a_transcript_without_words_is_not_lost():
    (session,) = read_bytes(b'{"results": {"channels": [{"alternatives": [{"transcript": "Show me."}]}]}}', "s.json")
    assert [turn.text for turn in session.turns] == ["Show me."]
    assert session.notices


def test_words_without_speakers_are_one_turn():
    words = [{"text": "Show", "start": 100, "end": 200, "speaker": None}, {"text": "me.", "start": 300, "end": 400}]
    assert turns({"utterances": None, "words": words, "text": "Show me."}) == [(None, "Show me.", 0.1, 0.4)]


def azure_phrases(capital):
    def key(name):
        return name[:1].upper() + name[1:] if capital else name

    return {
        key("recognizedPhrases"): [
            {
                key("recognitionStatus"): "Success",
                key("channel"): int(who == "two"),
                key("offsetInTicks"): start * 1e7,
                key("durationInTicks"): (end - start) * 1e7,
                key("nBest"): [{key("display"): text}],
            }
            for who, text, start, end in sorted(WANTED)
        ]
    }


@pytest.mark.parametrize("capital", [False, True])
def test_azure_channel_after_channel_with_small_and_capital_keys(capital):
    names = {"one": "Speaker 0", "two": "Speaker 1"}
    assert turns(azure_phrases(capital)) == [(names[who], text, start, end) for who, text, start, end in WANTED]


def test_a_log_with_other_lines_guesses_and_a_broken_end():
    text = """{"event": "started"}
{"SpeakerId": "Unknown", "Text": "Show", "Reason": "RecognizingSpeech", "Offset": 5000000, "Duration": 10000000}
{"SpeakerId": "Guest-1", "Text": "Show me.", "Reason": "RecognizedSpeech", "Offset": 5000000, "Duration": 10000000}
{"speaker_id": "Guest-2", "text": "Seven!", "offset_in_ticks": 25000000, "duration_in_ticks": 5000000}
{"SpeakerId": "Gue"""
    (session,) = read_bytes(text.encode(), "log.txt")
    assert [(t.speaker, t.text, t.start, t.end) for t in session.turns] == [
        ("Guest-1", "Show me.", 0.5, 1.5),
        ("Guest-2", "Seven!", 2.5, 3.0),
    ]
    assert [notice.where for notice in session.notices] == ["line 5", "line 1", "line 2"]


@pytest.mark.parametrize("tag", ["speakerTag", "speaker_tag", "speakerLabel"])
def test_google_in_an_operation_with_whole_times(tag):
    words = [
        {"word": "Show", "startTime": {"nanos": 500000000}, "endTime": {"seconds": "1"}, tag: 1},
        {"word": "me.", "startTime": {"seconds": 1}, "endTime": {"seconds": 2}, tag: 1},
        {"word": "Seven!", "startTime": {"seconds": 2, "nanos": 500000000}, "endTime": {"seconds": 3}, tag: 2},
    ]
    results = [{"alternatives": [{"transcript": "Show me. Seven!"}]}, {"alternatives": [{"words": words}]}]
    assert turns({"name": "1", "done": True, "response": {"results": results}}) == [
        ("Speaker 1", "Show me.", 0.5, 2.0),
        ("Speaker 2", "Seven!", 2.5, 3.0),
    ]


def test_what_rev_did_not_understand_is_a_notice_and_its_names_are_used():
    elements = [
        {"type": "text", "value": "Show", "ts": 0.5, "end_ts": 1.0},
        {"type": "punct", "value": " "},
        {"type": "unknown", "value": "<inaudible>"},
        {"type": "punct", "value": "."},
    ]
    data = {"speakers": [{"id": 0, "name": "Dana"}], "monologues": [{"speaker": 0, "elements": elements}]}
    assert turns(data) == [("Dana", "Show .", 0.5, 1.0)]


def test_a_piece_without_a_time_is_told():
    spoken = [
        {"speaker": "A", "text": "Show me.", "start": "soon", "end": 2},
        {"speaker": "B", "text": "No.", "start": 3},
    ]
    (session,) = read_bytes(json.dumps({"utterances": spoken, "words": []}).encode(), "s.json")
    assert [notice.where for notice in session.notices] == ["piece 1"]


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
