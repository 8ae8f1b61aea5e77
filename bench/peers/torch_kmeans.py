"""k-means of kmeans.py's frames in PyTorch: all frames and restarts as one batch."""

import numpy as np
import torch

import kmeans
import moca_clip
import torch_device


def workload(args, engine):
    """Labels of the best restart; on a card they stay there, as ours do."""
    torch.set_grad_enabled(False)
    data = torch.from_numpy(np.ascontiguousarray(kmeans.features(args.batch))).to(args.device)
    clustering = moca_clip.KMeans(args.batch).to(args.device)
    clustered = moca_clip.Clustered(clustering, lambda: (data,), lambda labels, _: labels, engine == "torch-graph")
    if engine == "torch-compile":
        clustered.compile()
    return clustered, lambda labels: kmeans.numbers(labels.cpu().numpy()), torch_device.facts(args)
