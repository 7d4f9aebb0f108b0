// SPDX-License-Identifier: MIT
#include <poise/selectors/ip_hash.hpp>

#include "bench.hpp"
#include "textbook.hpp"

namespace {

[[maybe_unused]] const bool added = bench::beside_textbook<poise::ip_hash, textbook::table>("ip_hash");

} // namespace
