"""Makes a tiny Segment Anything checkpoint with PyTorch itself, as .pth under both published families of names.

usage: python make_sam_checkpoints.py OUT      (needs torch)

OUT/sam_original.pth and OUT/sam_hugging_face.pth hold the same tensors in half precision. Sizes: 3 x 5 patches of 2
pixels, width 8, 2 blocks (the second global), windows of 2, embeddings of width 16 and 8 decoder heads.
"""
import collections
import pathlib
import sys

import torch

GRID, PATCH, WIDTH, DEPTH, HEADS, MLP, WINDOW, OUT, MASK, DECODER_MLP, IOU = (3, 5), 2, 8, 2, 2, 12, 2, 16, 4, 10, 6


class State(collections.OrderedDict):
    """Random tensors under the authors' names, and the same ones under those of transformers."""

    def __init__(self):
        super().__init__()
        self.renamed = collections.OrderedDict()

    def put(self, name, *shape, hf):
        self[name] = torch.randn(*shape).half() * 0.2
        self.renamed[hf] = self[name]

    def layer(self, name, weight, bias, hf):
        self.put(name + ".weight", *weight, hf=hf + ".weight")
        self.put(name + ".bias", bias, hf=hf + ".bias")

    def linear(self, name, out, into, hf=None):
        self.layer(name, (out, into), out, hf or name)

    def norm(self, name, width, hf):
        self.layer(name, (width,), width, hf)

    def attention(self, name, inner):
        for part in "qkv":
            self.linear(f"{name}.{part}_proj", inner, OUT)
        self.linear(f"{name}.out_proj", OUT, inner)

    def network(self, name, hidden, out):
        for i, (part, sizes) in enumerate(zip(("proj_in", "layers.0", "proj_out"), ((hidden, OUT), (hidden, hidden), (out, hidden)))):
            self.linear(f"{name}.layers.{i}", *sizes, hf=f"{name}.{part}")


def encoder(state):
    state.put("image_encoder.pos_embed", 1, *GRID, WIDTH, hf="vision_encoder.pos_embed")
    state.layer("image_encoder.patch_embed.proj", (WIDTH, 3, PATCH, PATCH), WIDTH, "vision_encoder.patch_embed.projection")
    for i in range(DEPTH):
        name, hf = f"image_encoder.blocks.{i}", f"vision_encoder.layers.{i}"
        state.norm(f"{name}.norm1", WIDTH, f"{hf}.layer_norm1")
        for axis, size in zip("hw", GRID if i == DEPTH - 1 else (WINDOW, WINDOW)):
            state.put(f"{name}.attn.rel_pos_{axis}", 2 * size - 1, WIDTH // HEADS, hf=f"{hf}.attn.rel_pos_{axis}")
        state.linear(f"{name}.attn.qkv", 3 * WIDTH, WIDTH, f"{hf}.attn.qkv")
        state.linear(f"{name}.attn.proj", WIDTH, WIDTH, f"{hf}.attn.proj")
        state.norm(f"{name}.norm2", WIDTH, f"{hf}.layer_norm2")
        state.linear(f"{name}.mlp.lin1", MLP, WIDTH, f"{hf}.mlp.lin1")
        state.linear(f"{name}.mlp.lin2", WIDTH, MLP, f"{hf}.mlp.lin2")
    state.put("image_encoder.neck.0.weight", OUT, WIDTH, 1, 1, hf="vision_encoder.neck.conv1.weight")
    state.norm("image_encoder.neck.1", OUT, "vision_encoder.neck.layer_norm1")
    state.put("image_encoder.neck.2.weight", OUT, OUT, 3, 3, hf="vision_encoder.neck.conv2.weight")
    state.norm("image_encoder.neck.3", OUT, "vision_encoder.neck.layer_norm2")


def prompt_encoder(state):
    state.put("prompt_encoder.pe_layer.positional_encoding_gaussian_matrix", 2, OUT // 2, hf="shared_image_embedding.positional_embedding")
    for i in range(4):
        state.put(f"prompt_encoder.point_embeddings.{i}.weight", 1, OUT, hf=f"prompt_encoder.point_embed.{i}.weight")
    for name in ("not_a_point_embed", "no_mask_embed"):
        state.put(f"prompt_encoder.{name}.weight", 1, OUT, hf=f"prompt_encoder.{name}.weight")
    steps = ((0, (1, 1, 2, 2), "conv1"), (1, (1,), "layer_norm1"), (3, (MASK, 1, 2, 2), "conv2"), (4, (MASK,), "layer_norm2"),
             (6, (OUT, MASK, 1, 1), "conv3"))
    for i, weight, hf in steps:
        state.layer(f"prompt_encoder.mask_downscaling.{i}", weight, weight[0], f"prompt_encoder.mask_embed.{hf}")


def decoder(state):
    for name, count in (("iou_token", 1), ("mask_tokens", 4)):
        state.put(f"mask_decoder.{name}.weight", count, OUT, hf=f"mask_decoder.{name}.weight")
    for i in range(2):
        layer = f"mask_decoder.transformer.layers.{i}"
        state.attention(f"{layer}.self_attn", OUT)
        state.attention(f"{layer}.cross_attn_token_to_image", OUT // 2)
        state.attention(f"{layer}.cross_attn_image_to_token", OUT // 2)
        for n in range(1, 5):
            state.norm(f"{layer}.norm{n}", OUT, f"{layer}.layer_norm{n}")
        state.linear(f"{layer}.mlp.lin1", DECODER_MLP, OUT)
        state.linear(f"{layer}.mlp.lin2", OUT, DECODER_MLP)
    state.attention("mask_decoder.transformer.final_attn_token_to_image", OUT // 2)
    state.norm("mask_decoder.transformer.norm_final_attn", OUT, "mask_decoder.transformer.layer_norm_final_attn")
    state.layer("mask_decoder.output_upscaling.0", (OUT, OUT // 4, 2, 2), OUT // 4, "mask_decoder.upscale_conv1")
    state.norm("mask_decoder.output_upscaling.1", OUT // 4, "mask_decoder.upscale_layer_norm")
    state.layer("mask_decoder.output_upscaling.3", (OUT // 4, OUT // 8, 2, 2), OUT // 8, "mask_decoder.upscale_conv2")
    for i in range(4):
        state.network(f"mask_decoder.output_hypernetworks_mlps.{i}", OUT, OUT // 8)
    state.network("mask_decoder.iou_prediction_head", IOU, 4)


def main():
    out = pathlib.Path(sys.argv[1])
    torch.manual_seed(20261121)
    state = State()
    encoder(state)
    prompt_encoder(state)
    decoder(state)
    torch.save(collections.OrderedDict(state), out / "sam_original.pth")
    # transformers holds the Fourier matrix under two names, which are one tensor.
    state.renamed["prompt_encoder.shared_embedding.positional_embedding"] = state.renamed["shared_image_embedding.positional_embedding"]
    torch.save(state.renamed, out / "sam_hugging_face.pth")


if __name__ == "__main__":
    main()
