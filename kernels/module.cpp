// The one compiled module of ahc-stream.

#include "bindings.hpp"

NB_MODULE(_native, m) {
    m.doc() = "Compiled loops of ahc-stream: buffers in, numbers out, the GIL released.";
    bind_checksum(m);
    bind_detection_scores(m);
    bind_colour(m);
    bind_edges(m);
    bind_fixed_convolution(m);
    bind_fixed_product(m);
    bind_metrics(m);
    bind_nms(m);
    bind_quads(m);
    bind_rans(m);
    bind_ssimulacra(m);
    bind_warp(m);
}
