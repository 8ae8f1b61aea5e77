"""Counter-based filler: the values of a tensor follow from its key and element index alone.

The Java side (dev.earshot.models.Filler) makes the same bits, so both sides of a comparison run one model without a file.
"""

import math
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

ROWS_OF_TENTH = ("pos_emb", "token", "rel_pos", "bias_k", "bias_v", "class_embedding", "positional_embedding")
CHUNK = 1 << 18  # its numbers stay in a core's cache
THREADS = ThreadPoolExecutor(os.cpu_count())


def seed(key):
    """64-bit FNV-1a of the key."""
    h = 0xCBF29CE484222325
    for byte in key.encode():
        h = (h ^ byte) * 0x100000001B3 % (1 << 64)
    return h


def uniform(key, start, count):
    """Elements start..start+count of the key's sequence, fp64 in [-1, 1): SplitMix64, the upper 24 bits."""
    index = np.arange(start + 1, start + count + 1, dtype=np.uint64)
    z = np.uint64(seed(key)) + index * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return (z >> np.uint64(40)).astype(np.float64) * 2.0**-23 - 1.0


def uniforms(state, count):
    """The first numbers of SplitMix64 started at a state, in [0, 1) and exact in fp64."""
    values, mask = [], (1 << 64) - 1
    for _ in range(count):
        state = (state + 0x9E3779B97F4A7C15) & mask
        z = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 & mask
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB & mask
        values.append(((z ^ (z >> 31)) >> 11) * 2.0**-53)
    return values


def scale_and_offset(key, shape):
    if key.startswith("input."):
        return math.sqrt(3), 0.0
    if len(shape) >= 2:
        if any(part in key for part in ROWS_OF_TENTH):
            return 0.1, 0.0
        return math.sqrt(3 / math.prod(shape[1:])), 0.0
    return (0.1, 1.0) if key.endswith(".weight") else (0.02, 0.0)


def fill(key, shape):
    """The tensor of that key, fp32."""
    a, c = scale_and_offset(key, shape)
    out = np.empty(math.prod(shape), np.float32)

    def chunk(start):
        count = min(CHUNK, out.size - start)
        out[start : start + count] = uniform(key, start, count) * a + c

    starts = range(0, out.size, CHUNK)
    # NumPy lets go of the interpreter's lock; gigabytes of weights would otherwise take a minute.
    list(THREADS.map(chunk, starts) if len(starts) > 1 else map(chunk, starts))
    return out.reshape(shape)
