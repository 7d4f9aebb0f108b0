// SPDX-License-Identifier: MIT
// Law 6: what the systems themselves chose; golden/README.md says how it was recorded.
#include <catch2/catch_test_macros.hpp>

#include <string>

#include "support/all_selectors.hpp"
#include "support/golden.hpp"

using namespace test;
using poise::slot;

TEST_CASE("smooth_weighted_round_robin chooses what nginx chose", "[golden]") {
    const auto rows = golden("nginx_smooth.txt");
    REQUIRE(rows.size() >= 12);
    for (const auto& row : rows) {
        REQUIRE(row.size() == 4);
        INFO("weights " << row[0]);
        const auto max_fails = static_cast<std::uint32_t>(std::stoul(row[1]));
        poise::smooth_weighted_round_robin selector({.max_fails = max_fails});
        selector.assign(members_of(row[0]));
        CHECK(played(selector, row[2]) == words(row[3]));
    }
}

TEST_CASE("interleaved_weighted_round_robin chooses what LVS chooses", "[golden]") {
    const auto rows = golden("lvs_interleaved.txt");
    REQUIRE(rows.size() >= 10);
    for (const auto& row : rows) {
        REQUIRE(row.size() == 2);
        INFO("weights " << row[0]);
        poise::interleaved_weighted_round_robin selector;
        selector.assign(members_of(row[0]));
        const std::vector<std::string> expected = words(row[1]);
        REQUIRE(!expected.empty());
        std::vector<std::string> chosen;
        while (chosen.size() < expected.size()) chosen.push_back(name_of_choice(selector.select()));
        CHECK(chosen == expected);
    }
}
