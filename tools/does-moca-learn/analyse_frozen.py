"""Upper bounds and thresholds of the frozen features on a val folder."""
import sys
import numpy as np, torch
from torch.nn import functional as F
import cache, adapters, data, pipeline
torch.set_num_threads(1)
model = cache.imagebind(str(cache.Path(cache.__file__).parents[1] / "src/main/resources/dev/earshot/tools/demo/imagebind-demo.safetensors"))
for name in sys.argv[1:]:
    c = adapters.Cache(f"/work/scratch/research/cache/{name}", 2)
    w = data.World(f"/work/scratch/demo/{name}")
    n = 160
    x = c.images(slice(0, n))
    t = model["vision"]
    for b in t.blocks[2:]:
        x = b(x)
    tok = t.head_norm(x)[:, 1:]
    joint = torch.from_numpy(c.joint[:n]).float(); voice = torch.from_numpy(c.voice[:n]).float()
    truth = torch.from_numpy(w.sounding_masks()[:n]); heard = truth.flatten(1).any(1)
    cov = truth.float().view(n, 16, 14, 16, 14).mean((2, 4)).flatten(1)
    up = lambda m: F.interpolate(m.view(n, 1, 16, 16), size=(224, 224), mode="bilinear", align_corners=False)[:, 0]
    # grid bound: token coverage upsampled, thresholded
    print(name, "grid bound", float(pipeline.iou(up((cov > .5).float()) > .5, truth)[heard].mean()), float(pipeline.iou(up(cov) > .5, truth)[heard].mean()))
    cos = (joint * voice[:, None]).sum(-1)
    for th in (.05, .1, .15, .2, .25, .3, .35, .4, .5):
        print("cos >", th, round(float(pipeline.iou(up(cos) > th, truth)[heard].mean()), 3), end="; ")
    print()
    for k in (2, 3, 4, 5, 6, 8):
        ce = pipeline.cosine_kmeans(tok, k)
        lab = (F.normalize(tok, dim=-1) @ ce.transpose(1, 2)).argmax(-1)
        maps = pipeline.cluster_maps(tok, ce)
        sel, _ = pipeline.choose(lab, joint, voice, k)
        m = torch.gather(sel, 1, maps.flatten(1)).view_as(maps)
        print("K", k, "pipeline", round(float(pipeline.iou(m, truth)[heard].mean()), 3), "oracle", round(float(pipeline.oracle(maps, truth, k)[heard].mean()), 3) if k < 7 else "", flush=True)
    inside, outside = cov > .9, cov < .1
    h = heard[:, None].expand_as(inside)
    print("cos quantiles inside", np.quantile(cos[inside & h], [.05, .25, .5, .75, .95]).round(3), "outside", np.quantile(cos[outside & h], [.5, .75, .9, .95, .99]).round(3))
