// SPDX-License-Identifier: MIT
// Law 3, what survives a change of the membership, over every selector.
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <limits>
#include <map>
#include <new>
#include <stdexcept>
#include <string>

#include "support/all_selectors.hpp"
#include "support/allocations.hpp"
#include "support/random.hpp"

using namespace test;
using poise::slot;

namespace {

constexpr std::uint64_t newcomer = std::numeric_limits<std::uint64_t>::max();

template <class Selector>
Selector in_the_middle_of(const std::vector<poise::member>& members, random_source& random) {
    Selector selector;
    selector.assign(members);
    for (std::uint64_t turn = 0; turn < random.between(1, 30); ++turn) {
        const auto chosen = choose(selector, turn, poise::except(random_ids(random, members, 6)));
        if (chosen && random.one_in(4)) fail(selector, *chosen);
        if (chosen && random.one_in(2)) open(selector, *chosen);
        if (chosen && random.one_in(6)) close(selector, *chosen);
        if (!members.empty() && random.one_in(8)) selector.disable(static_cast<slot>(random.index(members.size())));
    }
    return selector;
}

std::string message_of(auto call) {
    try {
        call();
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "nothing was thrown";
}

} // namespace

TEMPLATE_LIST_TEST_CASE("law 3: assign of the same span changes nothing", "[laws]", all_selectors) {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        const auto members = random_members(random, 12, at_most<TestType>(9));
        TestType selector = in_the_middle_of<TestType>(members, random);
        const TestType before = selector;
        selector.assign(members);
        REQUIRE(selector == before);
        REQUIRE(future(selector, 100) == future(before, 100));
        const std::span<const poise::member> own = selector.members();
        selector.assign(own);
        REQUIRE(selector == before);
    }
}

TEMPLATE_LIST_TEST_CASE("law 3: who is drained, joins and leaves, or only moves, disturbs nobody", "[laws]",
                        all_selectors) {
    if (std::same_as<TestType, poise::interleaved_weighted_round_robin>) return;
    if (std::derived_from<TestType, poise::lvs_hash>) return; // its own test asserts the exception
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        const auto members = random_members(random, 12, at_most<TestType>(9));
        TestType selector = in_the_middle_of<TestType>(members, random);
        const TestType before = selector;

        auto more = members;
        more.insert(more.begin() + static_cast<std::ptrdiff_t>(random.index(more.size() + 1)), {newcomer, 0});
        selector.assign(more);
        REQUIRE(selector != before);
        REQUIRE(future(selector, 100) == future(before, 100));
        for (poise::member& m : more) m.weight = m.id == newcomer ? 7 : m.weight;
        selector.assign(more);
        selector.assign(members);
        REQUIRE(selector == before);

        auto shuffled = members;
        random.shuffle(shuffled);
        selector.assign(shuffled);
        selector.assign(members);
        REQUIRE(selector == before);
    }
}

TEST_CASE("law 3, the exception: a changed membership starts again at its head, on its level", "[laws]") {
    STATIC_REQUIRE(poise::breaks<poise::interleaved_weighted_round_robin>(poise::law::survival));
    poise::interleaved_weighted_round_robin selector;
    selector.assign(poise::members({2, 2, 2, 1}));
    const auto levels = future(selector, 7); // 0 1 2 0 1 2 3: two levels
    for (std::uint64_t turn = 0; turn < 4; ++turn) choose(selector, turn);
    selector.assign(poise::members({2, 2, 2, 1, 0}));
    CHECK(future(selector, 4) == std::vector<std::int64_t>(levels.begin() + 3, levels.end()));
}

TEST_CASE("law 3, the exception: a changed membership has another table, and the turn goes on at the same number",
          "[laws]") {
    STATIC_REQUIRE(poise::breaks<poise::static_round_robin>(poise::law::survival));
    STATIC_REQUIRE(poise::breaks<modulo_or_cursor>(poise::law::survival));
    const auto goes_on = [](auto selector) {
        selector.assign(poise::members({1, 1, 1}));
        CHECK(selector.select() == slot{0});
        CHECK(selector.select() == slot{1});
        auto shorter = selector;
        shorter.assign(std::vector<poise::member>{{1, 1}, {2, 1}}); // 2 is still to come, but the table has ended
        CHECK(shorter.select() == slot{0});
        selector.assign(std::vector<poise::member>{{1, 4}, {2, 1}}); // 1 1 1 1 2
        for (const std::uint32_t expected : {0U, 0U, 1U}) CHECK(selector.select() == slot{expected});
    };
    goes_on(poise::static_round_robin());
    goes_on(modulo_or_cursor());
}

