"""Writes a model of models.py as an ONNX file: export.py MODEL BLOCKS BATCH FILE (BLOCKS 0: all)."""

import os
import sys
import warnings
from pathlib import Path

import onnx
import torch

import models


def main():
    name, blocks, batch, file = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
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


if __name__ == "__main__":
    main()
