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


class Accelerated:
    """A call in the ways that PyTorch has of running it, so that one process with one copy of the weights times them all."""

    def __init__(self, call, module):
        self.call, self.module = call, module
        self.compiled = None

    def __getitem__(self, engine):
        """The call as ``engine`` runs it: as it is, compiled, or either captured as a CUDA graph."""
        call = self.call
        if engine.startswith("torch-compile"):
            self.compiled = self.compiled or Regions(self.module)
            call = self.compiled.around(call)
        return graphed(call) if engine.endswith("-graph") else call


MADE = []  # the last one that was made, for further engines of the same process


def accelerated(call, module, engine):
    """``call`` as the engine runs it; ``module`` is what it is made of."""
    MADE[:] = [Accelerated(call, module)]
    return MADE[0][engine]


class Regions:
    """What a network repeats, compiled once: the methods that a class of its parts names in REGIONS serve all parts of that
    class, so that 32 blocks cost the tuning of one. A network without such parts is compiled as a whole."""

    def __init__(self, module):
        mode = compile_mode(next(module.parameters()).is_cuda)
        classes = {type(part) for part in module.modules() if hasattr(part, "REGIONS")} or {type(module)}
        places = [(each, name) for each in classes for name in getattr(each, "REGIONS", ("forward",))]
        self.plain = [(each, name, getattr(each, name)) for each, name in places]
        self.fast = [(each, name, torch.compile(method, mode=mode, dynamic=False)) for each, name, method in self.plain]

    def around(self, call):
        """The call with the compiled methods in place while it runs."""

        def compiled():
            self.put(self.fast)
            try:
                return call()
            finally:
                self.put(self.plain)

        return compiled

    @staticmethod
    def put(methods):
        for each, name, method in methods:
            setattr(each, name, method)


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
