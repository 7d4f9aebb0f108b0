// SPDX-License-Identifier: MIT
#include <poise/selectors/random_draws.hpp>

#include "bench.hpp"
#include "textbook.hpp"

namespace {

[[maybe_unused]] const bool added =
    bench::beside_textbook<poise::random_draws, textbook::two_draws<textbook::ring_draw<16>>>("random_draws");

} // namespace
