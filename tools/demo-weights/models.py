"""Small ImageBind-form and DINO-form networks.

Module names give the published key names of the state dictionaries, so that the project's loaders read the demo files
like the originals; only the sizes differ.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F

IMAGE_SIZE = 224
MEL_BINS, MEL_FRAMES = 128, 204


class Attention(nn.Module):
    """Multi-head self-attention with torch.nn.MultiheadAttention's parameter names (bias_k/bias_v optional)."""

    def __init__(self, width, heads, bias_kv):
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.randn(3 * width, width) * width**-0.5)
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)
        if bias_kv:
            self.bias_k = nn.Parameter(torch.randn(1, 1, width) * 0.02)
            self.bias_v = nn.Parameter(torch.randn(1, 1, width) * 0.02)
        else:
            self.bias_k = None

    def forward(self, x):
        q, k, v = F.linear(x, self.in_proj_weight, self.in_proj_bias).chunk(3, -1)
        if self.bias_k is not None:
            k = torch.cat([k, self.bias_k.expand(len(x), -1, -1)], 1)
            v = torch.cat([v, self.bias_v.expand(len(x), -1, -1)], 1)
        return self.out_proj(attend(q, k, v, self.heads))


def attend(q, k, v, heads):
    split = lambda t: t.unflatten(-1, (heads, -1)).transpose(1, 2)
    q, k, v = split(q), split(k), split(v)
    weights = (q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5).softmax(-1)
    return (weights @ v).transpose(1, 2).flatten(2)


class Mlp(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class ImageBindBlock(nn.Module):
    def __init__(self, width, heads, bias_kv):
        super().__init__()
        self.attn = Attention(width, heads, bias_kv)
        self.norm_1 = nn.LayerNorm(width, eps=1e-6)
        self.norm_2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = Mlp(width)

    def forward(self, x):
        x = x + self.attn(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))


class Trunk(nn.Module):
    """One modality: patches -> tokens -> head. Stem, table and head are registered under the published names."""

    def __init__(self, modality, patches, patch_values, width, depth, heads, joint):
        super().__init__()
        self.modality = modality
        vision = modality == "vision"
        self.stem = nn.Parameter(torch.randn(width, patch_values) * patch_values**-0.5)
        self.stem_norm = None if vision else nn.LayerNorm(width)
        self.cls_token = nn.Parameter(torch.randn(1, 1, width) * 0.02)
        self.pos_embed = nn.Parameter(torch.randn(1, patches + 1, width) * 0.02)
        self.pre_norm = nn.LayerNorm(width, eps=1e-6) if vision else None
        self.blocks = nn.ModuleList(ImageBindBlock(width, heads, not vision) for _ in range(depth))
        self.head_norm = nn.LayerNorm(width, eps=1e-6)
        self.head = nn.Linear(width, joint, bias=False)

    def forward(self, patches, keep=None):
        """patches [B,P,values], keep [B,k] indices of the patches to run. Returns normed tokens [B,1+k,width]."""
        pos = self.pos_embed[:, 1:].expand(len(patches), -1, -1)
        if keep is not None:
            patches = patches.gather(1, keep[..., None].expand(-1, -1, patches.shape[-1]))
            pos = pos.gather(1, keep[..., None].expand(-1, -1, pos.shape[-1]))
        x = F.linear(patches, self.stem)
        if self.stem_norm is not None:
            x = self.stem_norm(x)
        first = (self.cls_token + self.pos_embed[:, :1]).expand(len(x), -1, -1)
        x = torch.cat([first, x + pos], 1)
        if self.pre_norm is not None:
            x = self.pre_norm(x)
        for block in self.blocks:
            x = block(x)
        return self.head_norm(x)

    def published(self):
        """The trunk's tensors under the published names and in the published shapes."""
        m, out = self.modality, {}
        width = self.stem.shape[0]
        stem = f"modality_preprocessors.{m}.rgbt_stem."
        if m == "vision":  # a still image is doubled in time, so each half of the kernel gets half of the weights
            still = self.stem.detach().view(width, 3, 1, 14, 14)
            out[stem + "proj.1.weight"] = still.expand(-1, -1, 2, -1, -1) / 2
            out[f"modality_trunks.{m}.pre_transformer_layer.0.weight"] = self.pre_norm.weight
            out[f"modality_trunks.{m}.pre_transformer_layer.0.bias"] = self.pre_norm.bias
        else:
            out[stem + "proj.weight"] = self.stem.view(width, 1, 16, 16)
            out[stem + "norm_layer.weight"] = self.stem_norm.weight
            out[stem + "norm_layer.bias"] = self.stem_norm.bias
            out[f"modality_postprocessors.{m}.1.log_logit_scale"] = torch.tensor(math.log(20.0))
        out[f"modality_preprocessors.{m}.cls_token"] = self.cls_token
        out[f"modality_preprocessors.{m}.pos_embedding_helper.pos_embed"] = self.pos_embed
        for name, value in self.blocks.state_dict().items():
            out[f"modality_trunks.{m}.blocks.{name}"] = value
        out[f"modality_heads.{m}.0.weight"] = self.head_norm.weight
        out[f"modality_heads.{m}.0.bias"] = self.head_norm.bias
        out[f"modality_heads.{m}.2.weight"] = self.head.weight
        return {k: v.detach().clone().contiguous() for k, v in out.items()}


VISION = dict(patches=256, patch_values=3 * 14 * 14, width=128, depth=4, heads=4)
AUDIO = dict(patches=12 * 19, patch_values=16 * 16, width=96, depth=4, heads=3)
JOINT = 128


def imagebind():
    return nn.ModuleDict(
        {"vision": Trunk("vision", joint=JOINT, **VISION), "audio": Trunk("audio", joint=JOINT, **AUDIO)}
    )


class DinoAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x):
        return self.proj(attend(*self.qkv(x).chunk(3, -1), self.heads))


class DinoBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = DinoAttention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = Mlp(width)

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class PatchEmbed(nn.Module):
    def __init__(self, width, patch):
        super().__init__()
        self.proj = nn.Conv2d(3, width, patch, patch)


DINO = dict(width=128, depth=4, heads=4, patch=16)


class Dino(nn.Module):
    """DINO's vision transformer; the state dictionary has the original key names as it stands."""

    def __init__(self, width, depth, heads, patch):
        super().__init__()
        side = IMAGE_SIZE // patch
        self.cls_token = nn.Parameter(torch.randn(1, 1, width) * 0.02)
        self.pos_embed = nn.Parameter(torch.randn(1, side * side + 1, width) * 0.02)
        self.patch_embed = PatchEmbed(width, patch)
        self.blocks = nn.ModuleList(DinoBlock(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width, eps=1e-6)

    def forward(self, images):
        """images [B,3,224,224], ImageNet-normalised. Returns [B,197,width], class token first."""
        x = self.patch_embed.proj(images).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], 1) + self.pos_embed
        for block in self.blocks:
            x = block(x)
        return self.norm(x)
