// SPDX-License-Identifier: MIT
#include <poise/selectors/least_loaded.hpp>

#include "bench.hpp"
#include "textbook.hpp"

namespace {

[[maybe_unused]] const bool added =
    bench::beside_textbook<poise::basic_least_loaded<poise::ties::first>, textbook::least>("least_loaded_first") &&
    bench::beside_textbook<poise::least_loaded, textbook::least>("least_loaded");

} // namespace
