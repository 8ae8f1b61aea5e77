"""Writes the demo weights as safetensors (fp16) with the published key names and a description in the metadata."""

import argparse
import json
import struct

import torch

import models

TYPES = {torch.float16: "F16", torch.float32: "F32"}
# Multiplied by tens of radians.
PRECISE = "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix"


def save(path, tensors, metadata):
    """A safetensors file: header length, JSON header padded with blanks to 8 bytes, data in header order."""
    header, offset, blobs = {"__metadata__": metadata}, 0, []
    for name in sorted(tensors):
        value = tensors[name].detach()
        # Scalars and vectors stay fp32: they cost nothing, and the logit scale is fp32 in the original, too.
        matrix = value.ndim > 1 and value.shape[0] > 1 and name != PRECISE
        value = value.to(torch.float16 if matrix else torch.float32).contiguous()
        blob = value.numpy().tobytes()
        header[name] = {
            "dtype": TYPES[value.dtype],
            "shape": list(value.shape),
            "data_offsets": [offset, offset + len(blob)],
        }
        offset += len(blob)
        blobs.append(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def sharpened(state, factor):
    """Mask logits times a factor: the same masks, but stability is asked at fixed logits, -1 and 1.

    Mask prompts are logits, too, so the first layer that reads them takes the factor back.
    """
    state = dict(state)
    for name in state:
        if "output_hypernetworks_mlps" in name and ".layers.2." in name:
            state[name] = state[name] * factor
    reader = "prompt_encoder.mask_downscaling.0.weight"
    state[reader] = state[reader] / factor
    return state


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--imagebind", nargs=2, metavar=("STATE", "FILE"))
    options.add_argument("--dino", nargs=2, metavar=("STATE", "FILE"))
    options.add_argument("--sam", nargs=2, metavar=("STATE", "FILE"))
    options.add_argument("--sharpen", type=float, default=1.0, help="factor of SAM's mask logits")
    options.add_argument("--date", required=True)
    options.add_argument("--figures", default="", help="one line of text for the metadata")
    args = options.parse_args()
    common = {
        "earshot.demo": "true",
        "earshot.trained_on": "Earshot demo world, split train (synthetic; no real audio or video)",
        "earshot.date": args.date,
        "earshot.figures": args.figures,
    }
    if args.imagebind:
        model = models.imagebind()
        model.load_state_dict(torch.load(args.imagebind[0]))
        tensors = {**model["vision"].published(), **model["audio"].published()}
        save(args.imagebind[1], tensors, {
            **common,
            "earshot.model": "ImageBind-form demo weights, not ImageBind",
            "earshot.vision_heads": str(models.VISION["heads"]),
            "earshot.audio_heads": str(models.AUDIO["heads"]),
            "earshot.supervision": "sound-picture pairs; motion between neighbouring frames; no masks, no class names",
        })
    if args.dino:
        save(args.dino[1], torch.load(args.dino[0]), {
            **common,
            "earshot.model": "DINO-form demo weights, not DINO",
            "earshot.heads": str(models.DINO["heads"]),
            "earshot.supervision": "started from and distilled from the ImageBind-form demo weights; no masks, no class names",
        })
    if args.sam:
        save(args.sam[1], sharpened(torch.load(args.sam[0])["model"], args.sharpen), {
            **common,
            "earshot.model": "SAM-form demo weights, not SAM",
            "earshot.supervision": "the generator's exact masks of all objects, heard or not, without class names: "
            "class-agnostic, as SAM is trained on masks. Encoder started from the DINO-form demo weights",
        })


if __name__ == "__main__":
    main()
