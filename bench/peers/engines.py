"""The engines of bench/side-by-side: which can run a model, how they are started and asked.

An engine is a process that answers line by line (runner.py, dev.earshot.bench.peers.SideBySide), stopped except while it
answers. ONNX Runtime's Java API shares the process of ours, as it would in a Java program.
"""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import ops
from report import BENCH, OURS, cpu

HERE = Path(__file__).resolve().parent
CPU_ENGINES = f"{OURS},torch,torch-unlocked,torch-compile,transformers,onnxruntime,onnxruntime-java,sklearn,faiss"
CARD_ENGINES = f"{OURS},torch,torch-compile,torch-graph,torch-compile-graph,transformers,{','.join(ops.OPTIONAL)}"
ON_CARDS_ONLY = ("torch-graph", "torch-compile-graph")
ON_A_CARD = ("torch-compile", *ON_CARDS_ONLY)
PRECISIONS = ("fp32", "tf32", "bf16", "int8")
IN_OUR_PROCESS = "onnxruntime-java"
IMAGE_MODELS = ("dino-vitb16", "dino-vits8", "imagebind-image")
# Sound, or a picture with its sound; see trunks.py.
SOUND_MODELS = ("imagebind-audio", "imagebind-adapted")
# From pictures and sound to masks, and from features to masks.
CLIPS = ("moca-clip", "moca-frame-whole")
FRAME = "moca-frame"
# scikit-learn's name in the results of k-means, as they have always been written.
RUNNER_NAMES = {"scikit-learn": "sklearn"}


class Failure(Exception):
    """Why one comparison, or one engine of it, gives no figures."""


class Refusal(Exception):
    """An engine that says it cannot run a row."""


@dataclass
class Engine:
    """Something that answers commands; ``prefix`` tells two engines of one process apart."""

    name: str
    precision: str
    process: subprocess.Popen
    prefix: str = ""
    facts: dict = field(default_factory=dict)
    rounds: list = field(default_factory=list)
    iterations: int = 1
    millis: float = 0  # about what a run takes

    def ask(self, line):
        try:
            os.kill(self.process.pid, signal.SIGCONT)
            print(self.prefix + line, file=self.process.stdin, flush=True)
        except OSError:
            raise Failure(f"{self.name} {self.precision}: its process has ended; its message is above") from None
        return self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise Failure(f"{self.name} {self.precision}: ended with status {self.process.wait()}; its message is above")
        os.kill(self.process.pid, signal.SIGSTOP)
        answer = json.loads(line)
        if "failure" in answer:
            raise Failure(f"{self.name} {self.precision}: {answer['failure']}")
        return answer

    def open(self, words):
        """Has it run another row; it must be one that runs rows."""
        answer = self.ask("open " + words)
        if "refused" in answer:
            raise Refusal(f"{self.name} {self.precision}: {answer['refused']}")
        self.facts = answer["ready"]

    def quit(self):
        if self.prefix or self.process.poll() is not None:
            return  # an engine within ours goes with it
        os.kill(self.process.pid, signal.SIGCONT)
        self.process.stdin.close()
        self.process.wait()


def has_bf16():
    flags = cpu().get("flags", "").split()
    return "avx512_bf16" in flags or "amx_bf16" in flags


def precisions(args, model):
    """The precisions of a model: pixel matching, clustering and the like are fp32 only, quantised are only linear layers."""
    asked = args.precisions.split(",")
    if model in IMAGE_MODELS:
        return asked
    if model in CLIPS or model in SOUND_MODELS or model.startswith(("sam-vit-", "train-")):
        return [precision for precision in asked if precision != "int8"] or ["fp32"]
    if model == "knn":
        return [precision for precision in asked if precision in ("fp32", "tf32")] or ["fp32"]
    # What is fp32 only still has products: with tf32 asked for in place of fp32, in that.
    return ["tf32"] if "tf32" in asked and "fp32" not in asked else ["fp32"]


