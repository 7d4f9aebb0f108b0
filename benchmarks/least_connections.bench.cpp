// SPDX-License-Identifier: MIT
#include <poise/selectors/least_connections.hpp>

#include "bench.hpp"
#include "textbook.hpp"

namespace {

[[maybe_unused]] const bool added =
    bench::beside_textbook<poise::least_connections, textbook::least>("least_connections");

} // namespace
