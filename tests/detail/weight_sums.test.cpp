// SPDX-License-Identifier: MIT
#include <poise/detail/weight_sums.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <vector>

#include "support/random.hpp"

using namespace test;
using poise::slot;
using poise::detail::membership;
using poise::detail::weight_sums;

namespace {

weight_sums made_of(const std::vector<poise::member>& members) {
    return weight_sums(membership(members, {}, "test"));
}

constexpr bool by_id() {
    const std::vector<poise::member> members{{30, 1}, {10, 2}, {20, 0}};
    const weight_sums sums(membership(members, {}, "test"));
    return sums.all() == 3 && sums.count() == 2 && sums.owner(0) == slot{1} && sums.owner(1) == slot{1} &&
           sums.owner(2) == slot{0};
}
static_assert(by_id());

} // namespace

TEST_CASE("weight_sums: each member owns as many points as its weight, in the order of ids") {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        const auto members = random_members(random, 12, 9);
        const weight_sums sums = made_of(members);
        auto in_order = members;
        std::ranges::sort(in_order, {}, &poise::member::id);
        std::uint64_t point = 0;
        std::size_t with_weight = 0;
        for (const poise::member& m : in_order) {
            with_weight += m.weight > 0 ? 1 : 0;
            for (std::uint32_t i = 0; i < m.weight; ++i) {
                REQUIRE(members[static_cast<std::size_t>(sums.owner(point++))].id == m.id);
            }
        }
        REQUIRE(sums.all() == point);
        REQUIRE(sums.count() == with_weight);
    }
}

TEST_CASE("weight_sums: nobody has nothing, and the sum of the largest weights fits") {
    CHECK(weight_sums().all() == 0);
    CHECK(weight_sums().count() == 0);
    CHECK(made_of({}) == weight_sums());
    CHECK(made_of({{1, 0}, {2, 0}}) == weight_sums());
    const weight_sums sums = made_of({{1, 0xffffffffU}, {2, 0xffffffffU}, {3, 0xffffffffU}});
    CHECK(sums.all() == 3 * std::uint64_t{0xffffffffU});
    CHECK(sums.owner(0xfffffffeU) == slot{0});
    CHECK(sums.owner(0xffffffffU) == slot{1});
    CHECK(sums.owner(sums.all() - 1) == slot{2});
    CHECK(made_of({{1, 2}, {2, 1}}) != made_of({{1, 1}, {2, 2}}));
}
