"""The baseline that anyone can run: TF-IDF with logistic regression, out of fold, on the classifier's data and folds.

    python scripts/baseline.py --data corpora/sessions --data FOLDER

Sees the same words as the classifier: the utterance, the client's words before the turn, and the turn so far.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from analyzer.labels import LABELS
from analyzer.training.calibrate import Predicted
from analyzer.training.data import load_folders, rows_of, split_groups
from analyzer.training.measure import measure_labels
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

FOLDS = 3
SEED = 1


def main() -> int:
    """Cross-validate by session (by writer where there is one) and print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", action="append", required=True, type=Path, help="folder of sessions; repeatable")
    sessions = [session for session in load_folders(parser.parse_args().data) if rows_of(session)]
    rows = [row for session in sessions for row in rows_of(session)]
    texts = np.array([[row.example.text, row.example.client, row.example.before] for row in rows], dtype=object)
    labels = np.array([row.label for row in rows])
    logits = np.zeros((len(rows), len(LABELS) + 1), dtype=np.float32)
    for held in split_groups(rows, FOLDS, SEED):
        test = np.array([row.group in held for row in rows])
        model = make_pipeline(
            ColumnTransformer(
                [(str(i), TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True), i) for i in range(3)]
            ),
            LogisticRegression(C=4.0, class_weight="balanced", max_iter=1000),
        )
        model.fit(texts[~test], labels[~test])
        logits[test, : len(LABELS)] = model.predict_log_proba(texts[test])
    predicted = []
    at = 0
    for session in sessions:
        count = len(rows_of(session))
        part = slice(at, at + count)
        at += count
        lifelike = session.extra.get("rates") != "dense"
        predicted.append(Predicted(session.id, lifelike, logits[part], labels[part], np.full(count, -1)))
    print(json.dumps(measure_labels(predicted), indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
