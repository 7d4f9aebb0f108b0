// SPDX-License-Identifier: MIT
// Law 6: what the systems themselves chose; golden/README.md says how it was recorded.
#include <catch2/catch_test_macros.hpp>

#include <fstream>
#include <sstream>
#include <string>

#include "support/all_selectors.hpp"

using namespace test;
using poise::slot;

namespace {

/// The lines of a file that are no comment, each cut at its bars.
std::vector<std::vector<std::string>> golden(const std::string& name) {
    std::ifstream file(std::string(POISE_GOLDEN_DIR "/") + name);
    REQUIRE(file.is_open());
    std::vector<std::vector<std::string>> rows;
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line.front() == '#') continue;
        std::istringstream parts(line);
        rows.emplace_back();
        for (std::string part; std::getline(parts, part, '|');) rows.back().push_back(part);
    }
    return rows;
}

std::vector<std::string> words(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> result;
    for (std::string word; stream >> word;) result.push_back(word);
    return result;
}

std::vector<poise::member> members_of(const std::string& weights) {
    std::vector<poise::member> result;
    for (const std::string& word : words(weights)) {
        result.push_back({.id = result.size(), .weight = static_cast<std::uint32_t>(std::stoul(word))});
    }
    return result;
}

std::string name_of_choice(std::optional<slot> chosen) {
    return chosen ? std::to_string(static_cast<std::uint32_t>(*chosen)) : "-";
}

slot slot_of(const std::string& digits) {
    return static_cast<slot>(std::stoul(digits));
}

std::vector<std::uint64_t> ids_of(const std::string& list) {
    std::istringstream stream(list);
    std::vector<std::uint64_t> ids;
    for (std::string id; std::getline(stream, id, ',');) ids.push_back(std::stoull(id));
    return ids;
}

} // namespace

TEST_CASE("smooth_weighted_round_robin chooses what nginx chose", "[golden]") {
    const auto rows = golden("nginx_smooth.txt");
    REQUIRE(rows.size() >= 12);
    for (const auto& row : rows) {
        REQUIRE(row.size() == 4);
        INFO("weights " << row[0]);
        const auto max_fails = static_cast<std::uint32_t>(std::stoul(row[1]));
        poise::smooth_weighted_round_robin selector({.max_fails = max_fails});
        selector.assign(members_of(row[0]));
        std::vector<std::string> chosen;
        for (const std::string& operation : words(row[2])) {
            const std::string rest = operation.substr(1);
            switch (operation.front()) {
            case 's': chosen.push_back(name_of_choice(selector.select())); break;
            case 'x': {
                const std::vector<std::uint64_t> excluded = ids_of(rest);
                chosen.push_back(name_of_choice(selector.select(poise::except(excluded))));
                break;
            }
            case 'f': selector.failed(slot_of(rest)); break;
            case '-': selector.disable(slot_of(rest)); break;
            case '+': selector.enable(slot_of(rest)); break;
            default: FAIL("unknown operation " << operation);
            }
        }
        CHECK(chosen == words(row[3]));
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
