// What the binding of cuDNN is generated from: the backend graph interface and the version, not the older functions.
#include <cudnn_graph.h>
#include <cudnn_version.h>
