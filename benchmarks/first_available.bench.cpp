// SPDX-License-Identifier: MIT
#include <poise/selectors/first_available.hpp>

#include "bench.hpp"
#include "textbook.hpp"

namespace {

[[maybe_unused]] const bool added = bench::beside_textbook<poise::first_available, textbook::first>("first_available");

} // namespace
