"""Two models on the same sessions: figures against known answers, on a model that differs in one threshold."""

import json
import shutil

import pytest
from analyzer.errors import InputError
from analyzer.pipeline import Pipeline
from analyzer.shipped import find_model
from analyzer.training.compare import compare, mcnemar
from scipy.stats import binomtest

from tests.conftest import ROOT


@pytest.mark.parametrize("pair", [(0, 0), (3, 9), (1, 0), (40, 41)])
def test_mcnemar_is_the_exact_test(pair):
    found = mcnemar(*pair)
    assert found["p"] == pytest.approx(binomtest(pair[0], sum(pair), 0.5).pvalue if sum(pair) else 1)
    assert (found["only_old_right"], found["only_new_right"]) == pair


@pytest.fixture(scope="module")
def eager(tmp_path_factory):
    """The shipped model with a lower flag threshold and no criticism decisions."""
    folder = tmp_path_factory.mktemp("model") / "eager"
    shutil.copytree(find_model("default"), folder)
    config = json.loads((folder / "config.json").read_text("utf-8"))
    config["flags"]["criticism"] /= 20
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    return Pipeline(folder)


def test_only_held_out_sessions_are_compared_and_flags_are_named(pipeline, eager, tmp_path):
    paths = sorted((ROOT / "corpora" / "held_out").glob("*.json"))[:3]
    for part, chosen in (("train", paths[:1]), ("held_out", paths[1:])):
        (tmp_path / part).mkdir()
        for path in chosen:
            shutil.copy(path, tmp_path / part)
    found = compare(pipeline, eager, tmp_path)
    assert found["sessions"] == 2
    for row in (*found["labels"].values(), found["macro_f1"]):
        assert row["difference"] == 0, "the labels are the same; only flags differ"
        assert row["interval"] == [0, 0]
    assert found["mcnemar"]["p"] == 1
    assert len(found["flags_that_appear"]) > 5
    assert {flag["session"] for flag in found["flags_that_appear"]} <= {path.stem for path in paths[1:]}
    assert not [flag for flag in found["flags_that_go"] if flag in found["flags_that_appear"]]
    assert compare(eager, pipeline, tmp_path)["flags_that_go"] == found["flags_that_appear"]
    shutil.rmtree(tmp_path / "train")
    bare = tmp_path / "held_out" / paths[1].name
    session = json.loads(bare.read_text("utf-8"))
    for turn in session["turns"]:
        turn.pop("utterances", None)
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "x.json").write_text(json.dumps(session), "utf-8")
    with pytest.raises(InputError, match="no session with labels"):
        compare(pipeline, eager, tmp_path / "bare")
