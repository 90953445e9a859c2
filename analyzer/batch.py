"""Folders of transcripts into a folder of results; what is finished stays finished.

The output folder holds ``sessions/`` (one session JSON each), ``summary.csv``, ``errors.csv``, the marker
``.analyzer-batch.json`` by which a folder is known as ours, and a journal with one line for each finished file. The
journal is what makes a second run do only what is new or changed, and what an interrupted run leaves behind.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from analyzer import readers
from analyzer.errors import AnalyzerError, InputError
from analyzer.files import write_whole
from analyzer.labels import LABELS
from analyzer.pipeline import Options, Pipeline
from analyzer.readers.cells import protect
from analyzer.shipped import find_model
from analyzer.summary import SessionReport

MARKER = ".analyzer-batch.json"
JOURNAL = ".analyzer-batch.jsonl"
FORMAT = "analyzer-batch/1"
SUMMARY_HEADER = (
    "path",
    "id",
    "role_confidence",
    "utterances",
    "minutes",
    *(f"{label}_{part}" for label in LABELS for part in ("count", "estimate", "low", "high")),
    "flagged",
    "warnings",
)
ERRORS_HEADER = ("path", "reason")


@dataclass(frozen=True, slots=True)
class Job:
    """One transcript file: where it lies, how people see its path, and its output without the suffix ``.json``."""

    path: Path
    shown: str
    target: str


@dataclass(slots=True)
class Outcome:
    """Counts of one run, in files."""

    analysed: int = 0
    unchanged: int = 0
    skipped: int = 0
    failed: int = 0


@dataclass(slots=True)
class Batch:
    """One run over files and folders.

    Attributes:
        paths: files and folders, as given.
        output: the folder for results.
        model: name or folder.
        options: of every analysis.
        todo: files that are new or changed.
        outcome: counts; complete when ``run`` has ended.

    Raises:
        InputError: where there is nothing to read, or the output folder is not ours.
    """

    paths: Sequence[Path]
    output: Path
    model: str | Path = "default"
    options: Options = field(default_factory=Options)
    todo: list[Job] = field(default_factory=list, init=False)
    outcome: Outcome = field(default_factory=Outcome, init=False)
    _jobs: list[Job] = field(default_factory=list, init=False)
    _done: dict[str, dict[str, Any]] = field(default_factory=dict, init=False)
    _settings: str = field(default="", init=False)

    def __post_init__(self) -> None:
        """Find the files, open the output folder, and see what is left to do."""
        self._settings = _settings_hash(find_model(self.model), self.options)
        found, self.outcome.skipped = _find_files(self.paths, self.output)
        if not found:
            raise InputError(f"{', '.join(map(str, self.paths))}: no transcript found ({self.outcome.skipped} skipped)")
        self._open_output()
        self._jobs = _name_targets(found, {entry["target"]: key for key, entry in self._done.items()})
        for job in self._jobs:
            if self._is_done(job):
                self.outcome.unchanged += 1
            else:
                self.todo.append(job)

    def run(self, workers: int = 1) -> Iterator[int]:
        """Analyse what is left; yield 1 for each finished file, then write summary.csv and errors.csv.

        Args:
            workers: processes; with one, everything happens in this process.
        """
        try:
            with (self.output / JOURNAL).open("a", encoding="utf-8") as journal:
                for job, entry in _work(self.todo, self.output, str(self.model), self.options, workers):
                    entry |= {"settings": self._settings, "target": job.target}
                    self._done[str(job.path.resolve())] = entry
                    journal.write(json.dumps({"source": str(job.path.resolve()), **entry}) + "\n")
                    journal.flush()
                    self.outcome.analysed += "reason" not in entry
                    yield 1
        finally:
            self._write_tables()

    def _open_output(self) -> None:
        if self.output.exists() and not self.output.is_dir():
            raise InputError(f"{self.output}: is a file; name a folder with -o")
        marker = self.output / MARKER
        if self.output.is_dir() and any(self.output.iterdir()) and not marker.is_file():
            raise InputError(f"{self.output}: is not empty and not a folder of batch results; choose another with -o")
        (self.output / "sessions").mkdir(parents=True, exist_ok=True, mode=0o700)
        if marker.is_file():
            self._done = _read_journal(self.output / JOURNAL)
        else:
            write_whole(marker, json.dumps({"format": FORMAT}).encode())
            (self.output / JOURNAL).touch(mode=0o600)

    def _is_done(self, job: Job) -> bool:
        entry = self._done.get(str(job.path.resolve()))
        if entry is None or entry["settings"] != self._settings or "reason" in entry:
            return False
        if not all((self.output / "sessions" / name).is_file() for name in entry["outputs"]):
            return False
        try:
            return bool(entry["sha256"] == _hash_file(job.path))
        except OSError:
            return False

    def _write_tables(self) -> None:
        entries = [(job, self._done.get(str(job.path.resolve()))) for job in self._jobs]
        failed = [(job, entry) for job, entry in entries if entry is not None and "reason" in entry]
        self.outcome.failed = len(failed)
        rows = (
            [protect(job.shown), *(protect(cell) if isinstance(cell, str) else cell for cell in row)]
            for job, entry in entries
            if entry is not None
            for row in entry.get("rows", ())
        )
        write_whole(self.output / "summary.csv", _csv(SUMMARY_HEADER, rows))
        reasons = ([protect(job.shown), protect(entry["reason"])] for job, entry in failed)
        write_whole(self.output / "errors.csv", _csv(ERRORS_HEADER, reasons))


def _csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    import io

    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode("utf-8", "surrogateescape")


def _hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _settings_hash(model: Path, options: Options) -> str:
    digest = hashlib.sha256(json.dumps(asdict(options), sort_keys=True).encode())
    for name in ("model.onnx", "config.json", "tokenizer.json"):
        if (model / name).is_file():
            digest.update(_hash_file(model / name).encode())
    return digest.hexdigest()


def _find_files(paths: Sequence[Path], output: Path) -> tuple[list[tuple[Path, Path]], int]:
    """Return (file, its path under the given folder) for every transcript, and how many files are no transcript."""
    found: dict[Path, tuple[Path, Path]] = {}
    skipped = 0
    for path in paths:
        if path.is_dir():
            for file in _walk(path, output.resolve()):
                if readers.readable(file):
                    found.setdefault(file.resolve(), (file, file.relative_to(path)))
                else:
                    skipped += 1
        else:
            # Named by a person, so it is tried whatever it is, and a failure is that file's error.
            found.setdefault(path.resolve(), (path, Path(path.name)))
    return list(found.values()), skipped


def _walk(folder: Path, leave_out: Path) -> Iterator[Path]:
    seen: set[Path] = set()
    for root, folders, files in os.walk(folder, followlinks=True):
        here = Path(root).resolve()
        if here in seen or here == leave_out:
            folders.clear()
            continue
        seen.add(here)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith("."):
                yield Path(root) / name


def _name_targets(files: Sequence[tuple[Path, Path]], owners: dict[str, str]) -> list[Job]:
    """Give each file its own place under sessions/: the suffix goes, and stays where two would meet."""
    plain = [str(relative.with_suffix("")) for _, relative in files]
    taken = dict(owners)
    jobs = []
    for (path, relative), short in zip(files, plain, strict=True):
        owner = str(path.resolve())
        candidates = [str(relative)] if plain.count(short) > 1 else [short, str(relative)]
        candidates += [f"{relative}-{number}" for number in range(2, len(files) + len(taken) + 3)]
        target = next(name for name in candidates if taken.get(name, owner) == owner)
        taken[target] = owner
        jobs.append(Job(path, str(path), target))
    return jobs


def _read_journal(path: Path) -> dict[str, dict[str, Any]]:
    done: dict[str, dict[str, Any]] = {}
    if not path.is_file():
        return done
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            try:
                entry = json.loads(line)
                done[entry.pop("source")] = entry
            except (ValueError, KeyError, AttributeError):
                continue  # the line that an interruption cut off; its file is done again
    return done


def _work(
    jobs: Sequence[Job], output: Path, model: str, options: Options, workers: int
) -> Iterator[tuple[Job, dict[str, Any]]]:
    if workers == 1 or len(jobs) <= 1:
        worker = Worker(output, model, options, threads=2)
        for job in jobs:
            yield job, worker.analyse(job)
        return
    from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    setup = (output, model, options)
    with ProcessPoolExecutor(workers, get_context("spawn"), _start_worker, setup) as pool:
        waiting: dict[Future[dict[str, Any]], Job] = {}
        queue = iter(jobs)
        try:
            while True:
                # Only a few at a time, so that memory does not grow with the number of files.
                while len(waiting) < 2 * workers and (upcoming := next(queue, None)):
                    waiting[pool.submit(_analyse, upcoming)] = upcoming
                if not waiting:
                    return
                finished, _ = wait(waiting, return_when=FIRST_COMPLETED)
                for future in finished:
                    job = waiting.pop(future)
                    yield job, future.result()
        except BrokenProcessPool:
            raise AnalyzerError("a worker process died (out of memory?); run again, perhaps with --workers 1") from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@dataclass(slots=True)
class Worker:
    """Analyses one file after the other and writes their session JSON."""

    output: Path
    model: str
    options: Options
    threads: int = 1
    _loaded: Pipeline | None = field(default=None, init=False)

    def pipeline(self) -> Pipeline:
        """Load the pipeline at first use."""
        if self._loaded is None:
            self._loaded = Pipeline(self.model, threads=self.threads)
        return self._loaded

    def analyse(self, job: Job) -> dict[str, Any]:
        """Analyse every session in a file.

        Returns:
            The journal's entry: sha256, outputs and rows, or a reason why the file could not be analysed.
        """
        try:
            digest = _hash_file(job.path)
        except OSError as error:
            return {"sha256": "", "outputs": [], "rows": [], "reason": error.strerror or "cannot be read"}
        try:
            sessions = readers.read_all(job.path, reading=self.options.reading)
            reports = [self.pipeline().run(session, self.options) for session in sessions]
        except InputError as error:
            return {"sha256": digest, "outputs": [], "rows": [], "reason": str(error)}
        names = _output_names(job.target, [report.session.id for report in reports])
        for name, report in zip(names, reports, strict=True):
            path = self.output / "sessions" / name
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_whole(path, (json.dumps(report.to_json(), ensure_ascii=False, indent=1) + "\n").encode())
        return {"sha256": digest, "outputs": names, "rows": [_row(report) for report in reports]}


def _output_names(target: str, ids: Sequence[str]) -> list[str]:
    if len(ids) == 1:
        return [f"{target}.json"]
    names: list[str] = []
    for identifier in ids:
        safe = "".join(c if c.isalnum() or c in "-_." else "_" for c in identifier)[:100]
        name, number = f"{target}-{safe}.json", 1
        while name in names:
            number += 1
            name = f"{target}-{safe}-{number}.json"
        names.append(name)
    return names


def _row(report: SessionReport) -> list[Any]:
    summary = report.summary
    cells: list[Any] = [
        report.session.id,
        round(summary.role_confidence, 4),
        summary.utterances,
        "" if summary.minutes is None else round(summary.minutes, 2),
    ]
    for label in LABELS:
        found = summary.labels[label]
        cells.append(found.count)
        for value in (found.estimate, *(found.interval or (None, None))):
            cells.append("" if value is None else round(value, 5))
    return [*cells, summary.flagged, len(report.session.notices)]


_worker: Worker | None = None


def _start_worker(output: Path, model: str, options: Options) -> None:
    global _worker  # noqa: PLW0603 - one for each process, made once
    _worker = Worker(output, model, options)


def _analyse(job: Job) -> dict[str, Any]:
    assert _worker is not None  # noqa: S101 - the pool's initialiser has run
    return _worker.analyse(job)
