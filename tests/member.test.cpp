// SPDX-License-Identifier: MIT
#include <poise/member.hpp>

#include <catch2/catch_test_macros.hpp>

#include <type_traits>

using poise::member;

static_assert(std::is_aggregate_v<member> && std::is_trivially_copyable_v<member>);
static_assert(sizeof(member) == 16);
static_assert(member{.id = 3}.weight == 1, "a member takes part unless told otherwise");
static_assert(member{.id = 3, .weight = 2} == member{3, 2});
static_assert(member{.id = 3, .weight = 2} != member{3, 1} && member{.id = 3} != member{4});
static_assert(std::is_same_v<std::underlying_type_t<poise::slot>, std::uint32_t>);
static_assert(std::is_same_v<std::underlying_type_t<poise::key_hash>, std::uint64_t>);
static_assert(!std::is_convertible_v<poise::slot, std::uint32_t> && !std::is_convertible_v<int, poise::slot>);
static_assert(poise::members({5, 1}).size() == 2);

TEST_CASE("members gives ids 0, 1, 2 and the weights in order") {
    CHECK(poise::members({5, 0, 4294967295}) == std::vector<member>{{0, 5}, {1, 0}, {2, 4294967295}});
    CHECK(poise::members({}).empty());
}
