"""Make `default_graph.onnx` again: `python -m indexer.default_graph` (needs the extra `models`).

The export's large tensors are dropped. Each is a tensor of the published `model.safetensors`, or the
transpose of one, so the graph refers to that file instead (ONNX external data: name, offset, length);
for a transpose a Transpose node is put in front, which ONNX Runtime folds when it loads the graph.
"""

from __future__ import annotations

import json
import struct
import sys
import tempfile
from pathlib import Path
from typing import Any

from indexer.default_model import WEIGHTS_NAME, default_model_source
from library.errors import EncoderError

SMALL = 64  # tensors of fewer elements stay in the graph


def make_graph() -> bytes:
    """Return the default model's graph without its weights; raises EncoderError if a tensor is in no file."""
    import onnx

    from indexer.sentence_models import export_graph, load_model

    source = default_model_source()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "full.onnx"
        export_graph(load_model(str(source)), path)
        model = onnx.load(str(path))
    _refer_to_weights(model.graph, source / WEIGHTS_NAME)
    _strip(model)
    return bytes(model.SerializeToString(deterministic=True))


def _refer_to_weights(graph: Any, weights: Path) -> None:  # onnx's generated classes
    from onnx import helper, numpy_helper

    stored = _stored_tensors(weights)
    kept, transposes = [], []
    for tensor in graph.initializer:
        array = numpy_helper.to_array(tensor)
        if array.size < SMALL:
            kept.append(numpy_helper.from_array(array, tensor.name))
        elif (array.shape, array.tobytes()) in stored:
            kept.append(_external(tensor.name, array.shape, tensor.data_type, *stored[array.shape, array.tobytes()]))
        elif (array.T.shape, array.T.tobytes()) in stored:
            name = f"{tensor.name}_stored"
            place = stored[array.T.shape, array.T.tobytes()]
            kept.append(_external(name, array.T.shape, tensor.data_type, *place))
            transposes.append(helper.make_node("Transpose", [name], [tensor.name], perm=[1, 0]))
        else:
            raise EncoderError(f"The tensor {tensor.name} {array.shape} is not in {weights}.")
    nodes = [*transposes, *graph.node]
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(kept)
    graph.node.extend(nodes)


def _stored_tensors(weights: Path) -> dict[tuple[tuple[int, ...], bytes], tuple[int, int]]:
    """Return (offset, length) in the file by (shape, bytes); the format: github.com/huggingface/safetensors."""
    content = weights.read_bytes()
    (size,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + size])
    header.pop("__metadata__", None)
    places = {}
    for entry in header.values():
        begin, end = (8 + size + offset for offset in entry["data_offsets"])
        places[tuple(entry["shape"]), content[begin:end]] = (begin, end - begin)
    return places


def _external(name: str, shape: tuple[int, ...], data_type: int, offset: int, length: int) -> Any:
    from onnx import TensorProto

    tensor = TensorProto(name=name, dims=shape, data_type=data_type, data_location=TensorProto.EXTERNAL)
    for key, value in (("location", WEIGHTS_NAME), ("offset", offset), ("length", length)):
        tensor.external_data.add(key=key, value=str(value))
    return tensor


def _strip(model: Any) -> None:
    """Drop the exporter's notes, nine tenths of the file."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.input, *graph.output, *graph.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    del graph.value_info[:]


if __name__ == "__main__":
    target = Path(__file__).with_suffix(".onnx")
    target.write_bytes(make_graph())
    print(f"{target.name}: {target.stat().st_size:,} bytes", file=sys.stderr)
