// SPDX-License-Identifier: MIT
// Const means concurrent: what may be shared is asked from several threads at once. The tsan preset runs this file.
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <thread>
#include <vector>

#include "support/all_selectors.hpp"

using namespace test;
using poise::slot;

namespace {

constexpr std::size_t selections = 20'000;
using choices = std::vector<std::optional<slot>>;

/// With every kind of accept; writes into memory that is there already.
template <class Selector>
void choose_all(const Selector& selector, choices& result) {
    const std::array<std::uint64_t, 3> tried{1, 4, 77};
    const auto even = [](slot where) {
        return static_cast<std::uint32_t>(where) % 2 == 0;
    };
    for (std::uint64_t turn = 0; turn < selections; ++turn) {
        const auto select = [&](const auto& accept) {
            if constexpr (poise::keyed_selector<Selector>) {
                return selector.select(key_of(turn), accept);
            } else if constexpr (poise::keyless_selector<Selector>) {
                return selector.select(accept);
            } else {
                return selector.select([turn](slot where) { return turn * 31 % (7 + static_cast<unsigned>(where)); },
                                       accept);
            }
        };
        result[turn] = turn % 3 == 0   ? select(poise::accept_all{})
                       : turn % 3 == 1 ? select(poise::except(tried))
                                       : select(even);
    }
}

} // namespace

TEMPLATE_TEST_CASE("threads: four at once choose what one alone chooses", "[threads]", poise::modulo_hash,
                   poise::ketama_ring, poise::haproxy_ring, least_loaded_first, poise::first_available) {
    STATIC_REQUIRE(poise::shareable_selector<TestType>);
    TestType made;
    made.assign(poise::members({3, 1, 0, 2, 5, 1, 1}));
    made.disable(slot{5});
    const TestType& shared = made;
    choices expected(selections);
    choose_all(shared, expected);
    std::array<choices, 4> results;
    for (choices& result : results) result.resize(selections);
    std::vector<std::thread> threads;
    threads.reserve(results.size());
    for (choices& result : results) threads.emplace_back([&shared, &result] { choose_all(shared, result); });
    for (std::thread& thread : threads) thread.join();
    for (const choices& result : results) CHECK(result == expected);
    CHECK(std::ranges::all_of(expected, [](const std::optional<slot>& choice) { return choice.has_value(); }));
}
