// Compiled once per instruction set: AHC_VARIANT names it, and CMakeLists.txt gives the options that belong to it.

#include "loops.hpp"

#include "error.hpp"
#include "opsin.hpp"
#include "ssim.hpp"
#include "ssimulacra.hpp"
#include "vif.hpp"
#include "warp.hpp"

#define AHC_TEXT(name) #name
#define AHC_NAME(name) AHC_TEXT(name)

namespace ahc::AHC_VARIANT {

extern const PixelLoops loops;
const PixelLoops loops{AHC_NAME(AHC_VARIANT), errors, products, ssim_band, vif_band, blur, warp, opsin, difference_band};

}  // namespace ahc::AHC_VARIANT
