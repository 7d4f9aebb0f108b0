// SPDX-License-Identifier: MIT
// What each selector takes, as its header and the README say: what there is after assign, and what a copy allocates.
#include <poise/poise.hpp>
#include <poise/shared/ticketed_weighted_round_robin.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <utility>
#include <vector>

#include "support/allocations.hpp"

namespace {

constexpr std::uint64_t count = 1024;

// Whether members of weight 1 take so much each, and no more than a few bytes beside: the ends of lists, a class, a part,
// and what malloc rounds up.
template <class Selector>
bool takes(std::uint64_t a_member, Selector selector = {}) {
    std::vector<poise::member> members;
    for (std::uint64_t id = 0; id < count; ++id) members.push_back({.id = id, .weight = 1});
    const std::uint64_t live_before = test::live_bytes();
    selector.assign(members);
    const std::uint64_t live = test::live_bytes() - live_before;
    const std::uint64_t before = test::allocated_bytes();
    const Selector copy = selector; // NOLINT(performance-unnecessary-copy-initialization): it is what is measured
    const std::uint64_t copied = test::allocated_bytes() - before;
    INFO(live << " bytes, " << copied << " of them copied, " << copied / count << " a member");
    CHECK(copied >= count * a_member);
    CHECK(live < count * a_member + 1024);
    return copied >= count * a_member && live < count * a_member + 1024;
}

} // namespace

TEST_CASE("memory: bytes a member, for equal weights and so one position a member") {
    using namespace poise;
    CHECK(takes<round_robin>(33));
    CHECK(takes<smooth_weighted_round_robin>(74 + 2 + 4, {}));
    CHECK(takes(74, smooth_weighted_round_robin({.max_table_bytes = 0})));
    CHECK(takes<interleaved_weighted_round_robin>(45));
    CHECK(takes<fast_weighted_round_robin>(33 + 44 + 3 * 16));
    CHECK(takes<static_round_robin>(37 + 8));
    CHECK(takes<least_connections>(33 + 8 + 16 + 40));
    CHECK(takes(33 + 8 + 16 + 24, least_connections({.ties = ties::fifo})));
    CHECK(takes<basic_least_loaded<ties::first>>(33));
    CHECK(takes<least_loaded>(49));
    CHECK(takes<modulo_hash>(37 + 12));
    CHECK(takes<haproxy_ring>(37 + 16 * 16 + 8));
    CHECK(takes<ketama_ring>(37 + 160 * 12 + 80));
    CHECK(takes<nginx_consistent_hash>(33 + 16 + 8 + 160 * 8 + 80));
    CHECK(takes<random_draws>(33 + 8 + 37 + 16 * 16 + 8));
    CHECK(takes<lvs_least_connections>(33));
    CHECK(takes<alias_table>(33 + 12));
    CHECK(takes<loaded_draws>(33 + 12));
    CHECK(takes<ticketed_weighted_round_robin>(37 + 8));
    CHECK(takes<first_available>(33));
}
