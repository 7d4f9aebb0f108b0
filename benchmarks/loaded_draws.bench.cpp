// SPDX-License-Identifier: MIT
#include <poise/selectors/loaded_draws.hpp>

#include "bench.hpp"

[[maybe_unused]] static const bool added = bench::add<poise::loaded_draws>("loaded_draws");
