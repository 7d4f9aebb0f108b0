// SPDX-License-Identifier: MIT
#include <poise/selectors/static_round_robin.hpp>

#include "bench.hpp"
#include "textbook.hpp"

namespace {

[[maybe_unused]] const bool added =
    bench::beside_textbook<poise::static_round_robin, textbook::table_in_turn>("static_round_robin") &&
    bench::one_down<poise::static_round_robin>("static_round_robin");

} // namespace
