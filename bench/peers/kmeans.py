"""k-means by scikit-learn and by faiss on the features that dev.earshot.bench.peers.KMeansWorkload clusters."""

import numpy as np
import sklearn
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from filler import fill

ROWS, WIDTH, CLUSTERS, NOISE = 256, 1280, 4, np.float32(2)
# Of dev.earshot.tensor.KMeansSettings.DEFAULT.
RESTARTS, ITERATIONS, TOLERANCE = 4, 100, 1e-6


def features(frames):
    centres = fill("input.centres", (CLUSTERS, WIDTH))
    rows = np.arange(frames * ROWS) % CLUSTERS
    noise = fill("input.features", (frames, ROWS, WIDTH)).reshape(-1, WIDTH)
    return (centres[rows] + NOISE * noise).reshape(frames, ROWS, WIDTH)


def first_of_same_cluster(labels):
    """For each row the first row with its label: the same however the clusters are numbered."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return first[inverse]


def numbers(labels):
    """The labels of all frames in the form that engines are compared in."""
    return np.concatenate([first_of_same_cluster(one) for one in labels]).astype(np.float32)


def objectives(firsts, frames):
    """For each frame the sum over its rows of 1 - cosine to their cluster's direction: what all engines minimise."""
    values = []
    for rows, labels in zip(features(frames).astype(np.float64), firsts.reshape(frames, ROWS)):
        unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        # A cluster's rows have cosines to its direction that add up to the length of their sum.
        lengths = [np.linalg.norm(unit[labels == first].sum(0)) for first in np.unique(labels)]
        values.append(ROWS - sum(lengths))
    return np.array(values)


def workload(frames, threads):
    """Rows scaled to length 1, k-means++, 4 restarts, Lloyd: on the sphere the nearest centre is that of the largest cosine."""
    data = features(frames)
    threadpool_limits(threads)
    models = [KMeans(CLUSTERS, n_init=RESTARTS, max_iter=ITERATIONS, tol=TOLERANCE, random_state=0) for _ in range(frames)]

    def run():
        labels = []
        for frame, model in zip(data, models):
            unit = frame / np.linalg.norm(frame, axis=1, keepdims=True)
            labels.append(model.fit(unit).labels_)
        return labels

    facts = {"scikit-learn": sklearn.__version__}
    return run, numbers, facts


def faiss_workload(frames, threads):
    """The same by faiss on the sphere, started by k-means++ and stopped when the objective stands still."""
    import faiss

    faiss.omp_set_num_threads(threads)
    data = features(frames)

    def run():
        labels = []
        for frame in data:
            unit = frame / np.linalg.norm(frame, axis=1, keepdims=True)
            clustering = faiss.Kmeans(
                WIDTH, CLUSTERS, niter=ITERATIONS, nredo=RESTARTS, spherical=True, seed=1,
                init_method=faiss.ClusteringInitMethod_KMEANS_PLUS_PLUS, early_stop_threshold=TOLERANCE,
            )  # fmt: skip
            clustering.train(unit)
            labels.append(clustering.assign(unit)[1])
        return labels

    return run, numbers, {"faiss": faiss.__version__}
