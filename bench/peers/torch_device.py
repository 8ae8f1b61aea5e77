"""Where PyTorch runs and how: the device, its precision switches, compilation and CUDA graphs."""

import torch

GRAPH_WARM_UPS = 3  # PyTorch wants a few runs on a side stream before a capture


def require(device):
    """Ends with one line where PyTorch has no such card."""
    if not torch.cuda.is_available():
        build = f"built for CUDA {torch.version.cuda}" if torch.version.cuda else "built without CUDA"
        raise SystemExit(f"--device {device}: PyTorch {torch.__version__} ({build}) finds no card; use --device cpu")
    cards = torch.cuda.device_count()
    if (torch.device(device).index or 0) >= cards:
        raise SystemExit(f"--device {device}: expected a number below {cards}, PyTorch sees that many cards")


def prepare(args):
    """Threads, device and precision."""
    torch.set_num_threads(args.threads)
    if not args.device.startswith("cuda"):
        return
    require(args.device)
    torch.cuda.set_device(args.device)
    # fp32 means fp32 on both sides: convolutions would take tf32 by default.
    torch.backends.cuda.matmul.allow_tf32 = args.tf32
    torch.backends.cudnn.allow_tf32 = args.tf32


def facts(args):
    """Versions and settings for the report."""
    if not args.device.startswith("cuda"):
        return {"torch": torch.__version__, "mkl": torch.backends.mkl.is_available()}
    return {
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version(),
        "card": torch.cuda.get_device_name(args.device),
        "tf32": args.tf32,
    }


def quantised(model):
    """The model with its linear layers in int8: weights per channel, activations at run time, no calibration."""
    from torch.ao import quantization

    wanted = {torch.nn.Linear: quantization.per_channel_dynamic_qconfig}
    return quantization.quantize_dynamic(model, wanted, dtype=torch.qint8)


def compile_mode(on_card):
    """Timed for itself: graphs are the other engine's matter. On a processor tuning takes many minutes for nothing."""
    return "max-autotune-no-cudagraphs" if on_card else "default"


def accelerated(call, module, engine):
    """``call`` as the engine runs it: as it is, with ``module`` compiled in place, or captured as a CUDA graph."""
    if engine == "torch-compile":
        module.compile(mode=compile_mode(next(module.parameters()).is_cuda))
        return call
    if engine == "torch-graph":
        return graphed(call)
    return call


def graphed(call):
    """A function that replays what ``call`` does on the card; its result stays in one place."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(GRAPH_WARM_UPS):
            call()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        result = call()

    def replay():
        graph.replay()
        return result

    return replay