def peers_of(model, args, precision):
    """Names of the engines that can run a model on this device."""
    on_card = args.on_card
    if model == "kmeans":
        return ["torch", "torch-compile", "torch-graph"] if on_card else ["scikit-learn", "faiss", "torch"]
    if model == "knn":
        return ["torch"] if on_card else ["sklearn", "faiss", "torch"]
    if model.startswith("train-"):
        return ["torch", "torch-compile", "torch-graph"] if on_card else ["torch", "torch-unlocked"]
    if model.startswith("sam-"):
        if model.startswith("sam-generator"):
            return ["torch"]
        on_both = ["torch", *(ON_A_CARD if on_card else ["torch-unlocked"])]
        return [*on_both, "transformers"] if model.startswith("sam-vit-") else on_both
    if on_card:
        of_networks = model in IMAGE_MODELS or model in SOUND_MODELS
        return ["torch", *(ON_A_CARD if of_networks else ("torch-compile", "torch-graph"))]
    if model.startswith("pma-"):
        return ["torch", "torch-compile", "torch-unlocked"]
    # Compiled, whole models cost minutes and gain little on a processor: only where asked for.
    compiled = ["torch-compile"] if args.engines_given else []
    if model in (*CLIPS, FRAME, *SOUND_MODELS):
        return ["torch", "torch-unlocked", *compiled]
    if precision == "int8":
        return ["torch", "onnxruntime", IN_OUR_PROCESS]
    return ["torch", "torch-unlocked", *compiled, "onnxruntime", IN_OUR_PROCESS]


def java_command(args, model, batch, precision):
    home = os.environ.get("JAVA_HOME")
    java = os.path.join(home, "bin", "java") if home else "java"
    jars = os.environ.get("EARSHOT_JAVA_CLASSPATH") or os.path.join(BENCH, "target", "app", "*")
    cores = f"-XX:ActiveProcessorCount={args.threads}"
    # int8 and tf32 are the backend's ways with fp32 products: the model's own type stays fp32.
    of_backend = precision in ("int8", "tf32")
    backend = args.backend + (f":{precision}" if of_backend else "")
    return [java, "--enable-native-access=ALL-UNNAMED", cores, *args.jvm.split(), "-cp", jars, "dev.earshot.bench.peers.SideBySide",
            f"--model={model}", f"--batch={batch}", f"--precision={'fp32' if of_backend else precision}",
            f"--blocks={args.blocks}", f"--backend={backend}", f"--threads={args.threads}"]  # fmt: skip


def python_command(args, engine, model, batch, precision):
    tf32 = ["--tf32"] if precision == "tf32" else []
    return [sys.executable, str(HERE / "runner.py"), f"--engine={engine}", f"--model={model}", f"--batch={batch}",
            f"--threads={args.threads}", f"--precision={'fp32' if tf32 else precision}", f"--blocks={args.blocks}",
            f"--work={args.work}", f"--device={args.device}", *tf32]  # fmt: skip


def unlocked(args):
    """Environment in which MKL takes its fast paths on any maker's processor."""
    library = Path(args.work) / "unlock_mkl.so"
    subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-o", library, HERE / "unlock_mkl.c"], check=True)
    return {"LD_PRELOAD": str(library)}


def start(name, precision, command, environment):
    # Thread counts of the environment would bend one side only: every engine is told its count.
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("OMP_", "MKL_", "GOMP_", "KMP_"))}
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=clean | environment
    )
    return named(Engine(name, precision, process), Engine.answer)


def named(engine, ready):
    """The engine with what it says of itself."""
    engine.facts = ready(engine)["ready"]
    print(f"  {engine.name} {engine.precision} ready {engine.facts}", file=sys.stderr)
    return engine


def start_ours(args, model, batch, precision):
    return start(OURS, precision, java_command(args, model, batch, precision), {})


def shares_process(name, args, model):
    """True for the further ways of running a network that PyTorch has on a card: one copy of the weights serves them all."""
    of_networks = model in IMAGE_MODELS or model in SOUND_MODELS or model.startswith("sam-")
    return args.on_card and of_networks and name in ON_A_CARD


