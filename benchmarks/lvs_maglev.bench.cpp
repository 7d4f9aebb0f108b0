// SPDX-License-Identifier: MIT
#include <poise/selectors/lvs_maglev.hpp>

#include "bench.hpp"
#include "textbook.hpp"

namespace {

/// A table that takes 4096 members, which the default of 4093 places does not.
struct large : poise::lvs_maglev {
    large() : poise::lvs_maglev({.places = 65521}) {}
};
struct large_with_fallback : poise::lvs_maglev {
    large_with_fallback() : poise::lvs_maglev({.places = 65521, .fallback = true}) {}
};

[[maybe_unused]] const bool added =
    bench::beside_textbook<large, textbook::table>("lvs_maglev") && bench::one_down<large_with_fallback>("lvs_maglev");

} // namespace
