// SPDX-License-Identifier: MIT
#include <poise/selectors/lvs_hash.hpp>

#include "bench.hpp"
#include "textbook.hpp"

namespace {

[[maybe_unused]] const bool added = bench::beside_textbook<poise::lvs_hash, textbook::table>("lvs_hash");

} // namespace
