// SPDX-License-Identifier: MIT
#include <poise/layouts/haproxy.hpp>

#include <catch2/catch_test_macros.hpp>

#include <vector>

using poise::haproxy_layout;
using poise::slot;

namespace {

/// HAProxy's full_hash, spelt out as semantics.md 2.7 has it.
constexpr std::uint32_t full_hash(std::uint32_t a) {
    a = (a + 0x7ed55d16U) + (a << 12U);
    a = (a ^ 0xc761c23cU) ^ (a >> 19U);
    a = (a + 0x165667b1U) + (a << 5U);
    a = (a + 0xd3a2646cU) ^ (a << 9U);
    a = (a + 0xfd7046c5U) + (a << 3U);
    a = (a ^ 0xb55a4f09U) ^ (a >> 16U);
    return a * 0xc0000001U;
}
static_assert(full_hash(0) == 0xab4ed927U && full_hash(1) == 0x348681b6U && full_hash(0x7f000001U) == 0x8a1b584bU);

std::vector<std::uint32_t> points_of(std::uint64_t id, std::uint32_t weight) {
    std::vector<std::uint32_t> points(weight * std::size_t{haproxy_layout::points_per_weight}, 0xdeadbeefU);
    haproxy_layout::place(id, points);
    return points;
}

} // namespace

TEST_CASE("haproxy_layout: 16 points a unit of weight, numbered on from 4096 times the id") {
    CHECK(points_of(1, 0).empty());
    for (const std::uint64_t id : {0ULL, 1ULL, 2ULL, 77ULL, 0xfffffULL, 0x123456789abcdefULL}) {
        const auto points = points_of(id, 256);
        REQUIRE(points.size() == 4096);
        bool same = true;
        for (std::uint32_t i = 0; i < 4096; ++i) {
            same &= points[i] == full_hash(static_cast<std::uint32_t>(id % (1U << 20U)) * 4096U + i);
        }
        CHECK(same);
        const auto lighter = points_of(id, 3);
        CHECK(lighter == std::vector<std::uint32_t>(points.begin(), points.begin() + 48));
    }
}

TEST_CASE("haproxy_layout: who shares the lower 20 bits of an id shares all points, and the keys") {
    CHECK(points_of(5, 2) == points_of(5 + (1U << 20U), 2));
    poise::haproxy_ring ring;
    ring.assign(std::vector<poise::member>{{5 + (1U << 20U), 1}, {5, 1}});
    CHECK(ring.positions() == 32);
    // behind a point is the last of those who have it nearest, before a point the first
    const std::uint32_t point = points_of(5, 1).front();
    CHECK(ring.select(poise::key_hash{point}) == slot{1});
    CHECK(ring.select(poise::key_hash{point - 1}) == slot{1});
    CHECK(ring.select(poise::key_hash{point + 1}) == slot{0});
}
