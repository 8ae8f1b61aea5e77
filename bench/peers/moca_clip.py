"""MoCA in PyTorch: a whole clip from decoded pictures and waveforms to masks at picture size, and the end of that way alone.

The twins of dev.earshot.bench.peers.ClipWorkload and FrameWorkload: the published preprocessing (Pillow's bicubic filter,
Kaldi's filter bank), all frames through the trunks as one batch, k-means over all frames and restarts as one batch, masks by
interpolation. Written for a card too: pictures go there as bytes, everything behind Pillow happens there, and the host waits
for scores and masks alone, apart from a look every few iterations whether k-means is done.
"""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import torch_device
from filler import fill, uniforms
from training import SIZES, Moca, compile_parts

try:
    from PIL import Image
except ImportError:
    Image = None

WIDTH, HEIGHT, TILE, SIDE, SAMPLES = 640, 480, 40, 224, 16_000
LOUDNESS, JOINT, TAU_RELATIVE, BACKGROUND = 0.1, 1024, 0.5, 0.9
MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
CLUSTERS, RESTARTS, ITERATIONS, TOLERANCE = 4, 4, 100, 1e-6
FIGURES = 2 * CLUSTERS
FLOOR = 1.1920929e-7


def clip(frames):
    """Pictures [frames, H, W, 3] in bytes and one second of sound for each."""
    tiles = fill("input.tiles", (frames, HEIGHT // TILE, WIDTH // TILE, 3)).astype(np.float64)
    noise = fill("input.noise", (frames, HEIGHT, WIDTH, 3)).astype(np.float64)
    values = 128 + 50.0 * tiles.repeat(TILE, 1).repeat(TILE, 2) + 10.0 * noise
    waves = fill("input.waves", (frames, SAMPLES)).astype(np.float64) * LOUDNESS
    return np.clip(values, 0, 255).astype(np.uint8), torch.from_numpy(waves.astype(np.float32))


def sized(frames):
    """Bytes [F, 224, 224, 3]: whole frames by Pillow's bicubic filter, or by PyTorch's form of it where there is no Pillow."""
    if Image is None:
        pictures = torch.from_numpy(frames).permute(0, 3, 1, 2)
        return F.interpolate(pictures, (SIDE, SIDE), mode="bicubic", antialias=True).permute(0, 2, 3, 1)
    small = [np.asarray(Image.fromarray(frame).resize((SIDE, SIDE), Image.Resampling.BICUBIC)) for frame in frames]
    return torch.from_numpy(np.stack(small))


class LogMel(nn.Module):
    """Kaldi's filter bank at ImageBind's settings: [F, samples] -> [F, 1, 128, 204]."""

    LENGTH, SHIFT, BINS, FFT, COLUMNS = 400, 160, 128, 512, 204

    def __init__(self):
        super().__init__()
        angle = 2 * math.pi / (self.LENGTH - 1) * torch.arange(self.LENGTH, dtype=torch.float64)
        self.register_buffer("window", (0.5 - 0.5 * angle.cos()).float())
        mel = 1127 * torch.log1p(torch.arange(self.FFT // 2, dtype=torch.float64) * 16_000 / self.FFT / 700)
        low, high = (1127 * math.log1p(hertz / 700) for hertz in (20, 8000))
        step = (high - low) / (self.BINS + 1)
        left = low + step * torch.arange(self.BINS, dtype=torch.float64)[:, None]
        weights = torch.minimum((mel - left) / step, (left + 2 * step - mel) / step).clamp(min=0)
        self.register_buffer("weights", F.pad(weights, (0, 1)).float().T.contiguous())  # [257, 128]

    def forward(self, waves):
        frames = (waves - waves.mean(1, keepdim=True)).unfold(1, self.LENGTH, self.SHIFT)
        frames = frames - frames.mean(2, keepdim=True)
        before = torch.cat([frames[..., :1], frames[..., :-1]], -1)
        spectrum = torch.fft.rfft((frames - 0.97 * before) * self.window, self.FFT)
        power = spectrum.real.square() + spectrum.imag.square()
        rows = (power @ self.weights).clamp(min=FLOOR).log()
        padded = F.pad(rows, (0, 0, 0, self.COLUMNS - rows.shape[1]))
        return ((padded + 4.268) / 9.138).transpose(1, 2)[:, None]


class Network(Moca):
    """The trunks with adapters, and both heads: features [F, 256, D], joint tokens [F, 256, J], sound [F, J]."""

    def __init__(self, sizes):
        super().__init__(sizes)
        self.to_joint = self.projection("vision", sizes[0])
        self.sound_norm = nn.LayerNorm(sizes[3], eps=1e-6)
        for kind in ("weight", "bias"):
            key = f"modality_heads.audio.0.{kind}"
            getattr(self.sound_norm, kind).data = torch.from_numpy(fill(key, (sizes[3],)))
        self.sound_to_joint = self.projection("audio", sizes[3])
        self.requires_grad_(False)

    @staticmethod
    def projection(modality, width):
        layer = nn.Linear(width, JOINT, bias=False)
        layer.weight.data = torch.from_numpy(fill(f"modality_heads.{modality}.2.weight", (JOINT, width)))
        return layer

    def forward(self, images, sounds):
        heard, stream = self.hear(sounds)
        features = self.head(self.see(images, heard)[:, 1:])
        sound = self.sound_to_joint(self.sound_norm(stream[:, 0]))
        return features.float(), self.to_joint(features).float(), sound.float()


def one_hot(labels):
    return labels[..., None] == torch.arange(CLUSTERS, device=labels.device)


class KMeans(nn.Module):
    """Cosine k-means of every frame by itself, started with the random numbers of our own implementation.

    In three parts of which each can be a CUDA graph: ``begin``, then ``iterate`` until ``done``, then ``result``.
    """

    AT_ONCE = 4  # iterations between two looks whether all restarts are done; a look is a wait

    def __init__(self, frames):
        super().__init__()
        numbers = [[uniforms(f * 1009 + r, CLUSTERS) for r in range(RESTARTS)] for f in range(frames)]
        self.register_buffer("random", torch.tensor(numbers, dtype=torch.float64))
        self.register_buffer("frame", torch.arange(frames)[:, None])

    def starts(self, rows):
        """k-means++ on the sphere, [F, restarts * K, C]."""
        frames, count, _ = rows.shape
        chosen = (self.random[..., 0] * count).long()  # [F, R]
        picks = [chosen]
        weights = torch.full((frames, RESTARTS, count), math.inf, dtype=torch.float64, device=rows.device)
        for k in range(1, CLUSTERS):
            distances = 1 - (rows[self.frame, picks[-1]] @ rows.transpose(1, 2)).double()
            weights = torch.minimum(weights, distances.clamp(min=0))
            for pick in picks:
                weights = weights.scatter(2, pick[..., None], 0)
            sums = weights.cumsum(2)
            picks.append(torch.searchsorted(sums, self.random[..., k : k + 1] * sums[..., -1:], right=True)[..., 0])
        return rows[self.frame[..., None], torch.stack(picks, 2)].flatten(1, 2)

    def begin(self, features):
        """The state: unit rows [F, N, C], centres [F, R * K, C], labels [F, N, R], whether a restart goes on [F, R]."""
        rows = F.normalize(features, dim=2, eps=1e-6)
        frames, count, _ = rows.shape
        labels = torch.full((frames, count, RESTARTS), -1, device=rows.device)
        return rows, self.starts(rows), labels, torch.ones(frames, RESTARTS, dtype=torch.bool, device=rows.device)

    def iterate(self, state):
        for _ in range(self.AT_ONCE):
            state = self.iteration(*state)
        return state

    @staticmethod
    def iteration(rows, centres, before, running):
        frames, count, _ = rows.shape
        scores = (rows @ centres.transpose(1, 2)).view(frames, count, RESTARTS, CLUSTERS)
        labels = scores.argmax(3)
        members = one_hot(labels).view(frames, count, -1).transpose(1, 2).to(rows.dtype)
        sums = members @ rows
        moved = torch.where(sums.norm(dim=2, keepdim=True) > 1e-6, F.normalize(sums, dim=2), centres)
        turned = (1 - (centres * moved).sum(2)).view(frames, RESTARTS, CLUSTERS).sum(2)
        centres = torch.where(running.repeat_interleave(CLUSTERS, 1)[..., None], moved, centres)
        return rows, centres, labels, running & ~((turned <= TOLERANCE) | (before == labels).all(1))

    @staticmethod
    def done(state):
        return not state[3].any()

    def result(self, state):
        """Labels [F, N] and similarities [F, N, K] of the best restart."""
        rows, centres = state[:2]
        frames, count, _ = rows.shape
        scores = (rows @ centres.transpose(1, 2)).view(frames, count, RESTARTS, CLUSTERS)
        best = scores.amax(3).double().sum(1).argmax(1)  # the smallest sum of 1 - cosine
        scores = scores[self.frame[:, 0], :, best]
        return scores.argmax(2), scores


def choose(labels, joint, sound):
    """Scores and shares [F, K] of the clusters, and which of them sound."""
    tokens, sound = F.normalize(joint, dim=2), F.normalize(sound, dim=1)
    base = (tokens @ sound[..., None]).mean((1, 2))
    members = one_hot(labels).to(tokens.dtype)
    scores = (F.normalize(members.transpose(1, 2) @ tokens, dim=2) @ sound[..., None])[..., 0]
    shares = members.mean(1)
    contrast = scores - base[:, None]
    lead = contrast.masked_fill(shares == 0, -math.inf).amax(1, keepdim=True)
    selected = (shares > 0) & (shares <= BACKGROUND) & (contrast > 0) & (contrast >= TAU_RELATIVE * lead)
    return scores, shares, selected


def masks(scores, selected):
    """[F, H, W]: similarities enlarged, every pixel to its largest one."""
    frames, count, _ = scores.shape
    grid = scores.transpose(1, 2).view(frames, CLUSTERS, math.isqrt(count), math.isqrt(count))
    labels = F.interpolate(grid, (HEIGHT, WIDTH), mode="bilinear", align_corners=False).argmax(1)
    return selected.gather(1, labels.flatten(1)).view_as(labels)


class Clustered:
    """K-means with what comes before and behind it: ``source`` gives features and more, ``finish`` takes labels,
    similarities and what ``source`` gave more.

    With ``graphs`` they are three CUDA graphs: the source and the first iterations, more iterations, the end.
    """

    def __init__(self, kmeans, source, finish, graphs):
        self.kmeans, self.source, self.finish = kmeans, source, finish
        if graphs:
            # In this order: each reads what the one before left in its place.
            self.begin = torch_device.graphed(self.begin)
            self.iterate = torch_device.graphed(self.iterate)
            self.end = torch_device.graphed(self.end)

    def compile(self):
        for name in ("begin", "iterate", "result"):
            setattr(self.kmeans, name, torch.compile(getattr(self.kmeans, name)))

    def begin(self):
        features, *self.more = self.source()
        self.state = self.kmeans.iterate(self.kmeans.begin(features))

    def iterate(self):
        for own, value in zip(self.state, self.kmeans.iterate(self.state)):
            if own is not value:
                own.copy_(value)

    def end(self):
        return self.finish(*self.kmeans.result(self.state), *self.more)

    def __call__(self):
        self.begin()
        for _ in range(ITERATIONS // self.kmeans.AT_ONCE - 1):
            if self.kmeans.done(self.state):
                break
            self.iterate()
        return self.end()


class Outliner:
    """From features, joint tokens and sound on the device, which ``source`` gives, to scores, shares and masks on the host."""

    def __init__(self, source, frames, device, engine):
        self.host = None
        self.clustered = Clustered(KMeans(frames).to(device), source, self.outlined, engine == "torch-graph")

    @staticmethod
    def outlined(labels, similarities, joint, sound):
        scores, shares, selected = choose(labels, joint, sound)
        return torch.stack([scores, shares], 1), masks(similarities, selected)

    def __call__(self):
        return self.brought(self.clustered())

    def brought(self, results):
        """The results on the host; on a card in page-locked memory that is used again, and complete after the next wait."""
        if not results[0].is_cuda:
            return results
        if self.host is None:
            self.host = [torch.empty_like(result, device="cpu").pin_memory() for result in results]
        for own, result in zip(self.host, results):
            own.copy_(result, non_blocking=True)
        return self.host


def numbers(result):
    figures, outlines = result
    return torch.cat([figures.flatten(), outlines.flatten().float()]).numpy()


class Inputs:
    """A clip's pictures and sound on the device, where they always have the same place."""

    def __init__(self, args, dtype):
        self.frames, self.waves = clip(args.batch)
        self.dtype = dtype
        self.log_mel = LogMel().to(args.device)
        self.mean, self.std = (torch.tensor(values, device=args.device).view(3, 1, 1) for values in (MEAN, STD))
        self.pictures = torch.empty(args.batch, SIDE, SIDE, 3, dtype=torch.uint8, device=args.device)
        self.sounds = torch.empty_like(self.waves, device=args.device)

    def write(self):
        self.pictures.copy_(sized(self.frames))
        self.sounds.copy_(self.waves)

    def prepared(self):
        images = (self.pictures.permute(0, 3, 1, 2) / 255 - self.mean) / self.std
        return images.to(self.dtype), self.log_mel(self.sounds).to(self.dtype)


def workload(args, engine):
    torch.set_grad_enabled(False)
    image_width, image_heads, image_depth, *audio, audio_depth = SIZES["train-imagebind"]
    blocks = args.blocks or image_depth
    dtype = torch.bfloat16 if args.precision == "bf16" else torch.float32
    network = Network((image_width, image_heads, blocks, *audio, min(blocks, audio_depth))).to(args.device, dtype)
    if engine == "torch-compile":
        compile_parts(args.device.startswith("cuda"))
    inputs = Inputs(args, dtype)
    inputs.write()
    outline = Outliner(lambda: network(*inputs.prepared()), args.batch, args.device, engine)

    def run():
        inputs.write()
        return outline()

    facts = torch_device.facts(args) | {"blocks": blocks, "picture": f"{WIDTH}x{HEIGHT}", "pillow": Image is not None}
    return run, numbers, facts


def frame_workload(args, engine):
    """From features that are on the device; compiled or captured, what surrounds the look whether k-means is done."""
    import kmeans

    torch.set_grad_enabled(False)
    made = kmeans.features(args.batch), fill("input.joint", (args.batch, kmeans.ROWS, JOINT)), fill("input.sound", (args.batch, JOINT))
    data = [torch.from_numpy(np.ascontiguousarray(part)).to(args.device) for part in made]
    outline = Outliner(lambda: data, args.batch, args.device, engine)
    if engine == "torch-compile":
        outline.clustered.compile()
    return outline, numbers, torch_device.facts(args) | {"picture": f"{WIDTH}x{HEIGHT}"}


def compared(values, reference, frames):
    """Largest difference of a score, and the mean intersection over union of the masks that are not empty in both."""
    figures, expected = (v[: frames * FIGURES].reshape(frames, 2, CLUSTERS) for v in (values, reference))
    outlines, wanted = (v[frames * FIGURES :].reshape(frames, -1) > 0 for v in (values, reference))
    both, either = (outlines & wanted).sum(1), (outlines | wanted).sum(1)
    overlap = np.where(either > 0, both / np.maximum(either, 1), 1.0)
    difference = np.abs(figures - expected).max() / np.abs(expected).max()
    return {
        "max_relative_difference": float(difference),
        "mask_iou": float(overlap.mean()),
        "empty_masks": int((outlines.sum(1) == 0).sum()),
    }
