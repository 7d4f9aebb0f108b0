// SPDX-License-Identifier: MIT
#include <poise/selectors/nginx_hash.hpp>

#include "bench.hpp"
#include "textbook.hpp"

namespace {

[[maybe_unused]] const bool added = bench::beside_textbook<poise::nginx_hash, textbook::table>("nginx_hash");

} // namespace
