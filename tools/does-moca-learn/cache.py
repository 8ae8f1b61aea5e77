"""Runs the frozen parts once: activations before the first adapted block, audio states, joint tokens, neighbour table.

    python cache.py ARRAYS... --weights DIR --out CACHE        one folder CACHE/<name of the array folder> each

Works on the shipped safetensors, so that figures belong to the files a user has.
"""

import argparse
import json
import struct
import sys
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "demo-weights"))

import data
import models

WEIGHTS = Path(__file__).resolve().parents[1] / "src/main/resources/dev/earshot/tools/demo"


def read_safetensors(path):
    raw = Path(path).read_bytes()
    size = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8 : 8 + size])
    types = {"F16": np.float16, "F32": np.float32}
    out = {}
    for name, entry in header.items():
        if name != "__metadata__":
            a, b = entry["data_offsets"]
            values = np.frombuffer(raw, types[entry["dtype"]], offset=8 + size + a, count=(b - a) // np.dtype(types[entry["dtype"]]).itemsize)
            out[name] = torch.tensor(values.reshape(entry["shape"]).astype(np.float32))
    return out


def imagebind(path):
    """The demo ImageBind from its published key names, frozen."""
    tensors, model = read_safetensors(path), models.imagebind()
    for m in ("vision", "audio"):
        trunk, state = model[m], {}
        pre, head = f"modality_preprocessors.{m}.", f"modality_heads.{m}."
        if m == "vision":  # the two halves of the kernel see the same still image
            state["stem"] = tensors[pre + "rgbt_stem.proj.1.weight"].sum(2).flatten(1)
            for part in ("weight", "bias"):
                state[f"pre_norm.{part}"] = tensors[f"modality_trunks.vision.pre_transformer_layer.0.{part}"]
        else:
            state["stem"] = tensors[pre + "rgbt_stem.proj.weight"].flatten(1)
            for part in ("weight", "bias"):
                state[f"stem_norm.{part}"] = tensors[f"{pre}rgbt_stem.norm_layer.{part}"]
        state["cls_token"] = tensors[pre + "cls_token"]
        state["pos_embed"] = tensors[pre + "pos_embedding_helper.pos_embed"]
        blocks = f"modality_trunks.{m}.blocks."
        state |= {"blocks." + k[len(blocks) :]: v for k, v in tensors.items() if k.startswith(blocks)}
        state |= {"head_norm.weight": tensors[head + "0.weight"], "head_norm.bias": tensors[head + "0.bias"]}
        state["head.weight"] = tensors[head + "2.weight"]
        trunk.load_state_dict(state)
    return model.requires_grad_(False).eval()


def dino(path):
    model = models.Dino(**models.DINO)
    model.load_state_dict(read_safetensors(path))
    return model.requires_grad_(False).eval()


def stem(trunk, patches):
    """Tokens before the first block."""
    x = F.linear(patches, trunk.stem)
    if trunk.stem_norm is not None:
        x = trunk.stem_norm(x)
    x = torch.cat([(trunk.cls_token + trunk.pos_embed[:, :1]).expand(len(x), -1, -1), x + trunk.pos_embed[:, 1:]], 1)
    return x if trunk.pre_norm is None else trunk.pre_norm(x)


def audio_states(trunk, patches):
    """[B,2*depth,229,width] (X and Y of every block: its input, and its state between attention and MLP) and the voice."""
    x, states = stem(trunk, patches), []
    for block in trunk.blocks:
        y = x + block.attn(block.norm_1(x))
        states += [x, y]
        x = y + block.mlp(block.norm_2(y))
    return torch.stack(states, 1), F.normalize(trunk.head(trunk.head_norm(x)[:, 0]), dim=-1)


def waves_to_patches(waves):
    return data.audio_patches(data.fbank(torch.as_tensor(np.asarray(waves).astype(np.float32)) / 32768))


@torch.no_grad()
def build(model, featurizer, folder, out, exact, chunk=32):
    world = data.World(folder)
    n, kind = world.count, np.float32 if exact else np.float16
    out.mkdir(parents=True, exist_ok=True)
    new = lambda name, shape: np.lib.format.open_memmap(out / f"{name}.npy", "w+", kind, shape)
    depth = models.VISION["depth"]
    image = [new(f"image{b}", (n, 2, 257, 128)) for b in range(depth)]
    audio = [new(f"audio{b}", (n, 2, 229, 96)) for b in range(depth)]
    joint, voice, pooled = new("joint", (n, 256, 128)), new("voice", (n, 128)), np.zeros((n, 128), np.float32)
    summary = new("class", (n, 128))
    for i in range(0, n, chunk):
        j, frames = min(n, i + chunk), world.frames[i : i + chunk]
        x = stem(model["vision"], data.image_patches(frames))
        for b, block in enumerate(model["vision"].blocks):
            y = x + block.attn(block.norm_1(x))
            image[b][i:j] = torch.stack([x, y], 1).numpy()
            x = y + block.mlp(block.norm_2(y))
        x = F.normalize(model["vision"].head(model["vision"].head_norm(x)), dim=-1)
        joint[i:j], summary[i:j] = x[:, 1:].numpy(), x[:, 0].numpy()
        states, heard = audio_states(model["audio"], waves_to_patches(world.waves[i:j]))
        for b in range(depth):
            audio[b][i:j] = states[:, 2 * b : 2 * b + 2].numpy()
        voice[i:j] = heard.numpy()
        if featurizer is not None:
            pixels = torch.tensor(frames).permute(0, 3, 1, 2).float().div_(255)
            pixels.sub_(torch.tensor(data.IMAGENET_MEAN)[:, None, None]).div_(torch.tensor(data.IMAGENET_STD)[:, None, None])
            pooled[i:j] = F.normalize(featurizer(pixels)[:, 1:].mean(1), dim=-1).numpy()
        if i % 1024 == 0:
            print(folder, i, n, flush=True)
    if featurizer is not None:
        np.save(out / "dino.npy", pooled)
        np.save(out / "neighbours.npy", neighbours(torch.tensor(pooled), 7))


def neighbours(x, k):
    """Exact table: itself excluded by index, ties to the lower index."""
    rows = []
    for i in range(0, len(x), 1000):
        similar = x[i : i + 1000] @ x.T
        similar[torch.arange(len(similar)), torch.arange(i, i + len(similar))] = -9
        rows.append(torch.sort(similar, dim=1, descending=True, stable=True).indices[:, :k])
    return torch.cat(rows).int().numpy()


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("arrays", nargs="+")
    options.add_argument("--weights", default=str(WEIGHTS))
    options.add_argument("--out", required=True)
    args = options.parse_args()
    torch.set_num_threads(1)
    model, featurizer = imagebind(Path(args.weights) / "imagebind-demo.safetensors"), dino(Path(args.weights) / "dino-demo.safetensors")
    for folder in map(Path, args.arrays):
        truth = (folder / "labels.u8").exists()
        build(model, None if truth else featurizer, folder, Path(args.out) / folder.name, truth)


if __name__ == "__main__":
    main()
