// SPDX-License-Identifier: MIT
// Law 5: a shareable keyed selector is a pure function of key and membership. And whose keys move.
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <set>

#include "support/all_selectors.hpp"
#include "support/random.hpp"

using namespace test;
using poise::slot;

namespace {

constexpr std::uint64_t nobody = ~std::uint64_t{0};

/// Whom the first `keys` keys go to, by id.
template <class Selector>
std::vector<std::uint64_t> owners(Selector& selector, std::uint64_t keys) {
    std::vector<std::uint64_t> ids;
    for (std::uint64_t turn = 0; turn < keys; ++turn) {
        const auto chosen = selector.select(key_of(turn));
        if (may_miss<Selector> && !chosen) {
            ids.push_back(nobody);
            continue;
        }
        ids.push_back(selector.members()[static_cast<std::size_t>(chosen.value())].id);
    }
    return ids;
}

/// At least two of them have a weight above 0.
template <class Selector>
std::vector<poise::member> some_members(random_source& random) {
    auto members = random_members(random, 10, at_most<Selector>(9));
    members.push_back({1000, 1});
    members.push_back({1001, at_most<Selector>(4)});
    random.shuffle(members);
    return members;
}

/// Who is chosen by the key, by id; nothing when it was the turn of somebody in round robin, or of nobody.
template <class Selector>
std::optional<std::uint64_t> by_key(Selector selector, std::uint64_t turn, const auto& accept) {
    const Selector before = selector;
    const auto chosen = selector.select(key_of(turn), accept);
    if (!chosen || (gives_up_keys<Selector> && !(selector == before))) return std::nullopt;
    return selector.members()[static_cast<std::size_t>(*chosen)].id;
}

template <class Selector>
Selector made_of(const std::vector<poise::member>& members) {
    Selector selector;
    selector.assign(members);
    return selector;
}

} // namespace

TEMPLATE_LIST_TEST_CASE("law 5: the same key, the same answer, whatever was asked before", "[laws]", keyed_selectors) {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        const auto members = some_members<TestType>(random);
        auto selector = made_of<TestType>(members);
        const auto before = owners(selector, 200);
        for (std::uint64_t turn = 0; turn < 50; ++turn) {
            const auto away = random_ids(random, members, 3);
            choose(selector, random.below(1000), poise::except(away));
            fail(selector, slot{0});
        }
        REQUIRE(owners(selector, 200) == before);
    }
}

TEMPLATE_LIST_TEST_CASE("law 5: the order of the members does not count, nor do those of weight 0", "[laws]",
                        keyed_selectors) {
    if constexpr (goes_by_order<TestType>) return; // a test of each asserts that
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        auto members = some_members<TestType>(random);
        auto selector = made_of<TestType>(members);
        random.shuffle(members);
        members.insert(members.begin() + static_cast<std::ptrdiff_t>(random.index(members.size())), {777, 0});
        auto shuffled = made_of<TestType>(members);
        REQUIRE(owners(selector, 500) == owners(shuffled, 500));
        if constexpr (requires { selector.fingerprint(); }) REQUIRE(selector.fingerprint() == shuffled.fingerprint());

        const auto away = random_ids(random, members, 2);
        for (std::uint64_t turn = 0; turn < 200; ++turn) {
            const auto one = selector.select(key_of(turn), poise::except(away));
            const auto other = shuffled.select(key_of(turn), poise::except(away));
            REQUIRE(one.has_value() == other.has_value());
            if (!one || (gives_up_keys<TestType> && !by_key(selector, turn, poise::except(away)))) continue;
            REQUIRE(selector.members()[static_cast<std::size_t>(*one)].id ==
                    shuffled.members()[static_cast<std::size_t>(*other)].id);
        }
    }
}

TEMPLATE_LIST_TEST_CASE("law 5: how the membership came about does not count", "[laws]", pure_selectors) {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        TestType selector;
        for (int change = 0; change < 5; ++change) selector.assign(some_members<TestType>(random));
        const auto members = some_members<TestType>(random);
        selector.assign(members);
        for (std::size_t i = 0; i < members.size(); ++i) selector.enable(static_cast<slot>(i));
        REQUIRE(selector == made_of<TestType>(members));
    }
}

