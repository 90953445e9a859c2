"""The built wheel in an environment of its own: ``pytest -m wheel`` (it installs packages, so CI runs it apart)."""

import json
import os
import shutil
import subprocess
import sys
import zipfile

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.wheel
HEAVY = {"torch", "transformers", "datasets", "sklearn", "scipy", "onnx"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "build", "--wheel", "-o", folder, ROOT], check=True, capture_output=True)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    folder = tmp_path_factory.mktemp("clean")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    subprocess.run([folder / "bin" / "pip", "install", "-q", wheel], check=True, capture_output=True)
    return folder


def test_it_holds_the_weights_and_no_transcripts(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert "analyzer/_models/default/model.onnx" in names
    assert "analyzer/_models/segmenter/meta.json" in names
    assert "analyzer/reports/templates/report.html.jinja" in names
    assert {"analyzer/web/templates/card.html", "analyzer/web/static/keys.js"} <= set(names)
    assert "analyzer/library/migrations/versions/0001_sessions_and_reviews.py" in names
    assert not [
        name for name in names if name.startswith(("tests/", "scripts/")) or name.endswith((".vtt", "-01.json"))
    ]


def test_it_stays_light(installed):
    packages = {path.name for path in installed.glob("lib/python*/site-packages/*")}
    assert not packages & HEAVY
    size = sum(path.stat().st_size for path in installed.rglob("*") if path.is_file() and not path.is_symlink())
    assert size < 600e6


def test_it_analyses_without_a_checkout_and_without_a_network(installed, tmp_path):
    shutil.copy(ROOT / "examples" / "teletherapy-child.vtt", tmp_path / "session.vtt")
    # Where the system lets us, the process has no network at all; a dead proxy stands for it elsewhere.
    alone = ["unshare", "-rn"] if subprocess.run(["unshare", "-rn", "true"], check=False).returncode == 0 else []
    dead = "http://127.0.0.1:9"
    done = subprocess.run(
        [*alone, installed / "bin" / "analyzer", "analyze", "session.vtt", "--format", "json"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "http_proxy": dead, "https_proxy": dead},
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["summary"]["therapists"] == ["Josie"]
    assert report["summary"]["utterances"] > 150


def test_it_keeps_sessions_in_a_library(installed, tmp_path):
    shutil.copy(ROOT / "examples" / "teletherapy-child.vtt", tmp_path / "session.vtt")
    analyzer = [str(installed / "bin" / "analyzer")]
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "ANALYZER_LIBRARY": str(tmp_path / "kept.db")}
    for command in (["upload", "session.vtt", "--trainee", "T1"], ["sessions", "list"], ["trend", "--trainee", "T1"]):
        done = subprocess.run([*analyzer, *command], cwd=tmp_path, capture_output=True, check=False, env=environment)
        assert done.returncode == 0, done.stderr
    assert done.stdout
