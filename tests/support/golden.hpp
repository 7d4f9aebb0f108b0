// SPDX-License-Identifier: MIT
// Golden vectors, read; golden/README.md has the formats.
#ifndef POISE_TESTS_SUPPORT_GOLDEN_HPP
#define POISE_TESTS_SUPPORT_GOLDEN_HPP

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <poise/accept.hpp>
#include <poise/member.hpp>
#include <poise/selector.hpp>

namespace test {

/// The lines of a file that are no comment, each cut at its bars.
inline std::vector<std::vector<std::string>> golden(const std::string& name) {
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

inline std::vector<std::string> words(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> result;
    for (std::string word; stream >> word;) result.push_back(word);
    return result;
}

inline std::vector<poise::member> members_of(const std::string& weights, std::uint64_t first_id = 0) {
    std::vector<poise::member> result;
    for (const std::string& word : words(weights)) {
        result.push_back({.id = first_id + result.size(), .weight = static_cast<std::uint32_t>(std::stoul(word))});
    }
    return result;
}

inline std::string name_of_choice(std::optional<poise::slot> chosen) {
    return chosen ? std::to_string(static_cast<std::uint32_t>(*chosen)) : "-";
}

inline poise::slot slot_of(const std::string& digits) {
    return static_cast<poise::slot>(std::stoul(digits));
}

inline std::vector<std::uint64_t> ids_of(const std::string& list) {
    std::istringstream stream(list);
    std::vector<std::uint64_t> ids;
    for (std::string id; std::getline(stream, id, ',');) ids.push_back(std::stoull(id));
    return ids;
}

/// What a selector without a key chooses in the course of these operations: s = select, x1,2 = select with slots 1 and 2
/// excluded, o = select and open, c3 = a connection to slot 3 is closed, f3 = slot 3 failed, -3 and +3 = slot 3 down and
/// up, w3=7 = slot 3 has another weight.
template <class Selector>
std::vector<std::string> played(Selector& selector, const std::string& operations) {
    std::vector<std::string> chosen;
    std::vector<poise::member> members(selector.members().begin(), selector.members().end());
    for (const std::string& operation : words(operations)) {
        const std::string rest = operation.substr(1);
        switch (operation.front()) {
        case 's': chosen.push_back(name_of_choice(selector.select())); break;
        case 'x': {
            const std::vector<std::uint64_t> excluded = ids_of(rest);
            chosen.push_back(name_of_choice(selector.select(poise::except(excluded))));
            break;
        }
        case 'o': {
            const auto slot = selector.select();
            chosen.push_back(name_of_choice(slot));
            if constexpr (poise::connection_counting_selector<Selector>) selector.opened(slot.value());
            break;
        }
        case 'c':
            if constexpr (poise::connection_counting_selector<Selector>) selector.closed(slot_of(rest));
            break;
        case 'f':
            if constexpr (poise::failure_aware_selector<Selector>) selector.failed(slot_of(rest));
            break;
        case '-': selector.disable(slot_of(rest)); break;
        case '+': selector.enable(slot_of(rest)); break;
        case 'w': {
            const std::size_t equals = rest.find('=');
            members[std::stoul(rest.substr(0, equals))].weight =
                static_cast<std::uint32_t>(std::stoul(rest.substr(equals + 1)));
            selector.assign(members);
            break;
        }
        default: FAIL("unknown operation " << operation);
        }
    }
    return chosen;
}

/// The bytes that hexadecimal digits stand for.
inline std::string from_hex(const std::string& digits) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
        bytes.push_back(static_cast<char>(std::stoul(digits.substr(i, 2), nullptr, 16)));
    }
    return bytes;
}

/// A text without blanks at its ends.
inline std::string word(const std::string& text) {
    return words(text).at(0);
}

} // namespace test

#endif
