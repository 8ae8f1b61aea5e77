"""What SAM costs and how near a measurement comes to the machine: a Markdown table from side-by-side's JSON; start it through
bench/roofline.

FLOP are twice the multiply-adds of products and convolutions. Bytes: weights once, every product's operands and result once, with
norms, residuals, GELU and attention's scores kept from memory (image encoder) or the positional part and the norms folded into
the products (decoder: 21 copies of the image stream per prompt).
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

SIZES = {"b": (768, 12), "l": (1024, 24), "h": (1280, 32)}
GLOBAL_BLOCKS, T, P, WINDOW, SIDE, E = 4, 64 * 64, 70 * 70, 196, 64, 256
ENCODER_PARAMETERS = {"b": 89_670_912, "l": 308_278_272, "h": 637_026_048}
DECODER_PARAMETERS = 4_058_340
STREAM_COPIES = 21
PEAK_SIDE, PEAK_BYTES, PEAK_SECONDS = 2048, 256 << 20, 4


def encoder_flop(letter):
    """By part."""
    d, depth = SIZES[letter]
    windowed = depth - GLOBAL_BLOCKS
    rows = windowed * P + GLOBAL_BLOCKS * T
    return {
        "patch embedding": 2 * T * 768 * d,
        "qkv": 6 * d * d * rows,
        "projection": 2 * d * d * rows,
        "windowed attention": 4 * windowed * P * WINDOW * d,
        "global attention": 4 * GLOBAL_BLOCKS * T * T * d,
        "relative positions": 4 * d * (windowed * P * 14 + GLOBAL_BLOCKS * T * SIDE),
        "MLP": 16 * depth * T * d * d,
        "neck": 2 * T * d * E + 18 * T * E * E,
    }


def encoder_bytes(letter, element):
    d, depth = SIZES[letter]
    windowed = depth - GLOBAL_BLOCKS
    activations = windowed * (16 * T + 10 * P) * d + GLOBAL_BLOCKS * 26 * T * d + 3 * 1024**2 + 2 * T * d + 8 * E * T
    return element * (ENCODER_PARAMETERS[letter] + activations)


def decoder_flop(sparse=2, shared=True):
    """Of one prompt; ``shared``: the first layer's projections of the image, equal for all prompts, are made once per image."""
    t, half = 5 + sparse, E // 2
    cross = 4 * t * E * half + 4 * T * E * half + 4 * t * T * half
    flop = 2 * (8 * t * E * E + 4 * t * t * E) + 5 * cross + 8 * t * E * 2048
    flop += 2 * T * E * 64 * 4 + 8 * T * 64 * 32 * 4 + 8 * (2 * E * E + 32 * E) + 2 * 4 * 32 * 16 * T
    flop += 2 * (2 * 256 * 256 + 1024)
    return flop - 3 * 2 * T * E * half if shared else flop


def decoder_bytes(prompts, element):
    return element * (DECODER_PARAMETERS + STREAM_COPIES * prompts * T * E)


def generator(letter, points, element):
    flop = sum(encoder_flop(letter).values()) + points * decoder_flop()
    return flop, encoder_bytes(letter, element) + decoder_bytes(points, element)


def cost(result):
    """(FLOP, bytes) of one run of a side-by-side result, or nothing for other models and for parts of a model."""
    model, batch = result["model"], result["batch"]
    element = 2 if result["precision"] == "bf16" else 4
    if model == "sam-decoder":
        return batch * decoder_flop(), decoder_bytes(batch, element)
    if result["blocks"] != "all":
        return None
    if model.startswith("sam-vit-"):
        return sum(encoder_flop(model[-1]).values()), encoder_bytes(model[-1], element)
    if model.startswith("sam-generator-"):
        return generator(model[-1], batch * batch, element)
    return None


def best_of(seconds, run):
    """Least time of a run within some seconds."""
    least, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        run()
        least = min(least, time.perf_counter() - start)
    return least


