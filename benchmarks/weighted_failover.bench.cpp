// SPDX-License-Identifier: MIT
#include <poise/selectors/weighted_failover.hpp>

#include "bench.hpp"
#include "textbook.hpp"

namespace {

[[maybe_unused]] const bool added =
    bench::beside_textbook<poise::weighted_failover, textbook::first>("weighted_failover");

} // namespace
