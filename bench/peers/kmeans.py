"""scikit-learn's k-means on the features that dev.earshot.bench.peers.KMeansWorkload clusters."""

import numpy as np
import sklearn
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from filler import fill

ROWS, WIDTH, CLUSTERS, NOISE = 256, 1280, 4, np.float32(2)


def features(frames):
    centres = fill("input.centres", (CLUSTERS, WIDTH))
    rows = np.arange(frames * ROWS) % CLUSTERS
    noise = fill("input.features", (frames, ROWS, WIDTH)).reshape(-1, WIDTH)
    return (centres[rows] + NOISE * noise).reshape(frames, ROWS, WIDTH)


def first_of_same_cluster(labels):
    """For each row the first row with its label: the same however the clusters are numbered."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return first[inverse]


def workload(frames, threads):
    """Rows scaled to length 1, k-means++, 4 restarts, Lloyd: on the sphere the nearest centre is that of the largest cosine."""
    data = features(frames)
    threadpool_limits(threads)
    models = [KMeans(CLUSTERS, n_init=4, max_iter=100, tol=1e-6, random_state=0) for _ in range(frames)]

    def run():
        labels = []
        for frame, model in zip(data, models):
            unit = frame / np.linalg.norm(frame, axis=1, keepdims=True)
            labels.append(model.fit(unit).labels_)
        return labels

    facts = {"scikit-learn": sklearn.__version__}
    return run, lambda labels: np.concatenate([first_of_same_cluster(one) for one in labels]).astype(np.float32), facts
