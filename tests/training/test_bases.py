"""Base weights out of ordinary packages."""

import io
import zipfile

import pytest
from analyzer.errors import InputError
from analyzer.training.bases import base_folder, join_parts


def _parts(tmp_path, data):
    paths = []
    for number in range(3):
        path = tmp_path / f"part.{number}"
        path.write_bytes(data[number * len(data) // 3 : (number + 1) * len(data) // 3])
        paths.append(path)
    return paths


def test_parts_are_joined_and_nothing_else_is_written(tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("all/config.json", '{"num_hidden_layers": 12}')
        archive.writestr("all/model.safetensors", bytes(500))
        archive.writestr("all/1_Pooling/config.json", "{}")
        archive.writestr("all/../../escape.txt", "no")
    join_parts(_parts(tmp_path, packed.getvalue()), tmp_path / "base")
    assert sorted(path.name for path in (tmp_path / "base").iterdir()) == ["config.json", "model.safetensors"]
    assert (tmp_path / "base" / "config.json").read_text() == '{"num_hidden_layers": 12}'


def test_broken_parts_are_told(tmp_path):
    with pytest.raises(InputError, match="no whole archive"):
        join_parts(_parts(tmp_path, b"PK\x03\x04 broken"), tmp_path / "base")


def test_an_unknown_base_names_the_known_ones(tmp_path):
    with pytest.raises(InputError, match="mpnet-6"):
        base_folder("gpt", tmp_path)
