"""The image transformers of the comparison as plain PyTorch modules, filled from their checkpoint keys."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from filler import fill


@dataclass(frozen=True)
class Config:
    """Sizes, and how the parameters are called in the published files."""

    width: int
    heads: int
    blocks: int
    patch: int
    eps: float
    norm_before: str | None  # key of a layer norm before the first block
    norm_after: str | None  # key of a layer norm after the last block
    stem_bias: bool
    keys: dict[str, str]

    @property
    def tokens(self):
        return (224 // self.patch) ** 2 + 1


DINO_VITB16 = Config(
    768, 12, 12, 16, 1e-6, None, "norm", True,
    {
        "cls": "cls_token", "position": "pos_embed", "stem": "patch_embed.proj", "block": "blocks.{}.",
        "qkv.weight": "attn.qkv.weight", "qkv.bias": "attn.qkv.bias", "out": "attn.proj", "norm1": "norm1", "norm2": "norm2",
    },
)  # fmt: skip
DINO_VITS8 = Config(384, 6, 12, 8, 1e-6, None, "norm", True, DINO_VITB16.keys)
IMAGEBIND_IMAGE = Config(
    1280, 16, 32, 14, 1e-6, "modality_trunks.vision.pre_transformer_layer.0", None, False,
    {
        "cls": "modality_preprocessors.vision.cls_token",
        "position": "modality_preprocessors.vision.pos_embedding_helper.pos_embed",
        "stem": "modality_preprocessors.vision.rgbt_stem.proj.1",
        "block": "modality_trunks.vision.blocks.{}.",
        "qkv.weight": "attn.in_proj_weight", "qkv.bias": "attn.in_proj_bias", "out": "attn.out_proj",
        "norm1": "norm_1", "norm2": "norm_2",
    },
)  # fmt: skip
CONFIGS = {"dino-vitb16": DINO_VITB16, "dino-vits8": DINO_VITS8, "imagebind-image": IMAGEBIND_IMAGE}


class Block(nn.Module):
    REGIONS = ("forward",)

    def __init__(self, width, heads, eps):
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width, eps=eps)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width, eps=eps)
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, x):
        batch, tokens, width = x.shape
        qkv = self.qkv(self.norm1(x)).view(batch, tokens, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch, tokens, width)
        x = x + self.out(mixed)
        return x + self.fc2(F.gelu(self.fc1(self.norm2(x))))


class ImageTransformer(nn.Module):
    """[B, 3, 224, 224] -> [B, tokens, width]: all tokens after the last block (and its norm, where the model has one)."""

    def __init__(self, config, blocks):
        super().__init__()
        width = config.width
        self.stem = nn.Conv2d(3, width, config.patch, config.patch, bias=config.stem_bias)
        self.cls = nn.Parameter(torch.empty(1, 1, width))
        self.position = nn.Parameter(torch.empty(1, config.tokens, width))
        self.before = nn.LayerNorm(width, eps=config.eps) if config.norm_before else nn.Identity()
        self.blocks = nn.Sequential(*[Block(width, config.heads, config.eps) for _ in range(blocks)])
        self.after = nn.LayerNorm(width, eps=config.eps) if config.norm_after else nn.Identity()

    def forward(self, image):
        x = self.stem(image).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls.expand(x.shape[0], -1, -1), x], 1) + self.position
        return self.after(self.blocks(self.before(x)))


def checkpoint_keys(config, blocks):
    """Pairs of (parameter of ImageTransformer, key of the published file)."""
    keys = config.keys
    yield "cls", keys["cls"]
    yield "position", keys["position"]
    yield "stem.weight", keys["stem"] + ".weight"
    if config.stem_bias:
        yield "stem.bias", keys["stem"] + ".bias"
    for own, key in (("before", config.norm_before), ("after", config.norm_after)):
        if key:
            yield own + ".weight", key + ".weight"
            yield own + ".bias", key + ".bias"
    for i in range(blocks):
        prefix = keys["block"].format(i)
        yield f"blocks.{i}.qkv.weight", prefix + keys["qkv.weight"]
        yield f"blocks.{i}.qkv.bias", prefix + keys["qkv.bias"]
        for own, key in (("out", keys["out"]), ("norm1", keys["norm1"]), ("norm2", keys["norm2"]),
                         ("fc1", "mlp.fc1"), ("fc2", "mlp.fc2")):  # fmt: skip
            for kind in ("weight", "bias"):
                yield f"blocks.{i}.{own}.{kind}", f"{prefix}{key}.{kind}"


def build(name, blocks=None):
    """The named model with filler weights, fp32, and the number of blocks it was given."""
    config = CONFIGS[name]
    blocks = blocks or config.blocks
    with torch.device("meta"):
        model = ImageTransformer(config, blocks)
    model = model.to_empty(device="cpu").eval().requires_grad_(False)
    parameters = dict(model.named_parameters())
    for own, key in checkpoint_keys(config, blocks):
        target = parameters.pop(own)
        if own == "stem.weight" and name == "imagebind-image":
            # The published stem is a Conv3d over two copies of the image; over one image it is the sum of both slices.
            value = fill(key, (config.width, 3, 2, config.patch, config.patch)).sum(2, dtype="float32")
        else:
            value = fill(key, tuple(target.shape))
        target.copy_(torch.from_numpy(value))
    if parameters:
        raise AssertionError(f"parameters without a key: {sorted(parameters)}")
    return model, blocks


def image(batch):
    return torch.from_numpy(fill("input.image", (batch, 3, 224, 224)))
