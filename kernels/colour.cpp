// Colour conversion as Python sees it: planes of frames in, planes out, the GIL released.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <stdexcept>

#include "bindings.hpp"
#include "colour_from_rgb.hpp"
#include "colour_to_rgb.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace {

using ahc::Plane, ahc::Planes, ahc::Sample;

template <typename T>
using Array = nb::ndarray<T, nb::ndim<2>, nb::device::cpu>;
template <typename T>
using ThreeArrays = nb::ndarray<T, nb::shape<3, -1, -1>, nb::device::cpu>;
template <std::size_t count>
using Numbers = nb::ndarray<const std::int32_t, nb::shape<count>, nb::c_contig, nb::device::cpu>;

template <typename T>
Planes<T> planes_of(const ThreeArrays<T> &rgb) {
    if (rgb.shape(1) == 0 || rgb.shape(2) == 0 || rgb.stride(2) != 1)
        throw std::invalid_argument("RGB [3, H, W] of at least one pixel, with whole rows, is needed");
    Planes<T> planes;
    for (std::size_t channel = 0; channel < 3; ++channel) {
        T *data = rgb.data() + static_cast<std::ptrdiff_t>(channel) * rgb.stride(0);
        planes[channel] = {data, rgb.shape(1), rgb.shape(2), rgb.stride(1)};
    }
    return planes;
}

// Of the same picture as `rgb`.
template <typename T, typename U>
Planes<T> planes_of(const Array<T> &y, const Array<T> &cb, const Array<T> &cr, const Plane<U> &rgb) {
    const auto plane = [](const Array<T> &array, std::size_t height, std::size_t width) -> Plane<T> {
        if (array.shape(0) != height || array.shape(1) != width || array.stride(1) != 1)
            throw std::invalid_argument("Y [H, W], Cb and Cr [ceil(H / 2), ceil(W / 2)] with whole rows are needed");
        return {array.data(), height, width, array.stride(0)};
    };
    const std::size_t rows = (rgb.height + 1) / 2, columns = (rgb.width + 1) / 2;
    return {plane(y, rgb.height, rgb.width), plane(cb, rows, columns), plane(cr, rows, columns)};
}

void ycbcr_to_rgb(Array<const Sample> y, Array<const Sample> cb, Array<const Sample> cr, Numbers<6> coefficients,
                  bool centred, ThreeArrays<Sample> rgb) {
    const Planes<Sample> out = planes_of(rgb);
    const Planes<const Sample> in = planes_of(y, cb, cr, out[0]);
    const std::int32_t *k = coefficients.data();
    nb::gil_scoped_release unlocked;
    ahc::to_rgb(in, {k[0], k[1], k[2], k[3], k[4], k[5]}, centred, out);
}

void rgb_to_ycbcr(ThreeArrays<const Sample> rgb, Numbers<9> coefficients, bool full_range, bool centred,
                  Array<Sample> y, Array<Sample> cb, Array<Sample> cr) {
    const Planes<const Sample> in = planes_of(rgb);
    const Planes<Sample> out = planes_of(y, cb, cr, in[0]);
    const std::int32_t *k = coefficients.data();
    nb::gil_scoped_release unlocked;
    ahc::from_rgb(in, {{k[0], k[1], k[2]}, {k[3], k[4], k[5]}, {k[6], k[7], k[8]}, full_range}, centred, out);
}

}  // namespace

void bind_colour(nb::module_ &m) {
    m.def("ycbcr_to_rgb", &ycbcr_to_rgb, "y"_a.noconvert(), "cb"_a.noconvert(), "cr"_a.noconvert(),
          "coefficients"_a.noconvert(), "centred"_a, "rgb"_a.noconvert(),
          "Writes uint8 [3, H, W], from Y'CbCr 4:2:0. Raises ValueError for shapes that do not fit.");
    m.def("rgb_to_ycbcr", &rgb_to_ycbcr, "rgb"_a.noconvert(), "coefficients"_a.noconvert(), "full_range"_a,
          "centred"_a, "y"_a.noconvert(), "cb"_a.noconvert(), "cr"_a.noconvert(),
          "Writes Y'CbCr 4:2:0, from uint8 [3, H, W]. Raises ValueError for shapes that do not fit.");
}
