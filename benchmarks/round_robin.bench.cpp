// SPDX-License-Identifier: MIT
#include <poise/selectors/round_robin.hpp>

#include "bench.hpp"
#include "textbook.hpp"

namespace {

[[maybe_unused]] const bool added = bench::beside_textbook<poise::round_robin, textbook::round_robin>("round_robin") &&
                                    bench::one_down<poise::round_robin>("round_robin");

} // namespace
