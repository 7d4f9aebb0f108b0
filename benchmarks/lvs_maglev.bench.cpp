// SPDX-License-Identifier: MIT
#include <poise/selectors/lvs_maglev.hpp>

#include "bench.hpp"
#include "textbook.hpp"

namespace {

[[maybe_unused]] const bool added = bench::beside_textbook<poise::lvs_maglev, textbook::table>("lvs_maglev");

} // namespace
