"""Coverage-guided fuzzing of the readers (atheris, libFuzzer): never a crash, never a hang.

python scripts/fuzz.py --seconds 60             # each format in turn, a process each
python scripts/fuzz.py --seconds 60 a.cha       # one of the seeds of tests/readers/test_hostile.py

Exits with 1 where a format crashed or took longer than five seconds; libFuzzer leaves the input beside the seeds.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


sys.path.insert(0, str(ROOT))


def fuzz(name: str, arguments: list[str]) -> None:
    """Run libFuzzer on one format in this process; it ends the process."""
    import atheris

    with atheris.instrument_imports(include=["analyzer.readers"]):
        from analyzer import readers
    from analyzer.errors import InputError

    def one(data: bytes) -> None:
        try:
            sessions = readers.read_bytes(data, name)
        except InputError as error:
            if "\n" in str(error):
                raise AssertionError("an error of several lines") from None
            return
        for session in sessions:
            for turn in session.turns:
                if session.extra.get("format") is None and "\x00" in turn.text:
                    raise AssertionError("a NUL came through")

    atheris.Setup([sys.argv[0], *arguments], one)
    atheris.Fuzz()


def main() -> int:
    """Fuzz every seed's format for the given time."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--seconds", type=int, default=20, help="for each format")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--corpus", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        # Nothing of the package may be imported before atheris instruments it.
        limits = [f"-max_total_time={arguments.seconds}", "-timeout=5", "-rss_limit_mb=1500", "-max_len=4096"]
        fuzz(arguments.one, [str(arguments.corpus), *limits])
    from tests.readers.test_hostile import SEEDS

    failed = []
    for name in arguments.names or SEEDS:
        with tempfile.TemporaryDirectory() as work:
            (Path(work) / "seed").write_bytes(SEEDS[name])
            command = [sys.executable, __file__, "--one", name, "--corpus", work, "--seconds", str(arguments.seconds)]
            done = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False)
            runs = [line for line in done.stderr.splitlines() if line.startswith("Done ")]
            print(f"{name}: {runs[-1] if runs else 'FAILED'}", flush=True)
            if done.returncode != 0:
                failed.append(name)
                print(done.stdout[-3000:], "\n".join(done.stderr.splitlines()[-6:]), sep="\n", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
