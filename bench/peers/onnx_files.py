"""Models as ONNX files: exported once into a folder, by a process that ends before anybody loads the result."""

import subprocess
import sys
from pathlib import Path


def exported(work, model, blocks, batch, precision):
    """The path of a file, made if it is not there; in int8 the fp32 one with its linear layers quantised."""
    ending = "" if precision == "fp32" else "-" + precision
    file = Path(work) / f"{model}-{blocks or 'all'}-x{batch}{ending}.onnx"
    if not file.exists():
        Path(work).mkdir(parents=True, exist_ok=True)
        if precision == "int8":
            source = exported(work, model, blocks, batch, "fp32")
            export("--quantise", str(source), str(file))
        else:
            export(model, str(blocks), str(batch), str(file))
    return file


def export(*arguments):
    subprocess.run([sys.executable, Path(__file__).with_name("export.py"), *arguments], check=True, stdout=sys.stderr)
