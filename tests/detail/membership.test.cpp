// SPDX-License-Identifier: MIT
// What selectors tell from two memberships; the rest of it is tested with every selector.
#include <poise/detail/membership.hpp>

#include <catch2/catch_test_macros.hpp>

#include <vector>

using poise::member;
using poise::slot;
using poise::detail::membership;
using poise::detail::nobody;

TEST_CASE("membership: where one weight alone differs") {
    const std::vector<member> all{{1, 5}, {2, 5}, {3, 5}};
    const membership before(all, {}, "test");
    const auto only_reweighted = [&before](const std::vector<member>& now) {
        return membership(now, before, "test").only_reweighted(before);
    };
    CHECK(only_reweighted({{1, 5}, {2, 6}, {3, 5}}) == 1);
    CHECK(only_reweighted({{1, 5}, {2, 5}, {3, 0}}) == 2);
    CHECK(only_reweighted(all) == nobody);
    CHECK(only_reweighted({{1, 6}, {2, 6}, {3, 5}}) == nobody);
    CHECK(only_reweighted({{1, 5}, {4, 6}, {3, 5}}) == nobody); // another member
    CHECK(only_reweighted({{1, 5}, {3, 5}, {2, 5}}) == nobody); // other places
    CHECK(only_reweighted({{1, 6}, {2, 5}}) == nobody);
    CHECK(membership().only_reweighted(membership()) == nobody);
}

TEST_CASE("membership: where the member with an id is, whatever the guess") {
    const membership members(std::vector<member>{{7, 1}, {3, 1}}, {}, "test");
    for (const std::size_t guess : {0U, 1U, 2U, 100U}) {
        CHECK(members.find(7, guess) == 0);
        CHECK(members.find(3, guess) == 1);
        CHECK(members.find(4, guess) == nobody);
    }
}

TEST_CASE("membership: what disabling and enabling change, and how many are down") {
    const std::vector<member> all{{1, 5}, {2, 0}};
    membership members(all, {}, "test");
    CHECK(members.down() == 0);
    CHECK(members.disable(slot{0}));
    CHECK_FALSE(members.disable(slot{0})); // it is
    CHECK(members.down() == 1);
    CHECK_FALSE(members.disable(slot{1})); // drained: nobody chose it before
    CHECK_FALSE(members.disable(slot{2})); // no member
    CHECK(members.down() == 2);
    CHECK(membership(all, members, "test").down() == 2);
    CHECK(membership(std::vector<member>{{3, 1}, {1, 5}}, members, "test").down() == 1);
    CHECK(members.enable(slot{0}));
    CHECK_FALSE(members.enable(slot{0}));
    CHECK(members.down() == 1);
    CHECK_FALSE(members.enable(slot{1}));
    CHECK_FALSE(members.enable(slot{2}));
    CHECK(members.down() == 0);
    CHECK(members == membership(all, {}, "test"));
}
