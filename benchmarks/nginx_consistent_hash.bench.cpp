// SPDX-License-Identifier: MIT
#include <poise/selectors/nginx_consistent_hash.hpp>

#include "bench.hpp"
#include "textbook.hpp"

namespace {

[[maybe_unused]] const bool added =
    bench::beside_textbook<poise::nginx_consistent_hash, textbook::ring<160>>("nginx_consistent_hash");

} // namespace
