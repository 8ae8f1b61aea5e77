"""One peer in a process of its own, driven line by line on standard input.

    warm N       runs N forwards without timing
    round N      runs N forwards, answers {"millis": [...]}
    output PATH  writes the last result to PATH, raw fp32, row-major
    quit

A command behind NAME/ is for another way in which PyTorch runs the same call, which NAME/open makes: torch-compile, torch-graph,
torch-compile-graph. The first line it prints is {"ready": {...}} with versions and settings. Timed: from the call to the finished result, input and
output in the library's own memory, no copies; on a card the wait for it is inside the time.
"""

import argparse
import json
import os
import sys

import ops
from timing import Timed


def torch_forward(args, engine="torch"):
    import torch_device
    import trunks

    torch_device.prepare(args)
    if args.model == "knn":
        import neighbours

        return neighbours.torch_workload(args)
    if args.model.startswith("pma-"):
        import matching

        return matching.workload(args, engine)
    if args.model.startswith("sam-"):
        import sam_workloads

        return sam_workloads.workload(args, engine)
    if args.model.startswith("moca-"):
        import moca_clip

        return (moca_clip.frame_workload if args.model == "moca-frame" else moca_clip.workload)(args, engine)
    if args.model == "kmeans":
        import torch_kmeans

        return torch_kmeans.workload(args, engine)
    if args.model.startswith("train-"):
        import training

        return training.workload(args, engine)
    if args.model in trunks.MODELS:
        return trunks.workload(args, engine)
    import torch

    import models

    torch.set_grad_enabled(False)
    dtype = torch.bfloat16 if args.precision == "bf16" else torch.float32
    model, blocks = models.build(args.model, args.blocks)
    model = torch_device.quantised(model) if args.precision == "int8" else model.to(args.device, dtype)
    x = models.image(args.batch).to(args.device, dtype)
    forward = torch_device.accelerated(lambda: model(x), model, engine)
    return forward, lambda y: y.float().cpu().numpy(), torch_device.facts(args) | {"blocks": blocks}


def onnx_forward(args):
    """ONNX Runtime through its Python API."""
    if args.precision == "bf16":
        raise SystemExit("onnxruntime: its CPU provider has no bf16 products")
    import onnxruntime

    import onnx_files
    from filler import fill

    file = onnx_files.exported(args.work, args.model, args.blocks, args.batch, args.precision)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = args.threads
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    feed = {"image": fill("input.image", (args.batch, 3, 224, 224))}
    return lambda: session.run(None, feed)[0], lambda y: y, {"onnxruntime": onnxruntime.__version__}


def sklearn_forward(args):
    """k-means on rows of length 1, each frame by itself, or nearest neighbours; see kmeans.py and neighbours.py."""
    if args.model == "knn":
        import neighbours

        return neighbours.sklearn_workload(args.batch, args.threads)
    import kmeans

    return kmeans.workload(args.batch, args.threads)


def faiss_forward(args):
    if args.model == "kmeans":
        import kmeans

        return kmeans.faiss_workload(args.batch, args.threads)
    import neighbours

    return neighbours.faiss_workload(args.batch, args.threads)


def torch_compiled(args):
    """torch.compile; on a processor it needs a C++ compiler."""
    return torch_forward(args, "torch-compile")


def transformers_forward(args):
    """SAM as transformers runs it."""
    return torch_forward(args, "transformers")


def torch_graphed(args):
    """The whole call captured as a CUDA graph and replayed."""
    return torch_forward(args, "torch-graph")


def torch_compiled_and_graphed(args):
    """Compiled, and the whole call captured as a CUDA graph: PyTorch's fastest mode."""
    return torch_forward(args, "torch-compile-graph")


FORWARDS = {
    "torch": torch_forward,
    "torch-compile": torch_compiled,
    "torch-graph": torch_graphed,
    "torch-compile-graph": torch_compiled_and_graphed,
    "transformers": transformers_forward,
    "onnxruntime": onnx_forward,
    "sklearn": sklearn_forward,
    "faiss": faiss_forward,
}


def peak_megabytes():
    """The most memory this process ever had resident, weights and libraries included; 10^6 bytes, as on the other side."""
    with open("/proc/self/status") as status:
        return next(round(int(line.split()[1]) * 1024 / 1e6) for line in status if line.startswith("VmHWM:"))


def device_peak_megabytes(device):
    """The most memory of the card that PyTorch ever had in use."""
    import torch

    return torch.cuda.max_memory_allocated(device) >> 20


def finished(compute, device):
    """The call together with the wait for its result; on a processor there is nothing to wait for."""
    if not device.startswith("cuda"):
        return compute
    import torch

    def forward():
        result = compute()
        torch.cuda.synchronize(device)
        return result

    return forward


class Served(Timed):
    """One way of running the call, with its last result."""

    def __init__(self, compute, device):
        self.forward = finished(compute, device)
        self.result = self.forward()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--engine", choices=[*FORWARDS, *ops.OPTIONAL], required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--precision", choices=["fp32", "bf16", "int8"], default="fp32")
    parser.add_argument("--device", default="cpu", help="of PyTorch: cpu, cuda, cuda:1")
    parser.add_argument("--tf32", action="store_true", help="let fp32 products on a card round to tf32")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--blocks", type=int, default=0, help="0: all of them")
    parser.add_argument("--work", default=".")
    args = parser.parse_args()

    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print must not mix with the answers
    (serve_rows if args.model == ops.ALL else serve)(args, lambda answer: print(json.dumps(answer), file=answers))


def serve_rows(args, answer):
    """Single ops, one after the other: see ops_torch.py for the two commands more."""
    import ops_torch

    ops_torch.serve(args, answer, finished)


def serve(args, answer):
    compute, numbers, facts = FORWARDS[args.engine](args)
    served = {"": Served(compute, args.device)}
    facts["peak_mb"] = peak_megabytes()
    if args.device.startswith("cuda"):
        facts["peak_device_mb"] = device_peak_megabytes(args.device)
    answer({"ready": facts})
    for line in sys.stdin:
        command, *rest = line.split(maxsplit=1)
        name, _, command = command.rpartition("/")
        if command == "open":
            try:
                import torch_device

                served[name] = Served(torch_device.MADE[0][name], args.device)
                answer({"ready": facts | {"peak_mb": peak_megabytes()}})
            except Exception as error:  # the engines that are there must not go with it
                answer({"failure": " ".join(str(error).split())[:500]})
        elif command == "warm":
            served[name].run(int(rest[0]))
            answer({})
        elif command == "round":
            answer({"millis": served[name].run(int(rest[0]))})
        elif command == "output":
            numbers(served[name].result).tofile(rest[0].strip())
            answer({})
        elif command == "quit":
            return


if __name__ == "__main__":
    main()
