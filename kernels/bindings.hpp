// What each file of the extension adds to its module.

#pragma once

#include <nanobind/nanobind.h>

void bind_checksum(nanobind::module_ &m);
void bind_detection_scores(nanobind::module_ &m);
void bind_colour(nanobind::module_ &m);
void bind_edges(nanobind::module_ &m);
void bind_fixed_convolution(nanobind::module_ &m);
void bind_fixed_product(nanobind::module_ &m);
void bind_metrics(nanobind::module_ &m);
void bind_nms(nanobind::module_ &m);
void bind_quads(nanobind::module_ &m);
void bind_rans(nanobind::module_ &m);
void bind_ssimulacra(nanobind::module_ &m);
void bind_warp(nanobind::module_ &m);
