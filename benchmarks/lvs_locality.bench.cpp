// SPDX-License-Identifier: MIT
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <poise/random.hpp>
#include <poise/selectors/lvs_locality.hpp>

#include "bench.hpp"
#include "textbook.hpp"

namespace {

/// Requests for 10,000 sites, which the cache remembers, while connections are open.
template <class Sticky>
struct ten_thousand_sites : Sticky {
    using Sticky::Sticky;
    auto select() { return Sticky::select(poise::key_hash{random() % 10'000}); }

    poise::splitmix64 random{4};
};

/// Each request for another site: the cache is full, and one gives way to it.
template <class Sticky>
struct new_sites : Sticky {
    using Sticky::Sticky;
    auto select() { return Sticky::select(poise::key_hash{random()}); }

    poise::splitmix64 random{4};
};

[[maybe_unused]] const bool added =
    bench::beside_textbook<ten_thousand_sites<poise::lvs_locality>, ten_thousand_sites<textbook::sticky_least>>(
        "lvs_locality") &&
    bench::beside_textbook<new_sites<poise::lvs_locality>, new_sites<textbook::sticky_least>>("lvs_locality_new_keys");

} // namespace
