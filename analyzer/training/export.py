"""A fine-tuned BERT or MPNet classifier into ONNX with int8 weights.

The graph is written out here, operator by operator, from ONNX Runtime's transformer operators (com.microsoft:
MultiHeadAttention, BiasGelu, MatMulIntegerToFloat), with three changes.

- Only the first token's vector reaches the classifier, so the last layer computes its query, its attention and its
  feed-forward step for that token alone.
- Layer norms are taken apart: mean, difference, root mean square run four times as fast as the fused operator, and the
  norm's bias is moved into the biases of what follows.
- Activations are quantised token by token, each with a scale of its own. One scale for a whole batch, as ONNX Runtime's
  own dynamic quantisation has it, is set by a few extreme tokens and costs the others their precision (Dettmers et al.
  2022, trial); and a result would depend on what else is in its batch. Words of the vocabulary have a scale each, too.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

OPSET = 17
MICROSOFT = "com.microsoft"


LOPSIDED = (".query.weight", ".key.weight", ".value.weight", ".output.dense.weight")
"""Matrices whose inputs lie far from zero on one side: what GELU gives, and the vectors between layers. Taking out the
middle of each row doubles their precision; for the others it gains less than its time (docs/experiments.md)."""

LONGEST = 160
"""Tokens for which the positions of MPNet are written out; the window keeps fewer."""


def export_onnx(state: dict[str, NDArray[np.float32]], heads: int, target: Path, *, int8: bool = True) -> None:
    """Write the classifier as an ONNX file.

    Inputs of the graph: ``ids``, ``types`` and ``mask`` (batch, tokens), int32. Outputs: ``logits`` (batch, classes),
    ``embedding`` (batch, width), the mean of the tokens' vectors before the last layer, which tells what an utterance
    is about more than the last layer does, and ``hidden`` (batch * tokens, width), each token's vector after two thirds
    of the layers, which the tagger of sentence starts reads.

    Args:
        state: weights under the names of transformers' BertForSequenceClassification or
            MPNetForSequenceClassification.
        heads: attention heads.
        target: the file to write; only a finished file appears under that name.
        int8: whether matrices are quantised (weights ahead of time by column, activations at run time by token).
    """
    import onnx

    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as work:
        done = Path(work) / "model.onnx"
        onnx.save(_Graph(state, heads, int8).build(), str(done))
        done.replace(target)


class _Graph:
    """Collects nodes and weights while the encoder is written down from the first layer to the last."""

    def __init__(self, state: dict[str, NDArray[np.float32]], heads: int, int8: bool) -> None:
        self.relative = "mpnet.encoder.relative_attention_bias.weight" in state
        self.state = _renamed(state) if self.relative else {n.removeprefix("bert."): v for n, v in state.items()}
        self.epsilon = 1e-5 if self.relative else 1e-12
        self.heads = heads
        self.int8 = int8
        self.layers = 1 + max(int(name.split(".")[2]) for name in self.state if name.startswith("encoder.layer."))
        self.width: int = self.state["embeddings.LayerNorm.bias"].shape[0]
        # The bias of the last layer norm, which the hidden vectors still lack.
        self.owed: NDArray[np.float32] | None = None
        self.nodes: list[Any] = []
        self.weights: list[Any] = []
        self.rows: dict[str, tuple[str, str, str]] = {}

    def build(self) -> Any:
        """Return the ONNX model."""
        from onnx import helper

        hidden = self._embed()
        bias = self._position_bias() if self.relative else ""
        tapped = ""
        for index in range(self.layers):
            if index == 2 * self.layers // 3:
                tapped = self._paid(hidden)
            if index + 1 < self.layers:
                hidden = self._layer(index, hidden, bias)
        embedding = self._mean(hidden)
        first = self._last_layer(self.layers - 1, hidden, bias)
        pooled = self._node("Tanh", [self._linear(first, "pooler.dense")])
        found = {"logits": self._linear(pooled, "classifier"), "embedding": embedding, "hidden": tapped}
        for name, value in found.items():
            self.nodes.append(helper.make_node("Identity", [value], [name]))
        classes = self.state["classifier.bias"].shape[0]
        sizes = {"logits": ["batch", classes], "embedding": ["batch", self.width], "hidden": ["rows", self.width]}
        return self._model("classifier", ("ids", "types", "mask"), sizes)

    def _model(self, name: str, given: tuple[str, ...], sizes: dict[str, list[Any]]) -> Any:
        from onnx import TensorProto, helper

        inputs = [helper.make_tensor_value_info(one, TensorProto.INT32, ["batch", "tokens"]) for one in given]
        outputs = [helper.make_tensor_value_info(one, TensorProto.FLOAT, size) for one, size in sizes.items()]
        graph = helper.make_graph(self.nodes, name, inputs, outputs, self.weights)
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=8)

    def _weight(self, name: str, value: NDArray[Any] | None = None) -> str:
        from onnx import numpy_helper

        array = self.state[name] if value is None else value
        self.weights.append(numpy_helper.from_array(array.copy(), name))
        return name

    def _node(self, kind: str, inputs: list[str], outputs: int = 1, domain: str = "", **attributes: Any) -> str:
        from onnx import helper

        names = [f"{kind}_{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, domain=domain, **attributes))
        return names[0]

    def _constant(self, name: str, value: NDArray[Any]) -> str:
        known = any(weight.name == name for weight in self.weights)
        return name if known else self._weight(name, value)

    def _index(self, *values: int) -> str:
        import numpy as np

        return self._constant("index_" + "_".join(map(str, values)), np.array(values, dtype=np.int64))

    def _product(self, value: str, name: str, weight: NDArray[np.float32]) -> str:
        """Multiply rows (tokens, inputs) by a matrix (inputs, outputs)."""
        import numpy as np

        if not self.int8:
            return self._node("MatMul", [value, self._weight(name, weight)])
        centred = name.endswith(LOPSIDED) and ".attention." not in name
        rows, scales, middles = self._quantised(value, centred=centred)
        steps = np.maximum(np.abs(weight).max(axis=0), 1e-9) / 127
        whole = np.clip(np.round(weight / steps), -127, 127).astype(np.int8)
        inputs = [
            rows,
            self._weight(name, whole),
            self._constant("one", np.array(1, dtype=np.float32)),
            self._weight(f"{name}.scale", steps.astype(np.float32)),
            self._constant("zero", np.array(128, dtype=np.uint8)),
            self._constant(f"no_offset_{weight.shape[1]}", np.zeros(weight.shape[1], dtype=np.int8)),
        ]
        product = self._node("Mul", [self._node("MatMulIntegerToFloat", inputs, 1, MICROSOFT), scales])
        if not middles:
            return product
        # What each row was moved by, times what a row of ones would give.
        ones = self._weight(f"{name}.sum", (whole * steps).sum(axis=0, keepdims=True).astype(np.float32))
        return self._node("Gemm", [middles, ones, product])

    def _quantised(self, value: str, *, centred: bool) -> tuple[str, str, str]:
        """Return rows as unsigned bytes, their scales, and their middles where taken out; once for each value.

        Scales and middles are (tokens, 1); without a middle its name is empty.
        """
        import numpy as np
        from onnx import numpy_helper

        if value not in self.rows:
            middles = ""
            if centred:
                largest = self._node("ReduceMax", [value], axes=[-1], keepdims=1)
                ends = self._node("Add", [largest, self._node("ReduceMin", [value], axes=[-1], keepdims=1)])
                middles = self._node("Mul", [ends, self._constant("half", np.array(0.5, dtype=np.float32))])
                moved = self._node("Sub", [value, middles])
                reach = self._node("Squeeze", [self._node("Sub", [largest, middles]), self._index(1)])
            else:
                moved = value
                reach = self._node("ReduceMax", [self._node("Abs", [value])], axes=[-1], keepdims=0)
            reach = self._node("Max", [reach, self._constant("least", np.array(1e-6, dtype=np.float32))])
            scale = self._node("Mul", [reach, self._constant("step", np.array(1 / 127, dtype=np.float32))])
            zero = numpy_helper.from_array(np.array([128], dtype=np.uint8))
            offset = self._node("ConstantOfShape", [self._node("Shape", [scale])], value=zero)
            whole = self._node("QuantizeLinear", [moved, scale, offset], axis=0)
            self.rows[value] = whole, self._node("Unsqueeze", [scale, self._index(1)]), middles
        return self.rows[value]

    def _linear(self, value: str, name: str, *, also: NDArray[np.float32] | None = None) -> str:
        bias = self.state[f"{name}.bias"] if also is None else self.state[f"{name}.bias"] + also
        product = self._product(value, f"{name}.weight", self.state[f"{name}.weight"].T)
        return self._node("Add", [product, self._weight(f"{name}.bias", bias)])

    def _embed(self) -> str:
        """Return the rows that enter the first layer: words, places and types added up and normed."""
        import numpy as np
        from onnx import TensorProto

        name = "embeddings.word_embeddings.weight"
        if self.int8:
            table = self.state[name]
            steps = np.maximum(np.abs(table).max(axis=1, keepdims=True), 1e-9) / 127
            whole = self._weight(name, np.round(table / steps).astype(np.int8))
            picked = self._node("Cast", [self._node("Gather", [whole, "ids"])], to=TensorProto.FLOAT)
            scales = self._node("Gather", [self._weight(f"{name}.scale", steps.astype(np.float32)), "ids"])
            total = self._node("Mul", [picked, scales])
        else:
            total = self._node("Gather", [self._weight(name), "ids"])
        tokens = self._node("Slice", [self._node("Shape", ["ids"]), self._index(1), self._index(2)])
        places = [self._weight("embeddings.position_embeddings.weight"), self._index(0), tokens]
        total = self._node("Add", [total, self._node("Slice", places)])
        if not self.relative:
            types = self._node("Gather", [self._weight("embeddings.token_type_embeddings.weight"), "types"])
            total = self._node("Add", [total, types])
        return self._norm(self._flat(total), "embeddings")

    def _flat(self, value: str) -> str:
        """(batch, tokens, width) to rows (batch * tokens, width)."""
        return self._node("Reshape", [value, self._index(-1, self.width)])

    def _deep(self, value: str) -> str:
        """Rows (batch * tokens, width) to (batch, tokens, width)."""
        shape = self._node("Concat", [self._node("Shape", ["ids"]), self._index(self.width)], axis=0)
        return self._node("Reshape", [value, shape])

    def _projections(self, stem: str) -> tuple[NDArray[Any], NDArray[Any]]:
        import numpy as np

        parts = ("query", "key", "value")
        weight = np.concatenate([self.state[f"{stem}.attention.self.{part}.weight"].T for part in parts], axis=1)
        bias = np.concatenate([self.state[f"{stem}.attention.self.{part}.bias"] for part in parts])
        return weight, bias if self.owed is None else bias + self.owed @ weight

    def _paid(self, hidden: str) -> str:
        """Return the rows with the bias that they are owed."""
        if self.owed is None:
            return hidden
        return self._node("Add", [hidden, self._weight(f"owed_{len(self.nodes)}", self.owed)])

    def _mean(self, hidden: str) -> str:
        """Return the mean of the tokens' vectors, padding left out."""
        import numpy as np
        from onnx import TensorProto

        mask = self._node("Cast", ["mask"], to=TensorProto.FLOAT)
        row = self._node("Unsqueeze", [mask, self._index(1)])
        total = self._node("Squeeze", [self._node("MatMul", [row, self._deep(hidden)]), self._index(1)])
        mean = self._node("Div", [total, self._node("ReduceSum", [mask, self._index(1)], keepdims=1)])
        owed = np.zeros(1, dtype=np.float32) if self.owed is None else self.owed
        return self._node("Add", [mean, self._weight("embedding.bias", owed)])

    def _position_bias(self) -> str:
        """Return the bias that MPNet adds to attention by distance, (1, heads, tokens, tokens), for this batch."""
        import numpy as np

        table = self.state["encoder.relative_attention_bias.weight"][_buckets(LONGEST)]
        whole = self._weight("position_bias", np.ascontiguousarray(table.transpose(2, 0, 1)[None]))
        tokens = self._node("Slice", [self._node("Shape", ["ids"]), self._index(1), self._index(2)])
        twice = self._node("Concat", [tokens, tokens], axis=0)
        return self._node("Slice", [whole, self._index(0, 0), twice, self._index(2, 3)])

    def _layer(self, index: int, hidden: str, distance: str) -> str:
        stem = f"encoder.layer.{index}"
        weight, bias = self._projections(stem)
        width = self.width
        parts = [
            self._deep(self._product(hidden, f"{stem}.{name}.weight", weight[:, i * width : (i + 1) * width]))
            for i, name in enumerate(("query", "key", "value"))
        ]
        inputs = [*parts, self._weight(f"{stem}.qkv.bias", bias), "mask", distance]
        attended = self._node("MultiHeadAttention", inputs, 1, MICROSOFT, num_heads=self.heads)
        return self._after_attention(stem, hidden, self._flat(attended))

    def _last_layer(self, index: int, hidden: str, distance: str) -> str:
        import numpy as np

        stem = f"encoder.layer.{index}"
        weight, bias = self._projections(stem)
        width = self.width
        position = self._weight("first_token", np.array(0, dtype=np.int64))
        first = self._node("Gather", [self._deep(hidden), position], axis=1)
        query = self._product(first, f"{stem}.query.weight", weight[:, :width])
        parts = [
            self._deep(self._product(hidden, f"{stem}.{name}.weight", weight[:, i * width : (i + 1) * width]))
            for i, name in ((1, "key"), (2, "value"))
        ]
        if distance:
            distance = self._node("Slice", [distance, self._index(0), self._index(1), self._index(2)])
        query = self._node("Unsqueeze", [query, self._index(1)])
        inputs = [query, *parts, self._weight(f"{stem}.qkv.bias", bias), "mask", distance]
        attended = self._node("MultiHeadAttention", inputs, 1, MICROSOFT, num_heads=self.heads)
        out = self._after_attention(stem, first, self._node("Squeeze", [attended, self._index(1)]))
        return self._node("Add", [out, self._weight(f"{stem}.output.LayerNorm.bias", self.owed)])

    def _after_attention(self, stem: str, hidden: str, attended: str) -> str:
        hidden = self._add_and_norm(hidden, attended, f"{stem}.attention.output")
        name = f"{stem}.intermediate.dense"
        weight = self.state[f"{name}.weight"].T
        bias = self.state[f"{name}.bias"] + self.state[f"{stem}.attention.output.LayerNorm.bias"] @ weight
        inner = self._product(hidden, f"{name}.weight", weight)
        inner = self._node("BiasGelu", [inner, self._weight(f"{name}.bias", bias)], 1, MICROSOFT)
        return self._add_and_norm(hidden, inner, f"{stem}.output")

    def _add_and_norm(self, skip: str, value: str, stem: str) -> str:
        total = self._node("Add", [self._linear(value, f"{stem}.dense", also=self.owed), skip])
        return self._norm(total, stem)

    def _norm(self, total: str, stem: str) -> str:
        """Norm rows; the norm's bias stays owed to what follows."""
        mean = self._node("ReduceMean", [total], axes=[-1], keepdims=1)
        centred = self._node("Sub", [total, mean])
        self.owed = self.state[f"{stem}.LayerNorm.bias"]
        weight = self._weight(f"{stem}.LayerNorm.weight")
        return self._node("SimplifiedLayerNormalization", [centred, weight], axis=-1, epsilon=self.epsilon)


