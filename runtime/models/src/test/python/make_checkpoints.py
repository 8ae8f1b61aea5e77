"""Makes the small checkpoints of the import tests with PyTorch itself, and beside each what the import must give.

usage: python make_checkpoints.py OUT      (needs torch and numpy; safetensors where installed, for official.safetensors)

NAME.pth is what torch.save writes; NAME.expected.safetensors holds the tensors after unwrapping, prefix rules and
making views contiguous. The expected files are written by the few lines below, not by the code under test.
"""
import argparse
import collections
import json
import pathlib
import struct
import sys

import numpy
import torch

DTYPES = {
    torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.float64: "F64", torch.int64: "I64",
    torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL",
}


def write_safetensors(path, tensors, metadata=None):
    header, data = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    for name, tensor in tensors.items():
        raw = tensor.detach().contiguous().flatten().view(torch.uint8).numpy().tobytes() if tensor.numel() else b""
        header[name] = {"dtype": DTYPES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


class Net(torch.nn.Module):
    """A convolution, a batch norm (int64 buffer) and a linear layer: a state dict with `_metadata` as real ones have."""

    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 4, 2)
        self.bn = torch.nn.BatchNorm2d(4)
        self.fc = torch.nn.Linear(4, 2)


def random(*shape):
    return torch.randn(*shape)


def main():
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(20261121)

    def case(name, value, expected, legacy=False):
        torch.save(value, out / f"{name}.pth", _use_new_zipfile_serialization=not legacy)
        write_safetensors(out / f"{name}.expected.safetensors", expected)

    net = Net()
    state = net.state_dict()
    for legacy in (False, True):
        kind = "legacy" if legacy else "zip"
        case(f"{kind}_state_dict", state, state, legacy)

        types = {f"t.{name}": (torch.arange(6).reshape(2, 3) % 2).to(dtype) if dtype == torch.bool
                 else (torch.arange(6).reshape(2, 3) - (0 if dtype == torch.uint8 else 3)).to(dtype)
                 for dtype, name in DTYPES.items()}
        types["scalar"] = torch.tensor(2.5)
        types["empty"] = torch.zeros(0, 3)
        case(f"{kind}_types", types, types, legacy)

        base = random(4, 6)
        views = {"base": base, "transposed": base.t(), "slice": base[1:3, 2:5], "column": base[:, 1], "step": base[::2, ::3],
                 "expanded": base[:1, :1].expand(2, 3), "permuted": random(2, 3, 4).permute(2, 0, 1), "tail": base.flatten()[20:]}
        case(f"{kind}_views", views, views, legacy)

        tied = random(3, 4)
        parts = {"embed.weight": tied, "head.weight": tied, "half.weight": tied[1:], "head.bias": random(3)}
        case(f"{kind}_tied", parts, parts, legacy)

    half = {key: value.half() if value.is_floating_point() else value for key, value in state.items()}
    case("half", half, half)
    bf16 = collections.OrderedDict((key, value.bfloat16()) for key, value in state.items() if value.is_floating_point())
    case("bf16", bf16, bf16)
    parameters = {"weight": torch.nn.Parameter(random(2, 2)), "frozen": torch.nn.Parameter(random(3), requires_grad=False)}
    case("parameter", parameters, parameters)

    args = argparse.Namespace(lr=1e-4, name="détr", masks=False, layers=[1, 2, 3], nothing=None, size=(3, 4))
    case("namespace", {"model": state, "args": args, "epoch": 7}, state)

    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
    net.fc(net.bn(net.conv(random(2, 3, 5, 5))).mean((2, 3))).sum().backward()
    optimizer.step()
    state = {key: value.clone() for key, value in net.state_dict().items()}
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 10)
    case("training", {"epoch": 3, "state_dict": state, "optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict(),
                      "best": 0.75, "device": torch.device("cpu"), "size": torch.Size([2, 3]), "layout": torch.strided}, state)
    case("extras", {"model_state_dict": state, "accuracy": numpy.float64(0.5), "history": numpy.arange(3.0), "path": pathlib.PurePosixPath("a/b"),
                    "seen": {1, 2}, "dtype": torch.float32, "counts": collections.Counter("aab"), "table": collections.defaultdict(list, a=[1]),
                    "raw": b"\x00\xff", "big": 2**70, "negative": -5, "nested": {"a": {"b": [1, (2, {"c": None})]}}}, state)

    backbone = {"cls_token": random(1, 1, 4), "blocks.0.attn.qkv.weight": random(12, 4), "norm.bias": random(4)}
    head = {"mlp.0.weight": random(4, 4), "last_layer.weight_g": random(4, 1), "last_layer.weight_v": random(4, 4)}
    teacher = {**{f"backbone.{k}": v for k, v in backbone.items()}, **{f"head.{k}": v for k, v in head.items()}}
    student = {f"module.{k}": random(*v.shape) for k, v in teacher.items()}
    case("dino_teacher", {"student": student, "teacher": teacher, "epoch": 100, "args": args, "dino_loss": {"center": random(1, 4)}}, backbone)
    case("dino_teacher_ddp", {"student": student, "teacher": {f"module.{k}": v for k, v in teacher.items()}}, backbone)
    case("data_parallel", collections.OrderedDict((f"module.{k}", v) for k, v in backbone.items()), backbone)

    # Files that must be refused.
    torch.save(net, out / "refused_whole_module.pth")
    torch.save([random(2)], out / "refused_list.pth")
    torch.save({"epoch": 3, "note": "no tensors"}, out / "refused_no_tensors.pth")
    torch.jit.script(torch.nn.Linear(2, 2)).save(out / "refused_torchscript.pt")
    torch.save({"c": torch.zeros(2, dtype=torch.complex64)}, out / "refused_complex.pth")
    torch.save({"w": torch.ones(2)}, out / "refused_protocol_4.pth", pickle_protocol=4)

    try:
        from safetensors.torch import save_file
    except ImportError:
        print("safetensors is not installed: official.safetensors left as it is")
    else:
        save_file({name: tensor for name, tensor in types.items()}, out / "official.safetensors", {"format": "pt", "note": "ä\n\"x\""})


if __name__ == "__main__":
    main()