def start_peer(name, args, model, batch, precision, started):
    """A peer in a process of its own, or in one of those that are ``started``: ONNX Runtime's Java API in that of ours,
    PyTorch's further ways in that of PyTorch."""
    ours = started.get(OURS)
    torch = started.get("torch")
    if torch is not None and shares_process(name, args, model):
        return named(Engine(name, precision, torch.process, name + "/"), lambda engine: engine.ask("open"))
    if name == IN_OUR_PROCESS:
        import onnx_files

        if ours is None:
            raise Failure(f"{name} {precision}: our process, in which it runs, did not start")

        try:
            file = onnx_files.exported(args.work, model, args.blocks, batch, precision)
        except subprocess.CalledProcessError as error:
            raise Failure(f"{name} {precision}: no file to load, its export ended with status {error.returncode}") from None
        return named(Engine(name, precision, ours.process, "peer/"), lambda engine: engine.ask(f"open {file}"))
    if name == "torch-unlocked":
        return start(name, precision, python_command(args, "torch", model, batch, precision), unlocked(args))
    return start(name, precision, python_command(args, RUNNER_NAMES.get(name, name), model, batch, precision), {})


def prepare(args, model, batch):
    """Makes the files that engines load, before any of them is there: quantising takes memory, and more of it than they do."""
    import onnx_files

    for precision in precisions(args, model):
        wanted = {name for name in peers_of(model, args, precision) if name in args.engines.split(",")}
        if precision != "bf16" and wanted & {"onnxruntime", IN_OUR_PROCESS}:
            try:
                onnx_files.exported(args.work, model, args.blocks, batch, precision)
            except subprocess.CalledProcessError:
                return  # the engine that misses it tries again, and is named


def start_all(args, model, batch, note):
    """Yields the engines; ``note`` is told of every peer that does not start. Without ours there is nothing to compare."""
    prepare(args, model, batch)
    asked = args.engines.split(",")
    for precision in precisions(args, model):
        unsuited = precision != "fp32" and "torch-unlocked"
        peers = [p for p in peers_of(model, args, precision) if RUNNER_NAMES.get(p, p) in asked and p != unsuited]
        if precision == "bf16":
            peers = [p for p in peers if not p.startswith("onnxruntime")]
        started = {}
        if OURS in asked or IN_OUR_PROCESS in peers:
            try:
                started[OURS] = start_ours(args, model, batch, precision)
            except Failure as failure:
                if precision == "fp32":
                    raise
                note(failure)
            else:
                yield started[OURS]
        for name in peers:
            try:
                started[name] = start_peer(name, args, model, batch, precision, started)
                yield started[name]
            except Failure as failure:
                note(failure)


class Rows:
    """Processes that run single ops one after the other: one an engine, started when first needed, kept until something fails."""

    USUAL = {"calls": 10, "sets": 2}  # where ours does not say how many

    def __init__(self, args):
        self.args, self.processes = args, {}

    def process(self, name):
        if name not in self.processes:
            command = java_command if name == OURS else lambda *rest: python_command(self.args, name, *rest[1:])
            self.processes[name] = start(name, "fp32", command(self.args, ops.ALL, 1, "fp32"), {})
        return self.processes[name].process

    def drop(self, name):
        """Ends a process: what failed in it may have left the card in a state that it cannot use."""
        engine = self.processes.pop(name, None)
        if engine is not None:
            engine.quit()

    def opened(self, name, model, batch, precision, asked):
        row = Row(name, precision, self.process(name))
        try:
            row.open(f"{model} {batch} {precision} {self.args.blocks} {asked['calls']} {asked['sets']}")
        except Failure:
            self.drop(name)
            raise
        return row

    def start(self, model, batch, precision, note):
        """Yields the engines of a row, ours first: it says how many calls a run has. Refusals are noted as what they are."""
        wanted = self.args.engines.split(",")
        asked = self.USUAL
        if OURS in wanted:
            ours = self.opened(OURS, model, batch, precision, asked)
            asked = ours.facts
            yield ours
        for name in ops.peers(model, precision, self.args.on_card, self.args.engines_given):
            if name in wanted:
                try:
                    yield self.opened(name, model, batch, precision, asked)
                except (Failure, Refusal) as reason:
                    note(reason)

    def close(self):
        for name in list(self.processes):
            self.drop(name)


class Row(Engine):
    """An engine on one row; its process goes on to the next."""

    def quit(self):
        pass
