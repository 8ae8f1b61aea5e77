"""Adapters between train.py's files and the runtime's: python convert.py IN OUT, one of them .pt, the other .safetensors."""

import json
import struct
import sys
from pathlib import Path

import torch

import cache


def main():
    source, target = sys.argv[1:]
    if source.endswith(".pt"):
        state = torch.load(source)["state"]
        header, offset, blobs = {"__metadata__": {"format": "pt"}}, 0, []
        for name in sorted(state):
            blob = state[name].detach().contiguous().numpy().tobytes()
            header[name] = {"dtype": "F32", "shape": list(state[name].shape), "data_offsets": [offset, offset + len(blob)]}
            offset += len(blob)
            blobs.append(blob)
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        Path(target).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))
    else:
        state = {k: v for k, v in cache.read_safetensors(source).items() if k.startswith("adaav.")}
        bottleneck, latents = state["adaav.0.attn.down_v"].shape[0], state["adaav.0.attn.latents"].shape[0]
        blocks = 1 + max(int(k.split(".")[1]) for k in state)
        torch.save(dict(state=state, blocks=blocks, bottleneck=bottleneck, latents=latents), target)


if __name__ == "__main__":
    main()
