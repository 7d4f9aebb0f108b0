// SPDX-License-Identifier: MIT
#include <poise/selectors/nginx_random.hpp>

#include "bench.hpp"
#include "textbook.hpp"

namespace {

struct two : poise::nginx_random {
    two() : poise::nginx_random({.draws = 2}) {}
};

[[maybe_unused]] const bool added =
    bench::beside_textbook<poise::nginx_random, textbook::weighted_draw>("nginx_random") &&
    bench::beside_textbook<two, textbook::two_draws<textbook::weighted_draw>>("nginx_random_two");

} // namespace
