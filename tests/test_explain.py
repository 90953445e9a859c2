"""The words named carry the label, and counterparts come from the contrast sets."""

import random
from dataclasses import replace

import numpy as np
import pytest
from analyzer.context import Example
from analyzer.explain import Explainer, strongest
from analyzer.labels import LABELS, Label
from analyzer.session import Utterance, session_from_json, session_to_json

CASES = [
    ("You should have practised, and honestly I expected more from you.", "I forgot the cards at home.", Label.CRITICISM),
    ("That took real courage, and I am so glad that you told me.", "I told her the truth.", Label.VALIDATION),
    ("Next time, try putting the cards next to your toothbrush.", "I keep forgetting them.", Label.FEEDBACK),
    ("You felt left out when they all went without you.", "They went to the park and nobody asked me.", Label.REFLECTION),
    ("If you had listened the first time we would not be doing this again.", "I got it wrong.", Label.CRITICISM),
]  # fmt: skip


@pytest.fixture(scope="module")
def explainer(pipeline):
    return pipeline.explainer


def _chance(explainer, example, label):
    logits = explainer.classifier.logits([example])
    return float(explainer.classifier.calibration.probabilities(logits)[0, LABELS.index(label)])


def _without(text, spans):
    words = [(i, w) for i, w in enumerate(text.split())]
    return " ".join(w for i, w in words if i not in spans)


def test_deleting_the_named_words_moves_the_label_more_than_deleting_others(explainer):
    rng = random.Random(4)
    named, others = [], []
    for text, client, label in CASES:
        example = Example(text, client)
        explanation = explainer.why(example, Utterance(0, len(text), label))
        assert [text[w.start : w.end] for w in explanation.words] == text.split()
        chosen = {explanation.words.index(word) for word in strongest(explanation, 3)}
        whole = _chance(explainer, example, label)
        named.append(whole - _chance(explainer, replace(example, text=_without(text, chosen)), label))
        for _ in range(8):
            drawn = set(rng.sample(range(len(explanation.words)), len(chosen)))
            others.append(whole - _chance(explainer, replace(example, text=_without(text, drawn)), label))
    assert np.mean(named) > 2 * np.mean(others)


def test_counterparts_are_lines_of_the_sets_and_near(explainer):
    example = Example("You said you would practise, and here we are again.", "I didn't do my speech homework.")
    found = explainer.counterparts(example)
    texts = {item["constructive_feedback"] for item in explainer.sets}
    assert len(found) == 2
    assert all(way.text in texts for way in found)
    vectors = explainer.classifier.embed([example, Example(found[0].criticism, found[0].client)])
    assert (
        vectors[0] @ vectors[1]
        >= max(
            vectors[0] @ vector
            for vector in explainer.classifier.embed(
                [Example(i["criticism"], i["client"]) for i in explainer.sets[:40]]
            )
        )
        - 1e-6
    )


def test_explanations_are_results_and_never_read_back(pipeline, example):
    from analyzer.pipeline import Options
    from analyzer.readers import read

    report = pipeline.run(read(example), Options(explain=True))
    flagged = [u for _, _, u in report.session.therapist_utterances() if u.flags]
    assert flagged
    assert all(u.explanation for u in flagged)
    assert all(u.explanation is None for _, _, u in report.session.therapist_utterances() if not u.flags)
    data = session_to_json(report.session)
    assert '"explanation"' in str(data).replace("'", '"')
    again = session_from_json(data)
    assert all(u.explanation is None and not u.extra for _, _, u in again.therapist_utterances())


def test_the_sets_ship_whole():
    class Nothing:
        pass

    sets = Explainer.load(Nothing()).sets
    assert len(sets) >= 500
    assert len({item["id"] for item in sets}) == len(sets)
    wanted = {"id", "client", "discipline", "client_age", *(str(label) for label in LABELS[:4])}
    assert all(set(item) == wanted for item in sets)
