// SPDX-License-Identifier: MIT
#include <poise/selectors/smooth_weighted_round_robin.hpp>

#include "bench.hpp"
#include "textbook.hpp"

namespace {

[[maybe_unused]] const bool added =
    bench::beside_textbook<poise::smooth_weighted_round_robin, textbook::smooth>("smooth_weighted_round_robin");

} // namespace
