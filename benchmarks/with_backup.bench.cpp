// SPDX-License-Identifier: MIT
#include <poise/selectors/smooth_weighted_round_robin.hpp>
#include <poise/selectors/with_backup.hpp>

#include "bench.hpp"
#include "textbook.hpp"

namespace {

[[maybe_unused]] const bool added =
    bench::beside_textbook<poise::with_backup<poise::smooth_weighted_round_robin>, textbook::smooth>(
        "with_backup_smooth");

} // namespace
