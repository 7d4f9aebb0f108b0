// SPDX-License-Identifier: MIT
#include <poise/selectors/lvs_least_connections.hpp>

#include "bench.hpp"
#include "textbook.hpp"

namespace {

[[maybe_unused]] const bool added =
    bench::beside_textbook<poise::lvs_least_connections, textbook::least>("lvs_least_connections");

} // namespace
