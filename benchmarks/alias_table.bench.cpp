// SPDX-License-Identifier: MIT
#include <poise/selectors/alias_table.hpp>

#include "bench.hpp"

[[maybe_unused]] static const bool added = bench::add<poise::alias_table>("alias_table");