TEMPLATE_LIST_TEST_CASE("law 5: a fingerprint says what the mapping is, whoever is down", "[laws]",
                        fingerprinted_selectors) {
    TestType empty;
    std::set<std::uint64_t> seen{empty.fingerprint()};
    const std::vector<std::vector<poise::member>> memberships{
        {{1, 1}},         {{2, 1}},          {{1, 1}, {2, 1}},         {{1, 2}, {2, 1}},
        {{1, 1}, {2, 2}}, {{1, 1}, {3, 1}},  {{1, 1}, {2, 1}, {3, 1}}, {{1, 1}, {2, 1}, {4, 1}},
        {{0, 1}, {1, 1}}, {{0, 1}},          {{0, 1}, {1, 1}, {2, 1}}, {{1, 3}, {2, 1}},
        {{1, 3}, {2, 2}}, {{1ULL << 19U, 1}}};
    for (const auto& members : memberships) {
        auto selector = made_of<TestType>(members);
        const std::uint64_t fingerprint = selector.fingerprint();
        REQUIRE(seen.insert(fingerprint).second);
        selector.disable(slot{0});
        REQUIRE(selector.fingerprint() == fingerprint);
        choose(selector, 1);
        selector.reset();
        REQUIRE(selector.fingerprint() == fingerprint);
    }
    REQUIRE(made_of<TestType>({{1, 0}}).fingerprint() == empty.fingerprint());
}

TEMPLATE_LIST_TEST_CASE("who is rejected or down loses his keys to others, and everyone else keeps theirs", "[laws]",
                        keyed_selectors) {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        const auto members = some_members<TestType>(random);
        auto selector = made_of<TestType>(members);
        const auto before = owners(selector, 300);
        const auto away = random_ids(random, members, 2);
        auto disabled = selector;
        for (std::size_t i = 0; i < members.size(); ++i) {
            if (contains(away, members[i].id)) disabled.disable(static_cast<slot>(i));
        }
        for (std::uint64_t turn = 0; turn < 300; ++turn) {
            if constexpr (gives_up_keys<TestType>) {
                const auto by_predicate = by_key(selector, turn, all_but(away, members));
                if (by_predicate) REQUIRE(by_predicate == by_key(selector, turn, poise::except(away)));
                REQUIRE(by_predicate == by_key(disabled, turn, poise::accept_all{}));
            }
            const auto chosen = selector.select(key_of(turn), poise::except(away));
            const auto predicted = selector.select(key_of(turn), all_but(away, members));
            const auto without = disabled.select(key_of(turn));
            if constexpr (!gives_up_keys<TestType>) REQUIRE((chosen == predicted && chosen == without));
            if (!chosen) continue;
            const std::uint64_t id = members[static_cast<std::size_t>(*chosen)].id;
            REQUIRE_FALSE(contains(away, id));
            REQUIRE((id == before[turn] || contains(away, before[turn]) || before[turn] == nobody));
        }
    }
}

TEMPLATE_LIST_TEST_CASE("a ring: keys move from who leaves or shrinks, to who joins or grows, and no others", "[laws]",
                        ring_selectors) {
    constexpr std::uint64_t keys = 100'000;
    const std::vector<poise::member> members{{1, 2}, {2, 1}, {3, 3}, {4, 2}, {5, 1}, {6, 2}, {7, 2}, {8, 1}};
    auto selector = made_of<TestType>(members);
    const auto before = owners(selector, keys);
    const auto needless = [&](const std::vector<poise::member>& next, std::uint64_t loses, std::uint64_t gains) {
        auto changed = made_of<TestType>(next);
        const auto after = owners(changed, keys);
        std::uint64_t moved = 0;
        std::uint64_t wrong = 0;
        for (std::uint64_t key = 0; key < keys; ++key) {
            if (after[key] == before[key]) continue;
            ++moved;
            if (loses != 0 && before[key] != loses) ++wrong;
            if (gains != 0 && after[key] != gains) ++wrong;
        }
        CHECK(moved > keys / 50);
        CHECK(moved < keys / 3);
        return wrong;
    };
    for (std::size_t i = 0; i < members.size(); ++i) {
        INFO("member " << members[i].id);
        auto fewer = members;
        fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
        CHECK(needless(fewer, members[i].id, 0) == 0);
        auto heavier = members;
        heavier[i].weight += 1;
        CHECK(needless(heavier, 0, members[i].id) == 0);
        auto lighter = members;
        lighter[i].weight -= 1;
        CHECK(needless(lighter, members[i].id, 0) == 0);
    }
    auto more = members;
    more.insert(more.begin(), {99, 2});
    CHECK(needless(more, 0, 99) == 0);
}
