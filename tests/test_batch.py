"""Batches: what lands where, what is done again, and what an interruption leaves."""

import csv
import json
import subprocess
import sys

import pytest
from analyzer.batch import ERRORS_HEADER, JOURNAL, MARKER, SUMMARY_HEADER, Batch
from analyzer.errors import InputError
from analyzer.labels import LABELS
from analyzer.pipeline import Options

from tests.conftest import ROOT

WORDS = [
    ("Therapist", "Hello again. How was your week with the new exercises?"),
    ("Client", "I did them twice and my arm was really tired after."),
    ("Therapist", "You did them twice although your arm was tired. Try the lighter ball next time."),
]


def _vtt(path, times=1):
    path.parent.mkdir(parents=True, exist_ok=True)
    cues = "".join(
        f"00:00:{3 * i:02}.000 --> 00:00:{3 * i + 2:02}.000\n<v {name}>{words}\n\n"
        for i, (name, words) in enumerate(WORDS * times)
    )
    path.write_text("WEBVTT\n\n" + cues)
    return path


def _srt(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "".join(f"{i}\n00:00:0{i},000 --> 00:00:0{i},900\n{n}: {w}\n\n" for i, (n, w) in enumerate(WORDS, 1))
    )
    return path


def _rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def _run(*paths, output, **options):
    batch = Batch(paths, output, **options)
    done = sum(batch.run(1))
    return batch, done


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "recordings"
    _vtt(root / "a.vtt")
    _srt(root / "a.srt")
    _vtt(root / "monday" / "b.vtt")
    (root / "notes.bin").write_bytes(bytes(range(256)))
    return root


def test_results_mirror_the_folder(folder, tmp_path):
    out = tmp_path / "out"
    batch, done = _run(folder, output=out)
    assert done == 3
    found = sorted(str(path.relative_to(out / "sessions")) for path in (out / "sessions").rglob("*.json"))
    assert found == ["a.srt.json", "a.vtt.json", "monday/b.json"]
    assert (batch.outcome.analysed, batch.outcome.skipped, batch.outcome.failed) == (3, 1, 0)
    rows = _rows(out / "summary.csv")
    assert tuple(rows[0]) == SUMMARY_HEADER
    assert len(rows) == 4
    assert _rows(out / "errors.csv") == [list(ERRORS_HEADER)]
    one = json.loads((out / "sessions" / "monday" / "b.json").read_text())
    assert one["summary"]["utterances"] == int(rows[3][3])
    assert {f"{label}_{part}" for label in LABELS for part in ("count", "estimate", "low", "high")} <= set(rows[0])


def test_a_second_run_does_only_what_is_new_or_changed(folder, tmp_path):
    out = tmp_path / "out"
    _run(folder, output=out)
    before = (out / "summary.csv").read_bytes()
    again, done = _run(folder, output=out)
    assert (done, again.outcome.unchanged) == (0, 3)
    assert (out / "summary.csv").read_bytes() == before
    _vtt(folder / "a.vtt", times=2)
    _vtt(folder / "new.vtt")
    changed, done = _run(folder, output=out)
    assert [job.path.name for job in changed.todo] == ["a.vtt", "new.vtt"]
    other, _ = _run(folder, output=out, options=Options(accept_roles=True))
    assert len(other.todo) == 4
    (out / "sessions" / "new.json").unlink()
    lost = Batch([folder], out, options=Options(accept_roles=True))
    assert [job.path.name for job in lost.todo] == ["new.vtt"]


def test_an_interrupted_run_loses_nothing_finished(folder, tmp_path):
    out = tmp_path / "out"
    batch = Batch([folder], out)
    steps = batch.run(1)
    next(steps)
    steps.close()
    assert len(_rows(out / "summary.csv")) == 2
    with (out / JOURNAL).open("a") as journal:
        journal.write('{"source": "cut off in the mid')
    again, done = _run(folder, output=out)
    assert (done, again.outcome.unchanged) == (2, 1)
    assert len(_rows(out / "summary.csv")) == 4


def test_files_that_cannot_be_analysed_are_told_and_the_rest_is_done(folder, tmp_path):
    (folder / "bad.vtt").write_text("WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n<v Alex>Yes\n\n")
    named = tmp_path / "unknown.bin"
    named.write_bytes(bytes(range(256)))
    missing = tmp_path / "gone.vtt"
    out = tmp_path / "out"
    batch, _ = _run(folder, named, missing, output=out)
    rows = _rows(out / "errors.csv")
    assert {row[0].rsplit("/", 1)[1] for row in rows[1:]} == {"bad.vtt", "unknown.bin", "gone.vtt"}
    assert all(row[1] for row in rows[1:])
    assert batch.outcome.analysed == 3
    assert batch.outcome.failed == 3
    _, done = _run(folder, named, missing, output=out)
    assert done == 3


def test_a_folder_that_is_not_ours_is_left_alone(folder, tmp_path):
    out = tmp_path / "mine"
    out.mkdir()
    (out / "thesis.txt").write_text("important")
    with pytest.raises(InputError, match="not empty"):
        Batch([folder], out)
    assert [path.name for path in out.iterdir()] == ["thesis.txt"]


def test_nothing_to_read_is_an_error_and_leaves_nothing(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no transcript"):
        Batch([tmp_path / "empty"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_output_inside_the_input_is_not_read(folder):
    out = folder / "out"
    _run(folder, output=out)
    again, done = _run(folder, output=out)
    assert (done, again.outcome.unchanged) == (0, 3)


def test_links_in_a_circle_end(folder, tmp_path):
    (folder / "monday" / "round").symlink_to(folder)
    batch = Batch([folder], tmp_path / "out")
    assert len(batch.todo) == 3


def test_several_sessions_in_a_file_get_a_file_each(tmp_path):
    rows = ["transcript_id,interlocutor,timestamp,utterance_text"]
    for number in (7, 8):
        rows += [
            f"{number},therapist,00:00:01,How have you been since we talked last week?",
            f"{number},client,00:00:05,I have been all right I suppose",
        ]
    path = tmp_path / "two.csv"
    path.write_text("\n".join(rows) + "\n")
    out = tmp_path / "out"
    _run(path, output=out)
    assert len(list((out / "sessions").glob("two-*.json"))) == 2
    assert len(_rows(out / "summary.csv")) == 3


def test_a_formula_in_a_name_is_harmless_in_the_tables(tmp_path):
    path = _vtt(tmp_path / "=1+1.vtt")
    out = tmp_path / "out"
    _run(path, output=out)
    row = _rows(out / "summary.csv")[1]
    assert row[1].startswith("'=")


def test_two_workers_do_the_same_and_the_status_tells_errors(folder, tmp_path):
    def batch(output, workers, *more):
        command = [
            sys.executable,
            "-m",
            "analyzer",
            "batch",
            str(folder),
            *more,
            "-o",
            str(output),
            "--workers",
            workers,
        ]
        return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)

    one, two = batch(tmp_path / "one", "1"), batch(tmp_path / "two", "2")
    assert one.returncode == two.returncode == 0, two.stderr
    assert (tmp_path / "one" / "summary.csv").read_text() == (tmp_path / "two" / "summary.csv").read_text()
    assert (tmp_path / "two" / MARKER).is_file()
    assert batch(tmp_path / "two", "1", str(tmp_path / "gone.vtt")).returncode == 1
    (tmp_path / "none").mkdir()
    nothing = subprocess.run(
        [sys.executable, "-m", "analyzer", "batch", str(tmp_path / "none"), "-o", str(tmp_path / "o")],
        capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    assert nothing.returncode == 2
