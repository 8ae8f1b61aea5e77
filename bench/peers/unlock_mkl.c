/* Preloaded into PyTorch: MKL asks this function for the processor's maker and takes its fast paths only for Intel's own.
   Answering yes shows what PyTorch could do on the other makers' processors with the same instructions. */
int mkl_serv_intel_cpu_true(void) { return 1; }
