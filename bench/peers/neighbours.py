"""Exact nearest neighbours of the unit features that dev.earshot.bench.peers.NeighbourWorkload searches, by three libraries."""

import numpy as np

from filler import fill

WIDTH, K = 384, 7
BLOCK, CARD_BLOCK = 2048, 8192  # rows at a time: 6 GB of products with 184,000 others on a card


def features(rows):
    x = fill("input.features", (rows, WIDTH))
    return np.ascontiguousarray(x / np.linalg.norm(x, axis=1, keepdims=True), dtype=np.float32)


def sklearn_workload(rows, threads):
    """Brute force by Euclidean distance, its fastest path; on unit rows cosine = 1 - distance^2 / 2."""
    import sklearn
    from sklearn.neighbors import NearestNeighbors
    from threadpoolctl import threadpool_limits

    x = features(rows)
    threadpool_limits(threads)

    def run():
        model = NearestNeighbors(n_neighbors=K, algorithm="brute", n_jobs=threads).fit(x)
        return 1 - model.kneighbors()[0] ** 2 / 2  # without an argument: each row's neighbours other than itself

    return run, lambda y: y.astype(np.float32), {"scikit-learn": sklearn.__version__}


def torch_workload(args):
    """Products of blocks of rows with all rows, then topk."""
    import torch

    import torch_device

    rows, step = args.batch, CARD_BLOCK if args.device.startswith("cuda") else BLOCK
    x = torch.from_numpy(features(rows)).to(args.device)

    def run():
        best = []
        for first in range(0, rows, step):
            block = x[first : first + step] @ x.T
            block.diagonal(first).fill_(-torch.inf)  # no row is its own neighbour
            best.append(block.topk(K, dim=1).values)
        return torch.cat(best)

    return run, lambda y: y.cpu().numpy(), torch_device.facts(args)


def faiss_workload(rows, threads):
    """A flat index of inner products; one more neighbour is asked for, which is the row itself."""
    import faiss

    x = features(rows)
    faiss.omp_set_num_threads(threads)

    def run():
        index = faiss.IndexFlatIP(WIDTH)
        index.add(x)
        return index.search(x, K + 1)[0][:, 1:]

    return run, lambda y: y.astype(np.float32), {"faiss": faiss.__version__}
