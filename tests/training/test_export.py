"""The graph written by hand computes what transformers computes, and int8 stays near it."""

import numpy as np
import pytest

onnxruntime = pytest.importorskip("onnxruntime")
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from analyzer.classify import collate  # noqa: E402
from analyzer.context import Encoded  # noqa: E402
from analyzer.training.export import export_onnx  # noqa: E402
from analyzer.training.finetune import inputs_of  # noqa: E402

SIZES = {
    "vocab_size": 200,
    "hidden_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 96,
    "num_labels": 6,
}


@pytest.fixture(scope="module", params=["Bert", "MPNet"])
def tiny(request):
    torch.manual_seed(3)
    config = getattr(transformers, f"{request.param}Config")(**SIZES)
    return getattr(transformers, f"{request.param}ForSequenceClassification")(config).eval()


@pytest.fixture(scope="module")
def batch():
    rng = np.random.default_rng(0)
    items = [
        Encoded(tuple(map(int, rng.integers(5, 200, n))), (0,) * (n // 2) + (1,) * (n - n // 2))
        for n in (2, 7, 7, 19, 150)
    ]
    return collate(items)


def _torch_logits(model, batch):
    with torch.no_grad():
        return model(**inputs_of(model, batch)).logits.numpy()


@pytest.mark.parametrize(("int8", "tolerance"), [(False, 1e-5), (True, 0.05)])
def test_onnx_computes_what_torch_computes(tiny, batch, tmp_path, int8, tolerance):
    weights = {name: value.numpy() for name, value in tiny.state_dict().items()}
    export_onnx(weights, 4, tmp_path / "model.onnx", int8=int8)
    session = onnxruntime.InferenceSession(str(tmp_path / "model.onnx"))
    found, embedding, hidden = session.run(["logits", "embedding", "hidden"], batch)
    assert embedding.shape == (5, 48)
    with torch.no_grad():
        states = tiny.base_model(**inputs_of(tiny, batch), output_hidden_states=True).hidden_states[2].numpy()
    real = batch["mask"].reshape(-1) == 1
    assert np.abs(hidden - states.reshape(-1, 48))[real].max() < (1e-4 if not int8 else 0.5)
    assert not np.allclose(hidden[real], 0)
    assert found.shape == (5, 6)
    assert np.abs(found - _torch_logits(tiny, batch)).max() < tolerance
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]
