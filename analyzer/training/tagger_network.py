"""The tagger's recurrent network in torch, and in ONNX."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

OPSET = 17
LAYERS = 2


def network(width: int, hidden: int, dropout: float) -> torch.nn.Module:
    """Return an untrained network: vectors (pieces, windows, width) in, logits (pieces, windows) out.

    Args:
        width: of the vectors.
        hidden: what they are brought down to, and what each direction of a recurrent layer holds.
        dropout: before, between and after the recurrent layers.
    """
    import torch

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.narrow = torch.nn.Linear(width, hidden)
            self.lstm = torch.nn.LSTM(hidden, hidden, LAYERS, bidirectional=True, dropout=dropout)
            self.dropout = torch.nn.Dropout(dropout)
            self.out = torch.nn.Linear(2 * hidden, 1)

        def forward(self, states: torch.Tensor) -> torch.Tensor:
            narrowed = self.dropout(torch.relu(self.narrow(states)))
            return torch.Tensor.squeeze(self.out(self.dropout(self.lstm(narrowed)[0])), -1)

    return Network()


def export_tagger(net: Any, target: Path) -> None:
    """Write a trained network as ONNX: ``hidden`` (pieces, 1, width) in, ``logits`` (pieces) out.

    Matrices are kept in half precision and read in single precision, which halves the file.
    """
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    state = {name: value.detach().float().numpy() for name, value in net.state_dict().items()}
    nodes: list[Any] = []
    kept: list[Any] = []

    def matrix(name: str, value: NDArray[Any]) -> str:
        kept.append(numpy_helper.from_array(np.ascontiguousarray(value, dtype=np.float16), f"{name}.half"))
        nodes.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
        return name

    def add(kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    kept.append(numpy_helper.from_array(np.array([0, 0, -1]), "rows"))
    kept.append(numpy_helper.from_array(np.array([-1]), "flat"))
    product = add("MatMul", ["hidden", matrix("narrow", state["narrow.weight"].T)], "narrowed")
    value = add("Relu", [add("Add", [product, matrix("narrow_bias", state["narrow.bias"])], "moved")], "layer_0")
    width = state["lstm.weight_hh_l0"].shape[1]
    for layer in range(LAYERS):
        names = [f"l{layer}", f"l{layer}_reverse"]
        given = [
            np.stack([_gates(state[f"lstm.{part}_{name}"]) for name in names]) for part in ("weight_ih", "weight_hh")
        ]
        bias = np.stack(
            [np.concatenate([_gates(state[f"lstm.bias_{part}_{name}"]) for part in ("ih", "hh")]) for name in names]
        )
        inputs = [value, *(matrix(f"{kind}_{layer}", one) for kind, one in zip("wrb", (*given, bias), strict=True))]
        found = add("LSTM", inputs, f"both_{layer}", hidden_size=width, direction="bidirectional")
        turned = add("Transpose", [found], f"turned_{layer}", perm=[0, 2, 1, 3])
        value = add("Reshape", [turned, "rows"], f"layer_{layer + 1}")
    product = add("MatMul", [value, matrix("out", state["out.weight"].T)], "scored")
    scores = add("Add", [product, matrix("out_bias", state["out.bias"])], "scores")
    add("Reshape", [scores, "flat"], "logits")
    taken = helper.make_tensor_value_info("hidden", TensorProto.FLOAT, ["pieces", 1, state["narrow.weight"].shape[1]])
    result = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["pieces"])
    graph = helper.make_graph(nodes, "tagger", [taken], [result], kept)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8), str(target))


def _gates(value: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bring torch's order of the gates (in, forget, cell, out) into that of ONNX (in, out, forget, cell)."""
    import numpy as np

    first, forget, cell, out = np.split(value, 4)
    return np.concatenate([first, out, forget, cell])
