"""Writes a model of models.py as an ONNX file: export.py MODEL BLOCKS BATCH FILE (BLOCKS 0: all).

export.py --quantise FILE OUT makes the int8 file of an fp32 one: ONNX Runtime's dynamic quantisation, weights per channel,
activations at run time, only the linear layers.
"""

import os
import sys
import warnings
from pathlib import Path

from report import cpu


def quantise(source, file):
    from onnxruntime.quantization import QuantType, quantize_dynamic

    part = file.with_suffix(".part.onnx")
    # Without VNNI pairs of products are added in 16 bits, which eight bits of weight overflow.
    vnni = {"avx512_vnni", "avx_vnni"} & set(cpu().get("flags", "").split())
    quantize_dynamic(
        source, part, op_types_to_quantize=["MatMul", "Gemm"],
        per_channel=True, weight_type=QuantType.QInt8, reduce_range=not vnni,
        extra_options={"MatMulConstBOnly": True},  # attention keeps its products in fp32
    )  # fmt: skip
    os.replace(part, file)


def write(name, blocks, batch, file):
    import onnx
    import torch

    import models

    model, _ = models.build(name, blocks)
    temporary = file.with_suffix(".tmp")
    temporary.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model, (models.image(batch),), str(temporary / "model.onnx"),
            dynamo=False, opset_version=20, input_names=["image"], output_names=["tokens"],
        )  # fmt: skip
    # One data file beside the graph, for a protobuf file ends at 2 GB; both get their final names when they are complete.
    graph = onnx.load(temporary / "model.onnx")
    onnx.save(graph, file.with_suffix(".part"), save_as_external_data=True, location=file.stem + ".data")
    for left in temporary.iterdir():
        left.unlink()
    temporary.rmdir()
    os.replace(file.with_suffix(".part"), file)


def main():
    if sys.argv[1] == "--quantise":
        quantise(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        write(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))


if __name__ == "__main__":
    main()