TEMPLATE_LIST_TEST_CASE("what a selector breaks is said, and where it is written", "[laws]", all_selectors) {
    for (const poise::law_exception& exception : poise::law_exceptions<TestType>) {
        CHECK_FALSE(exception.what.empty());
        CHECK_FALSE(exception.source.empty());
        CHECK(poise::breaks<TestType>(exception.broken));
    }
}

TEMPLATE_LIST_TEST_CASE("law 3: down stays with the member, whatever comes, goes or moves", "[laws]", all_selectors) {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        TestType selector;
        std::map<std::uint64_t, bool> down;
        for (int change = 0; change < 20; ++change) {
            const auto members = random_members(random, 8, 3);
            selector.assign(members);
            std::map<std::uint64_t, bool> stayed;
            for (std::size_t i = 0; i < members.size(); ++i) {
                stayed[members[i].id] = down[members[i].id];
                if (!random.one_in(4)) continue;
                stayed[members[i].id] = random.one_in(2);
                stayed[members[i].id] ? selector.disable(static_cast<slot>(i)) : selector.enable(static_cast<slot>(i));
            }
            down = stayed;
            for (std::size_t i = 0; i < members.size(); ++i) {
                const auto alone = [i](slot where) {
                    return static_cast<std::size_t>(where) == i;
                };
                const bool chosen = choose(selector, 0, alone).has_value();
                const bool may = members[i].weight > 0 && !down[members[i].id];
                REQUIRE((chosen == may || (may_miss<TestType> && may)));
            }
        }
    }
}

TEMPLATE_LIST_TEST_CASE("law 3: assign takes a part of the selector's own members", "[laws]", all_selectors) {
    TestType selector;
    selector.assign(poise::members({12, 6, 18, 6}));
    choose(selector, 0);
    TestType other = selector;
    const std::vector<poise::member> part{{1, 6}, {2, 18}, {3, 6}};
    selector.assign(selector.members().subspan(1));
    other.assign(part);
    CHECK(selector == other);
    CHECK(future(selector, 20) == future(other, 20));
}

TEMPLATE_LIST_TEST_CASE("law 3: a duplicate id is refused by name, and nothing has changed", "[laws]", all_selectors) {
    static_assert(!name_of<TestType>.empty());
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        const auto members = random_members(random, 12, at_most<TestType>(9));
        TestType selector = in_the_middle_of<TestType>(members, random);
        const TestType before = selector;
        std::vector<poise::member> twice = members;
        twice.push_back({4711, 1});
        twice.push_back({4711, 2});
        random.shuffle(twice);
        const std::string message = message_of([&] { selector.assign(twice); });
        REQUIRE(message.starts_with("poise: " + std::string(name_of<TestType>) + ": duplicate member id 4711"));
        REQUIRE(selector == before);
        REQUIRE(future(selector, 50) == future(before, 50));
    }
}

TEMPLATE_LIST_TEST_CASE("law 3: more members than a slot can count are refused by name, unread", "[laws]",
                        all_selectors) {
    TestType selector;
    selector.assign(poise::members({5, 1, 1}));
    choose(selector, 0);
    const TestType before = selector;
    const poise::member one{1, 1}; // the span only claims that more are there
    const std::span<const poise::member> claimed(&one, std::size_t{1} << 32U);
    const std::string message = message_of([&] { selector.assign(claimed); });
    CHECK(message == "poise: " + std::string(name_of<TestType>) + ": number of members 4294967296 (expected at most " +
                         std::to_string(most_members<TestType>) + ")");
    CHECK(selector == before);
}

TEMPLATE_LIST_TEST_CASE("law 3: when memory ends, nothing has changed", "[laws]", all_selectors) {
    TestType selector;
    selector.assign(poise::members({5, 1, 1}));
    choose(selector, 0);
    const TestType before = selector;
    const auto larger = poise::members({1, 5, 2, 0, 9});
    std::uint64_t enough = 0;
    for (bool failed = true; failed; ++enough) {
        try {
            const allocation_limit limit(enough);
            selector.assign(larger);
            failed = false;
        } catch (const std::bad_alloc&) {
            if (!(selector == before)) break;
        }
    }
    CHECK(enough > 1);
    CHECK(selector.size() == larger.size());
}
