"""The other commands, the help, and what an unexpected failure looks like."""

import json
import subprocess
import sys

import pytest
from analyzer.cli import COMMANDS
from analyzer.labels import LABELS

from tests.cli.test_analyze import one_line, run
from tests.conftest import ROOT


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_has_an_example(name):
    done = run(*([name] if name else []), "--help")
    assert done.returncode == 0
    assert "  analyzer " in done.stdout.decode().split("Example")[1]


def test_help_imports_nothing_heavy():
    code = (
        "import sys\nfrom click.testing import CliRunner\nfrom analyzer.cli import cli\n"
        "assert CliRunner().invoke(cli, ['--help']).exit_code == 0\n"
        "heavy = {'numpy', 'spacy', 'onnxruntime', 'torch', 'rich', 'jinja2', 'tokenizers'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr


def test_an_analysis_imports_no_torch_and_opens_no_connection(example):
    code = (
        "import socket, sys\n"
        "def refuse(*a, **k): raise RuntimeError('network')\n"
        "socket.socket.connect = refuse\nsocket.getaddrinfo = refuse\n"
        "import builtins\nimport importlib.abc\n"
        "class Block(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, *a):\n"
        "        if name.split('.')[0] in ('torch', 'transformers', 'datasets'): raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Block())\n"
        f"import analyzer\nprint(analyzer.analyze({str(example)!r}).summary.utterances)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 100


def test_version_and_model():
    assert run("--version").stdout.startswith(b"analyzer")
    shown = run("model")
    assert b"macro-F1" in shown.stdout
    data = json.loads(run("model", "--json").stdout)
    assert data["config"]["labels"] == list(LABELS)
    one_line(run("model", "nowhere"))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell):
    done = run("completion", shell)
    assert done.returncode == 0
    assert b"_ANALYZER_COMPLETE" in done.stdout


def test_classify_answers_line_by_line_and_tells_bad_lines():
    lines = [
        '{"text": "You never listen.", "client": "I tried.", "id": 7}',
        "not json",
        '{"client": "no text"}',
        '{"text": "How was your week?", "before": "Hello.", "note": {"kept": [1]}}',
        '{"text": "Hm.", "x": NaN}',
    ]
    done = run("classify", stdin="\n".join(lines).encode() + b"\n\xff\xfe\n")
    assert done.returncode == 1
    found = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert len(found) == 6
    assert found[0]["id"] == 7
    assert found[0]["label"] in LABELS
    assert sum(found[0]["probabilities"].values()) == pytest.approx(1)
    assert found[3]["note"] == {"kept": [1]}
    assert found[3]["question"] is True
    assert [item["line"] for item in found if "error" in item] == [2, 3, 5, 6]
    assert b"no text" not in done.stderr


def test_classify_of_good_lines_is_status_0():
    assert run("classify", stdin=b'{"text": "Okay."}\n').returncode == 0
    assert run("classify", stdin=b"").returncode == 0


def test_evaluate_gives_the_scorers_names():
    folder = ROOT / "corpora" / "sessions"
    path = sorted(folder.glob("*.json"))[0]
    own = json.loads(run("evaluate", "default", path, "--json").stdout)
    names = {
        "sessions", "utterances", "macro_f1", "macro_f1_95", "accuracy", "labels", "criticism_average_precision",
        "calibration_error", "share_error", "estimate_error", "coverage", "interval_width", "interval_score",
        "coverage_criticism_present", "boundary_f1",
    }  # fmt: skip
    assert set(own) == names
    gold = json.loads(run("evaluate", "default", path, "--json", "--boundaries", "gold").stdout)
    assert gold["boundary_f1"] in (1.0, None)
    bare = json.loads(run("evaluate", "default", path, "--json", "--strip").stdout)
    assert bare["utterances"] <= own["utterances"]
    assert b"macro_f1" in run("evaluate", "default", path).stdout


def test_evaluate_without_labels_is_status_2(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"format": "session/1", "turns": [{"speaker": "A", "role": "therapist", "text": "Hm."}]}')
    assert "label" in one_line(run("evaluate", "default", path))


def test_an_unknown_command_is_status_2():
    assert run("frobnicate").returncode == 2


def test_an_internal_failure_is_one_line_without_text(tmp_path):
    secret = tmp_path / "s.txt"
    secret.write_text("Therapist: my secret words\nClient: more of my secret words\n" * 5)
    code = (
        "import sys\nimport analyzer.flags\n"
        "def broken(session, thresholds): raise KeyError(session.turns[0].text)\n"
        "analyzer.flags.flag = broken\n"
        f"sys.argv = ['analyzer', 'analyze', {str(secret)!r}]\nfrom analyzer.cli import main\nmain()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 1
    assert "internal error: KeyError" in done.stderr
    assert "secret" not in done.stderr
    assert "Traceback" not in done.stderr


def test_formats_lists_every_reader():
    from analyzer.readers import READERS

    done = run("formats")
    assert done.returncode == 0
    lines = done.stdout.decode().splitlines()
    assert [line.split()[0] for line in lines[::2]] == [reader.name for reader in READERS]
    assert all(line.startswith(" " * 12) and line.strip() for line in lines[1::2])