def _renamed(state: dict[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """Return MPNet's weights under the names that BERT has for them."""
    names = {
        "mpnet.": "",
        "attention.attn.q.": "attention.self.query.",
        "attention.attn.k.": "attention.self.key.",
        "attention.attn.v.": "attention.self.value.",
        "attention.attn.o.": "attention.output.dense.",
        "attention.LayerNorm.": "attention.output.LayerNorm.",
        "classifier.dense.": "pooler.dense.",
        "classifier.out_proj.": "classifier.",
    }
    renamed = {}
    for name, value in state.items():
        ours = name
        for theirs, bert in names.items():
            ours = ours.replace(theirs, bert)
        renamed[ours] = value
    # Its positions begin after the padding's.
    renamed["embeddings.position_embeddings.weight"] = renamed["embeddings.position_embeddings.weight"][2:]
    return renamed


def _buckets(length: int) -> NDArray[np.int64]:
    """Return (length, length) indices into MPNet's table of distances: exact to 8 tokens, then by logarithm to 128."""
    import numpy as np

    places = np.arange(length)
    ahead = places[:, None] - places[None, :]  # over zero where the other token comes before
    far = np.abs(ahead)
    with np.errstate(divide="ignore"):
        wide = 8 + (np.log(far / 8) / np.log(128 / 8) * 8).clip(-8, 7).astype(np.int64)
    found: NDArray[np.int64] = np.where(ahead < 0, 16, 0) + np.where(far < 8, far, np.minimum(wide, 15))
    return found
