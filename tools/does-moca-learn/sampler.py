"""The project's bit-reproducible sampler: anchors by epoch, a positive of the table, negatives by permutation."""

import numpy as np

MASK = (1 << 64) - 1


class SplitMix64:
    def __init__(self, seed):
        self.state = seed & MASK

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def below(self, n):
        return min(int((self.next() >> 11) * 2.0**-53 * n), n - 1)

    def shuffled(self, n):
        p = list(range(n))
        for i in range(n - 1, 0, -1):
            j = self.below(i + 1)
            p[i], p[j] = p[j], p[i]
        return p


def triplets(neighbours, batch, seed):
    """Endless (anchors, positives, negatives), each int64 [batch]."""
    random, n, k = SplitMix64(seed), len(neighbours), neighbours.shape[1]
    near = [set(row) | {i} for i, row in enumerate(neighbours.tolist())]
    while True:
        order = random.shuffled(n)
        for start in range(0, n - batch + 1, batch):
            anchors = order[start : start + batch]
            positives = [int(neighbours[a][random.below(k)]) for a in anchors]
            for _ in range(8):
                negatives = [anchors[p] for p in random.shuffled(batch)]
                bad = [i for i in range(batch) if negatives[i] in near[anchors[i]]]
                if not bad:
                    break
            for i in bad:
                while negatives[i] in near[anchors[i]]:
                    negatives[i] = random.below(n)
            yield np.array(anchors), np.array(positives), np.array(negatives)
