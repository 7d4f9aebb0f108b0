// SPDX-License-Identifier: MIT
#include <poise/selectors/lvs_twos.hpp>

#include "bench.hpp"
#include "textbook.hpp"

namespace {

[[maybe_unused]] const bool added = bench::beside_textbook<poise::lvs_twos, textbook::least>("lvs_twos");

} // namespace
