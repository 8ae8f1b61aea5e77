"""ImageBind's audio trunk, and both trunks with adapters between them; twins of those of dev.earshot.bench.peers.Networks.

The modules are those of the training step; here nothing is differentiated.
"""

import torch
from torch import nn

import torch_device
from filler import fill
from training import SIZES, Moca

AUDIO, ADAPTED = MODELS = ("imagebind-audio", "imagebind-adapted")


class Listener(nn.Module):
    """[B, 1, 128, 204] -> [B, 229, 768]: the audio trunk of a whole model, all tokens after the last block."""

    def __init__(self, moca):
        super().__init__()
        self.moca = moca

    def forward(self, sounds):
        return self.moca.hear(sounds)[1]


def build(model, blocks):
    """The named network in fp32 and its number of blocks; 0 are all of them."""
    width, heads, depth, *audio, audio_depth = SIZES["train-imagebind"]
    if model == AUDIO:
        blocks = blocks or audio_depth
        return Listener(Moca((width, heads, 1, *audio, blocks))), blocks
    blocks = blocks or depth
    return Moca((width, heads, blocks, *audio, min(blocks, audio_depth))), blocks


def inputs(model, batch):
    """What the network takes: sounds, or images and sounds."""
    sounds = torch.from_numpy(fill("input.sound", (batch, 1, 128, 204)))
    images = [] if model == AUDIO else [torch.from_numpy(fill("input.image", (batch, 3, 224, 224)))]
    return [*images, sounds]


def workload(args, engine):
    torch.set_grad_enabled(False)
    dtype = torch.bfloat16 if args.precision == "bf16" else torch.float32
    network, blocks = build(args.model, args.blocks)
    network = network.requires_grad_(False).to(args.device, dtype)
    given = [x.to(args.device, dtype) for x in inputs(args.model, args.batch)]
    forward = torch_device.accelerated(lambda: network(*given), network, engine)
    return forward, lambda y: y.float().cpu().numpy(), torch_device.facts(args) | {"blocks": blocks}
