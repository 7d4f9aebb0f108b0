// SPDX-License-Identifier: MIT
#include <poise/selectors/interleaved_weighted_round_robin.hpp>

#include "bench.hpp"
#include "textbook.hpp"

namespace {

[[maybe_unused]] const bool added =
    bench::beside_textbook<poise::interleaved_weighted_round_robin, textbook::interleaved>(
        "interleaved_weighted_round_robin");

} // namespace
