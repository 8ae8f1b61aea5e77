"""SAM's prompt encoder (points) and mask decoder in plain PyTorch with the operations of the authors' code; see sam.py."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from filler import fill
from sam import GRID, SIDE, WIDTH, LayerNorm2d, Mlp, filled

HEADS, MASKS = 8, 4


class PositionEncoding(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("positional_encoding_gaussian_matrix", torch.empty(2, WIDTH // 2))

    def forward(self, unit):
        """unit [..., 2], x and y from 0 to 1 -> [..., 256]."""
        angles = 2 * math.pi * ((2 * unit - 1) @ self.positional_encoding_gaussian_matrix)
        return torch.cat([angles.sin(), angles.cos()], -1)

    def grid(self):
        centres = (torch.arange(GRID, device=self.positional_encoding_gaussian_matrix.device) + 0.5) / GRID
        y, x = torch.meshgrid(centres, centres, indexing="ij")
        return self(torch.stack([x, y], -1)).permute(2, 0, 1)[None]


class PromptEncoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.pe_layer = PositionEncoding()
        self.point_embeddings = nn.ModuleList([nn.Embedding(1, WIDTH) for _ in range(4)])
        self.not_a_point_embed = nn.Embedding(1, WIDTH)
        self.no_mask_embed = nn.Embedding(1, WIDTH)

    def forward(self, points):
        """Foreground points [n, 2] in pixels of the frame -> sparse [n, 2, 256], dense [n, 256, 64, 64]."""
        point = self.pe_layer((points + 0.5) / SIDE) + self.point_embeddings[1].weight
        padding = self.not_a_point_embed.weight.expand_as(point)
        dense = self.no_mask_embed.weight.reshape(1, -1, 1, 1).expand(len(points), -1, GRID, GRID)
        return torch.stack([point, padding], 1), dense


class Attention(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.q_proj, self.k_proj, self.v_proj = (nn.Linear(WIDTH, inner) for _ in range(3))
        self.out_proj = nn.Linear(inner, WIDTH)

    def forward(self, q, k, v):
        q, k, v = (p(x).unflatten(-1, (HEADS, -1)).transpose(1, 2)
                   for p, x in ((self.q_proj, q), (self.k_proj, k), (self.v_proj, v)))  # fmt: skip
        weights = (q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])).softmax(-1)
        return self.out_proj((weights @ v).transpose(1, 2).flatten(2))


class TwoWayLayer(nn.Module):
    def __init__(self, first):
        super().__init__()
        self.first = first
        self.self_attn = Attention(WIDTH)
        self.norm1, self.norm2, self.norm3, self.norm4 = (nn.LayerNorm(WIDTH) for _ in range(4))
        self.cross_attn_token_to_image = Attention(WIDTH // 2)
        self.mlp = Mlp(WIDTH, 2048, F.relu)
        self.cross_attn_image_to_token = Attention(WIDTH // 2)

    def forward(self, q, k, tokens, positions):
        mixed = self.self_attn(q, q, q) if self.first else q + self.self_attn(q + tokens, q + tokens, q)
        q = self.norm1(mixed)
        q = self.norm2(q + self.cross_attn_token_to_image(q + tokens, k + positions, k))
        q = self.norm3(q + self.mlp(q))
        return q, self.norm4(k + self.cross_attn_image_to_token(k + positions, q + tokens, q))


class TwoWayTransformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([TwoWayLayer(i == 0) for i in range(2)])
        self.final_attn_token_to_image = Attention(WIDTH // 2)
        self.norm_final_attn = nn.LayerNorm(WIDTH)

    def forward(self, image, positions, tokens):
        k, positions = (x.flatten(2).transpose(1, 2) for x in (image, positions))
        q = tokens
        for layer in self.layers:
            q, k = layer(q, k, tokens, positions)
        return self.norm_final_attn(q + self.final_attn_token_to_image(q + tokens, k + positions, k)), k


class Head(nn.Module):
    """Three linear layers with ReLU between them."""

    def __init__(self, out):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, out)])

    def forward(self, x):
        return self.layers[2](F.relu(self.layers[1](F.relu(self.layers[0](x)))))


class MaskDecoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.transformer = TwoWayTransformer()
        self.iou_token = nn.Embedding(1, WIDTH)
        self.mask_tokens = nn.Embedding(MASKS, WIDTH)
        self.output_upscaling = nn.Sequential(
            nn.ConvTranspose2d(WIDTH, WIDTH // 4, 2, 2),
            LayerNorm2d(WIDTH // 4),
            nn.GELU(),
            nn.ConvTranspose2d(WIDTH // 4, WIDTH // 8, 2, 2),
            nn.GELU(),
        )
        self.output_hypernetworks_mlps = nn.ModuleList([Head(WIDTH // 8) for _ in range(MASKS)])
        self.iou_prediction_head = Head(MASKS)

    def forward(self, embedding, positions, sparse, dense):
        """-> logits [n, 3, 256, 256] and predicted IoU [n, 3]."""
        n = len(sparse)
        own = torch.cat([self.iou_token.weight, self.mask_tokens.weight])
        tokens = torch.cat([own.expand(n, -1, -1), sparse], 1)
        image = embedding.repeat_interleave(n, 0) + dense
        q, k = self.transformer(image, positions.repeat_interleave(n, 0), tokens)
        upscaled = self.output_upscaling(k.transpose(1, 2).view(n, WIDTH, GRID, GRID))
        filters = torch.stack([head(q[:, 1 + i]) for i, head in enumerate(self.output_hypernetworks_mlps)], 1)
        masks = (filters @ upscaled.flatten(2)).view(n, MASKS, 4 * GRID, 4 * GRID)
        return masks[:, 1:], self.iou_prediction_head(q[:, 0])[:, 1:]


class Decoder(nn.Module):
    """Prompt encoder and mask decoder."""

    def __init__(self):
        super().__init__()
        self.prompt_encoder = PromptEncoder()
        self.mask_decoder = MaskDecoder()

    def forward(self, embedding, points):
        sparse, dense = self.prompt_encoder(points)
        return self.mask_decoder(embedding, self.prompt_encoder.pe_layer.grid(), sparse, dense)


def decoder():
    with torch.device("meta"):
        module = Decoder()
    return filled(module, "")


def points(n):
    """[n, 2] in pixels of the frame."""
    return torch.from_numpy(SIDE / 2 + 280 * fill("input.points", (n, 2)))


def embedding():
    """[1, 256, 64, 64]; the Java side has the same numbers as rows of tokens."""
    return torch.from_numpy(fill("input.embedding", (1, GRID * GRID, WIDTH))).transpose(1, 2).reshape(1, WIDTH, GRID, GRID)
