"""Speed and memory of what is shipped, as ratios measured in one run (docs/benchmarks.md).

    python scripts/bench.py [--json FILE]

Needs the extra ``train`` for the comparison with transformers. The session is put together from the life-like sessions
of the corpus until it has as many therapist utterances as fifty minutes hold.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
UTTERANCES = 450
TURN_SECONDS = 5.0


def long_session() -> dict[str, Any]:
    """Return a session of about fifty minutes, made of the corpus's life-like ones."""
    turns: list[dict[str, Any]] = []
    count = 0
    for path in sorted((ROOT / "corpora" / "sessions").glob("*.json")):
        session = json.loads(path.read_text("utf-8"))
        if session.get("rates") != "lifelike" or session.get("transcript") != "professional":
            continue
        for turn in session["turns"]:
            role = turn["role"]
            start = len(turns) * TURN_SECONDS
            turns.append({"speaker": role.title(), "start": start, "end": start + TURN_SECONDS, "text": turn["text"]})
            count += len(turn.get("utterances", ()))
            if count >= UTTERANCES:
                return {"format": "session/1", "id": "fifty-minutes", "turns": turns}
    return {"format": "session/1", "id": "fifty-minutes", "turns": turns}


def seconds(work: Callable[[], object], repeats: int = 5) -> float:
    """Return the median wall time of a piece of work after one warm-up."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def compare_classify(session: dict[str, Any]) -> dict[str, float]:
    """Time our classify step and transformers' pipeline on the same token ids, with two threads each."""
    import torch
    from analyzer.classify import collate
    from analyzer.context import encode, examples_of
    from analyzer.pipeline import Pipeline
    from analyzer.session import session_from_json
    from analyzer.training.finetune import inputs_of
    from transformers import PreTrainedTokenizerFast, TextClassificationPipeline

    torch.set_num_threads(2)
    pipeline = Pipeline()
    report = pipeline.run(session_from_json(session))
    examples = examples_of(report.session)
    tokenizer = pipeline.classifier._tokenizer
    encoded = encode(tokenizer, examples, pipeline.classifier.window)
    model = same_architecture(pipeline.classifier.folder)
    ready = [inputs_of(model, collate([item])) for item in encoded]

    class Ready(TextClassificationPipeline):
        def preprocess(self, inputs: Any, **_: Any) -> dict[str, Any]:  # type: ignore[override, unused-ignore]
            return dict(ready[inputs])

    fast: Any = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_file=str(pipeline.classifier.folder / "tokenizer.json"),
        pad_token=pipeline.classifier._tokenizer.id_to_token(1 if model.config.model_type == "mpnet" else 0),
    )
    theirs: Any = Ready(model=model, tokenizer=fast, device="cpu")  # type: ignore[no-untyped-call]
    numbers = list(range(len(ready)))
    one = seconds(lambda: list(theirs(numbers, batch_size=1)), 3)
    many = seconds(lambda: list(theirs(numbers, batch_size=32)), 3)
    ours = seconds(lambda: pipeline.classifier.infer(encoded), 5)
    return {
        "utterances": len(examples),
        "tokens_mean": statistics.mean(len(item.ids) for item in encoded),
        "pipeline_batch_1_over_ours": one / ours,
        "pipeline_batch_32_over_ours": many / ours,
        "ours_seconds": ours,
    }


def same_architecture(folder: Path) -> Any:
    """Return transformers' model with the sizes of a model folder and weights at random; its speed is the same."""
    import onnx
    from transformers import AutoConfig, AutoModelForSequenceClassification

    weights = {item.name: tuple(item.dims) for item in onnx.load(str(folder / "model.onnx")).graph.initializer}
    inner = [dims for name, dims in weights.items() if name.endswith("intermediate.dense.bias")]
    width = next(dims for name, dims in weights.items() if name.endswith("attention.output.LayerNorm.weight"))
    config: Any = AutoConfig.for_model(
        "mpnet" if "position_bias" in weights else "bert",
        hidden_size=width[0],
        num_hidden_layers=len(inner),
        num_attention_heads=12,
        intermediate_size=inner[0][0],
        num_labels=6,
    )
    model: Any = AutoModelForSequenceClassification.from_config(config)  # type: ignore[no-untyped-call]
    return model.eval()


def whole_job(path: Path) -> dict[str, float]:
    """Time ``analyzer analyze`` from a cold start, and measure its peak memory, in a process of its own."""
    command = [sys.executable, "-m", "analyzer", "analyze", str(path), "--format", "json"]
    times = []
    for _ in range(4):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
        times.append(time.perf_counter() - start)
    probe = (
        "import resource,subprocess,sys;subprocess.run(sys.argv[1:],check=True,stdout=subprocess.DEVNULL,"
        "stderr=subprocess.DEVNULL);print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run([sys.executable, "-c", probe, *command], check=True, capture_output=True, text=True, cwd=ROOT)
    bare = seconds(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True), 5)
    return {
        "seconds": statistics.median(times[1:]),
        "over_a_bare_python": statistics.median(times[1:]) / bare,
        "peak_megabytes": int(done.stdout) / 1024,
    }


def batch_memory(session: dict[str, Any]) -> dict[str, float]:
    """Measure the peak memory of a batch of 100 and of 1,000 small sessions, in processes of their own."""
    peaks = {}
    small = {**session, "turns": session["turns"][:30]}
    for count in (100, 1000):
        with tempfile.TemporaryDirectory() as work:
            folder = Path(work) / "in"
            folder.mkdir()
            for number in range(count):
                (folder / f"{number:04}.json").write_text(json.dumps({**small, "id": f"s{number}"}), "utf-8")
            code = (
                "import resource\nfrom pathlib import Path\nfrom analyzer.batch import Batch\n"
                f"b=Batch([Path({str(folder)!r})],Path({str(Path(work) / 'out')!r}))\n"
                "list(b.run(1))\nprint(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
            )
            done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
            peaks[count] = int(done.stdout) / 1024
    return {"at_100": peaks[100], "at_1000": peaks[1000], "ratio": peaks[1000] / peaks[100]}


def reading(session: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Time the reading of fifty minutes in each form that we write, and how much longer four times as much takes."""
    from dataclasses import replace

    from analyzer.readers import read_bytes
    from analyzer.session import session_from_json
    from analyzer.writers import WRITERS

    once = session_from_json(session)
    shifts = [4 * UTTERANCES * TURN_SECONDS * number for number in range(4)]
    turns = [replace(t, start=(t.start or 0) + by, end=(t.end or 0) + by) for by in shifts for t in once.turns]
    four = replace(once, turns=tuple(turns))
    found = {}
    for name, writer in WRITERS.items():
        data = [writer.render(part) for part in (once, four)]
        took = [seconds(lambda d=d, w=writer: read_bytes(d, f"s{w.suffix}"), 3) for d in data]  # type: ignore[misc]
        found[name] = {"seconds": took[0], "four_times_over_once": took[1] / took[0]}
    return found


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--skip-memory", action="store_true")
    arguments = parser.parse_args()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    session = long_session()
    work = Path(tempfile.mkdtemp())
    try:
        path = work / "fifty-minutes.json"
        path.write_text(json.dumps(session), "utf-8")
        found: dict[str, Any] = {"whole_job": whole_job(path)}
        found["reading"] = reading(session)
        found["classify"] = compare_classify(session)
        if not arguments.skip_memory:
            found["batch_megabytes"] = batch_memory(session)
    finally:
        shutil.rmtree(work)
    print(json.dumps(found, indent=1))
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
