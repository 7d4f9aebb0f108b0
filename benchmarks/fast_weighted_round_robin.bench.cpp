// SPDX-License-Identifier: MIT
#include <poise/selectors/fast_weighted_round_robin.hpp>

#include <algorithm>
#include <span>

#include "bench.hpp"
#include "textbook.hpp"

namespace {

/// Of 4096 members all that it takes.
struct as_many_as_it_takes : poise::fast_weighted_round_robin {
    void assign(std::span<const poise::member> members) {
        fast_weighted_round_robin::assign(members.first(std::min(members.size(), max_members)));
    }
};

[[maybe_unused]] const bool added =
    bench::beside_textbook<as_many_as_it_takes, textbook::deadlines>("fast_weighted_round_robin");

} // namespace
