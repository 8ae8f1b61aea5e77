"""A whole training step of MoCA in PyTorch, autograd and Adam included; the twin of dev.earshot.bench.peers.TrainingWorkload.

Frozen parts run under no_grad, so nothing is kept for them; the adapted blocks are differentiated in their activations and in
the adapters' parameters. The learning rate is 0: every step has the same gradients, which are the result.
"""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import torch_device
from filler import fill
from matching import scaled, scanline

MARGIN, LATENTS, BOTTLENECK = 0.3, 4, 32
# width, heads, blocks of the image trunk, then of the audio trunk
SIZES = {"train-tiny": (128, 4, 4, 96, 3, 4), "train-imagebind": (1280, 16, 32, 768, 12, 12)}


def filled(module, names):
    """Gives parameters the values of their checkpoint keys."""
    for parameter, key in names:
        parameter.data = torch.from_numpy(fill(key, tuple(parameter.shape)))
    return module.requires_grad_(False)


class Block(nn.Module):
    """A pre-norm block in two halves, with one learned key and value more where ``extra``."""

    REGIONS = ("attention", "mlp")

    def __init__(self, width, heads, prefix, extra):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width, eps=1e-6), nn.LayerNorm(width, eps=1e-6)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        names = [(self.qkv.weight, "attn.in_proj_weight"), (self.qkv.bias, "attn.in_proj_bias")]
        for own, key in (("out", "attn.out_proj"), ("norm1", "norm_1"), ("norm2", "norm_2"), ("fc1", "mlp.fc1"), ("fc2", "mlp.fc2")):
            names += [(getattr(getattr(self, own), kind), f"{key}.{kind}") for kind in ("weight", "bias")]
        self.extra = extra
        if extra:
            self.bias_k, self.bias_v = nn.Parameter(torch.empty(1, 1, width)), nn.Parameter(torch.empty(1, 1, width))
            names += [(self.bias_k, "attn.bias_k"), (self.bias_v, "attn.bias_v")]
        filled(self, [(parameter, prefix + key) for parameter, key in names])

    def attention(self, x):
        batch, tokens, width = x.shape
        q, k, v = self.qkv(self.norm1(x)).chunk(3, -1)
        if self.extra:
            k = torch.cat([k, self.bias_k.expand(batch, -1, -1)], 1)
            v = torch.cat([v, self.bias_v.expand(batch, -1, -1)], 1)
        q, k, v = (t.view(batch, -1, self.heads, width // self.heads).transpose(1, 2) for t in (q, k, v))
        return x + self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch, tokens, width))

    def mlp(self, y):
        return y + self.fc2(F.gelu(self.fc1(self.norm2(y))))


