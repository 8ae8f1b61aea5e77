import sys; sys.path.insert(0,'/work/wt/research/tools/does-moca-learn')
import numpy as np, torch, cache, adapters, score, pipeline
from torch.nn import functional as F
torch.set_num_threads(1)
m=cache.imagebind(cache.WEIGHTS/"imagebind-demo.safetensors")
x=np.load('cache/train/image3.npy',mmap_mode='r'); n=int(sys.argv[1]); Ks=(4,5,6,7,8); out=np.zeros((n,len(Ks),256),np.int8)
b=m['vision'].blocks[3]
with torch.no_grad():
  for i in range(0,n,80):
    y=torch.from_numpy(x[i:min(n,i+80),1].astype(np.float32)); f=F.normalize(m['vision'].head_norm(y+b.mlp(b.norm_2(y)))[:,1:],dim=-1)
    for k,K in enumerate(Ks):
        c=pipeline.cosine_kmeans(f,K,restarts=1,base=i+k,max_iter=30); out[i:i+80,k]=(f@c.transpose(1,2)).argmax(-1).numpy()
np.save('cache/train/votes.npy',out); print(out.shape)
