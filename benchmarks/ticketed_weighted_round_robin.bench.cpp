// SPDX-License-Identifier: MIT
#include <poise/shared/ticketed_weighted_round_robin.hpp>

#include "bench.hpp"

[[maybe_unused]] static const bool added =
    bench::add<poise::ticketed_weighted_round_robin>("ticketed_weighted_round_robin") &&
    bench::add<poise::block_ticketed_weighted_round_robin>("block_ticketed_weighted_round_robin") &&
    bench::add<poise::phased_weighted_round_robin>("phased_weighted_round_robin");