class AdaAv(nn.Module):
    REGIONS = ("fused",)

    def __init__(self, prefix, image_width, audio_width):
        super().__init__()
        shapes = {"latents": (LATENTS, audio_width), "down_v": (BOTTLENECK, image_width), "down_a": (BOTTLENECK, audio_width),
                  "up": (image_width, BOTTLENECK), "gate": (1,), "gate_av": (1,)}  # fmt: skip
        for name, shape in shapes.items():
            setattr(self, name, nn.Parameter(torch.from_numpy(fill(prefix + name, shape))))

    def compressed(self, audio):
        na = F.layer_norm(audio, audio.shape[-1:], eps=1e-6)
        weights = (self.latents @ na.transpose(1, 2) / math.sqrt(na.shape[-1])).softmax(-1)
        return (self.latents + weights @ na) @ self.down_a.T  # [B, m, r]

    def forward(self, audio, image):
        with torch.autocast(image.device.type, enabled=False):
            return self.fused(audio, image)

    def fused(self, audio, image):
        t = self.compressed(audio)
        t = t.repeat(image.shape[0] // t.shape[0], 1, 1)
        u = F.layer_norm(image, image.shape[-1:], eps=1e-6) @ self.down_v.T
        weights = (u @ t.transpose(1, 2) / math.sqrt(BOTTLENECK)).softmax(-1)
        return self.gate * (F.relu(u + self.gate_av * (weights @ t)) @ self.up.T)


class Moca(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        image_width, image_heads, image_depth, audio_width, audio_heads, audio_depth = sizes
        vision, audio = "modality_preprocessors.vision.", "modality_preprocessors.audio."
        self.depth = max(1, min(image_depth, audio_depth) // 2)
        self.stem = nn.Conv2d(3, image_width, 14, 14, bias=False)
        kernel = fill(vision + "rgbt_stem.proj.1.weight", (image_width, 3, 2, 14, 14)).sum(2, dtype="float32")
        self.stem.weight.data = torch.from_numpy(kernel)
        self.stem.requires_grad_(False)
        self.before = nn.LayerNorm(image_width, eps=1e-6)
        filled(self.before, [(self.before.weight, "modality_trunks.vision.pre_transformer_layer.0.weight"),
                             (self.before.bias, "modality_trunks.vision.pre_transformer_layer.0.bias")])  # fmt: skip
        self.head = nn.LayerNorm(image_width, eps=1e-6)
        filled(self.head, [(self.head.weight, "modality_heads.vision.0.weight"), (self.head.bias, "modality_heads.vision.0.bias")])
        self.audio_stem = nn.Conv2d(1, audio_width, 16, 10, bias=False)
        filled(self.audio_stem, [(self.audio_stem.weight, audio + "rgbt_stem.proj.weight")])
        self.audio_norm = nn.LayerNorm(audio_width, eps=1e-5)
        filled(self.audio_norm, [(self.audio_norm.weight, audio + "rgbt_stem.norm_layer.weight"),
                                 (self.audio_norm.bias, audio + "rgbt_stem.norm_layer.bias")])  # fmt: skip
        tables = {"cls": (vision + "cls_token", (1, 1, image_width)), "audio_cls": (audio + "cls_token", (1, 1, audio_width)),
                  "position": (vision + "pos_embedding_helper.pos_embed", (1, 257, image_width)),
                  "audio_position": (audio + "pos_embedding_helper.pos_embed", (1, 229, audio_width))}  # fmt: skip
        for own, (key, shape) in tables.items():
            self.register_buffer(own, torch.from_numpy(fill(key, shape)))
        self.image_blocks = nn.ModuleList(
            Block(image_width, image_heads, f"modality_trunks.vision.blocks.{i}.", False) for i in range(image_depth)
        )
        self.audio_blocks = nn.ModuleList(
            Block(audio_width, audio_heads, f"modality_trunks.audio.blocks.{i}.", True) for i in range(audio_depth)
        )
        self.adapters = nn.ModuleList(
            AdaAv(f"adaav.{j}.{place}.", image_width, audio_width) for j in range(self.depth) for place in ("attn", "mlp")
        )

    @torch.no_grad()
    def hear(self, sounds):
        """What the adapters read, and the stream after the last block."""
        x = self.audio_norm(self.audio_stem(sounds).flatten(2).transpose(1, 2))
        x = torch.cat([self.audio_cls.expand(x.shape[0], -1, -1), x], 1) + self.audio_position
        states = []
        for block in self.audio_blocks:
            y = block.attention(x)
            states.append((x, y))
            x = block.mlp(y)
        return states[-self.depth :], x

    @torch.no_grad()
    def below(self, images):
        x = self.stem(images).flatten(2).transpose(1, 2)
        x = self.before(torch.cat([self.cls.expand(x.shape[0], -1, -1), x], 1) + self.position)
        for block in self.image_blocks[: -self.depth]:
            x = block.mlp(block.attention(x))
        return x

    def forward(self, images, sounds):
        heard, _ = self.hear(sounds)
        return self.head(self.see(images, heard)[:, 1:])

    def see(self, images, heard):
        x = self.below(images)
        for j, block in enumerate(self.image_blocks[-self.depth :]):
            y = block.attention(x) + self.adapters[2 * j](heard[j][0], x)
            x = block.mlp(y) + self.adapters[2 * j + 1](heard[j][1], y)
        return x


def in_bf16(model):
    """Frozen products in bf16 as ours: their weights are stored so, autocast rounds what goes in.

    The residual stream, layer norms, adapters, matching and the optimiser stay in fp32.
    """
    for module in model.modules():
        if isinstance(module, (nn.Linear, nn.Conv2d)):
            module.bfloat16()
        elif isinstance(module, Block) and module.extra:
            module.bias_k.data, module.bias_v.data = module.bias_k.bfloat16(), module.bias_v.bfloat16()
    return model


def compile_parts(on_card):
    """Compiles the parts of a block once for all blocks: the whole network at once takes minutes and gains little more."""
    options = {"dynamic": False, "mode": torch_device.compile_mode(on_card)}
    for part, name in ((Block, "attention"), (Block, "mlp"), (AdaAv, "fused")):
        setattr(part, name, torch.compile(getattr(part, name), **options))
    return options


def matched(features):
    """The hinge loss of B anchors, B positives, B negatives [3 B, 256, C]."""
    grids = features.float().view(3, -1, 16, 16, features.shape[-1])
    f, u = scaled(grids[0])
    near, far = (scanline(f, u, *scaled(other)) for other in (grids[1], grids[2]))
    return F.relu(near - far + MARGIN).mean()


def workload(args, engine):
    batch, device = args.batch, torch.device(args.device)
    on_card, half = device.type == "cuda", args.precision == "bf16"
    model = Moca(SIZES[args.model]).to(device)
    model = in_bf16(model) if half else model
    images = torch.from_numpy(fill("input.images", (3 * batch, 3, 224, 224))).to(device)
    sounds = torch.from_numpy(fill("input.sounds", (batch, 1, 128, 204))).to(device)
    learned = [parameter for parameter in model.parameters() if parameter.requires_grad]
    adam = torch.optim.Adam(learned, lr=0.0, **({"fused": True, "capturable": True} if on_card else {}))

    loss = matched
    if engine == "torch-compile":
        loss = torch.compile(matched, **compile_parts(on_card))

    def run():
        adam.zero_grad(set_to_none=False)
        # A captured step must not meet weights that an earlier one rounded.
        with torch.autocast(device.type, torch.bfloat16, enabled=half, cache_enabled=engine != "torch-graph"):
            features = model(images, sounds)
        loss(features).backward()
        adam.step()
        return learned

    def numbers(result):
        return np.concatenate([parameter.grad.cpu().numpy().ravel() for parameter in result])

    call = torch_device.graphed(run) if engine == "torch-graph" else run
    return call, numbers, torch_device.facts(args)