def measured_peaks():
    """(GFLOP/s, GB/s) of fp32 products of large matrices and of copies, both by NumPy with all cores it takes."""
    a = np.ones((PEAK_SIDE, PEAK_SIDE), np.float32)
    out = np.empty_like(a)
    source, target = np.ones(PEAK_BYTES // 8), np.ones(PEAK_BYTES // 8)
    product = best_of(PEAK_SECONDS, lambda: np.matmul(a, a, out=out))
    copied = best_of(PEAK_SECONDS, lambda: np.copyto(target, source))
    return 2 * PEAK_SIDE**3 / product / 1e9, 2 * PEAK_BYTES / copied / 1e9


def parts_table():
    parts = {letter: encoder_flop(letter) for letter in SIZES}
    yield "| GFLOP of one image | ViT-B | ViT-L | ViT-H |"
    yield "|---|---:|---:|---:|"
    for name in parts["b"]:
        yield f"| {name} | " + " | ".join(f"{parts[letter][name] / 1e9:.2f}" for letter in SIZES) + " |"
    yield "| **all** | " + " | ".join(f"{sum(parts[letter].values()) / 1e9:.2f}" for letter in SIZES) + " |"
    for element, name in ((4, "fp32"), (2, "bf16")):
        values = (f"{encoder_bytes(letter, element) / 1e9:.2f}" for letter in SIZES)
        yield f"| GB moved at least, {name} | " + " | ".join(values) + " |"
    yield ""
    yield (
        f"Mask decoder, one point: {decoder_flop(shared=False) / 1e9:.4f} GFLOP, {decoder_flop() / 1e9:.2f} with what all prompts"
        f" of an image share; 1024 points {1024 * decoder_flop() / 1e12:.2f} TFLOP."
    )


def share_table(files, gflops, gbytes):
    yield "| model | batch | precision | engine | best ms | GFLOP | GB | FLOP/byte | bound | GFLOP/s | share of bound |"
    yield "|---|---:|---|---|---:|---:|---:|---:|---|---:|---:|"
    for file in files:
        for result in json.loads(file.read_text())["results"]:
            known = cost(result)
            if known is None:
                continue
            flop, moved = known
            seconds = result["min_millis"] / 1e3
            by_flop, by_bytes = flop / gflops / 1e9, moved / gbytes / 1e9
            bound = "compute" if by_flop >= by_bytes else "memory"
            yield (
                f"| {result['model']} | {result['batch']} | {result['precision']} | {result['engine']} | {seconds * 1e3:.0f}"
                f" | {flop / 1e9:.0f} | {moved / 1e9:.2f} | {flop / moved:.0f} | {bound} | {flop / seconds / 1e9:.1f}"
                f" | {max(by_flop, by_bytes) / seconds:.0%} |"
            )


def main():
    parser = argparse.ArgumentParser(prog="bench/roofline")
    parser.add_argument("files", nargs="*", type=Path, help="JSON of bench/side-by-side")
    parser.add_argument("--gflops", type=float, help="peak of the machine; default: measured")
    parser.add_argument("--gbytes", type=float, help="memory bandwidth; default: measured")
    parser.add_argument("--out", type=Path, help="file to write; default: printed")
    args = parser.parse_args()
    lines = ["# What Segment Anything costs", "", *parts_table(), ""]
    if args.files:
        gflops, gbytes = args.gflops, args.gbytes
        how = "given"
        if not gflops or not gbytes:
            measured = measured_peaks()
            gflops, gbytes, how = gflops or measured[0], gbytes or measured[1], "measured just now (NumPy, fp32 products and copies)"
        lines += [f"Peak of the machine: {gflops:.0f} GFLOP/s, {gbytes:.1f} GB/s, {how}.", "", *share_table(args.files, gflops, gbytes)]
    text = "\n".join(lines) + "\n"
    if args.out:
        args.out.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
