"""What is timed of SAM: the image encoder, the decoder on a batch of prompts, the mask generator on a picture."""

import numpy as np
import torch

import sam
import sam_decoder
import sam_generator
import torch_device

HUGGING_FACE = (
    ("blocks.", "layers."),
    (".norm1.", ".layer_norm1."),
    (".norm2.", ".layer_norm2."),
    ("patch_embed.proj.", "patch_embed.projection."),
    ("neck.0.", "neck.conv1."),
    ("neck.1.", "neck.layer_norm1."),
    ("neck.2.", "neck.conv2."),
    ("neck.3.", "neck.layer_norm2."),
)


def transformers_encoder(own, letter, blocks):
    """transformers' module with the weights of ours, under its own names and with its own choice of attention."""
    from transformers import SamVisionConfig, SamVisionModel

    size = sam.SIZES[letter]
    config = SamVisionConfig(
        hidden_size=size.width,
        num_hidden_layers=blocks,
        num_attention_heads=size.heads,
        mlp_dim=4 * size.width,
        global_attn_indexes=list(size.global_blocks),
        window_size=sam.WINDOW,
    )
    module = SamVisionModel(config).eval().requires_grad_(False)
    names = {}
    for name, value in own.state_dict().items():
        for ours, theirs in HUGGING_FACE:
            name = name.replace(ours, theirs)
        names["vision_encoder." + name] = value
    module.load_state_dict(names)
    return lambda x: module(x).last_hidden_state


def encoder(args, engine):
    letter = args.model[-1]
    dtype = {"fp32": torch.float32, "bf16": torch.bfloat16}[args.precision]
    module, blocks = sam.encoder(letter, args.blocks)
    module = module.to(args.device, dtype)
    x = sam.image(args.batch).to(args.device, dtype)
    facts = {"blocks": blocks}
    if engine == "transformers":
        import transformers

        facts["transformers"] = transformers.__version__
        theirs = transformers_encoder(module, letter, blocks)
        call = lambda: theirs(x)  # noqa: E731
    else:
        call = torch_device.accelerated(lambda: module(x), module, engine)
    return call, lambda y: y.flatten(2).transpose(1, 2).contiguous().float().cpu().numpy(), facts


def decoder(args, engine):
    module = sam_decoder.decoder().to(args.device)
    embedding = sam_decoder.embedding().to(args.device)
    points = sam_decoder.points(args.batch).to(args.device)
    call = torch_device.accelerated(lambda: module(embedding, points), module, engine)
    return call, lambda y: np.concatenate([part.cpu().numpy().ravel() for part in y]), {}


def generator(args):
    image_encoder = sam.encoder(args.model[-1], args.blocks)[0].to(args.device)
    mask_decoder = sam_decoder.decoder().to(args.device)
    rgb = sam_generator.picture()

    def boxes(records):
        return np.concatenate([record[1].cpu().numpy() for record in records]).astype(np.float32)

    return lambda: sam_generator.generate(image_encoder, mask_decoder, rgb, args.batch), boxes, {}


def workload(args, engine):
    torch.set_grad_enabled(False)
    if args.model.startswith("sam-generator"):
        call, numbers, own = generator(args)
    elif args.model == "sam-decoder":
        call, numbers, own = decoder(args, engine)
    else:
        call, numbers, own = encoder(args, engine)
    return call, numbers, torch_device.facts(args) | own
