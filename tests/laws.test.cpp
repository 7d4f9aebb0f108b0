// SPDX-License-Identifier: MIT
// The laws of selection, each over every selector; those of assign, of shares and of keys have files of their own.
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <utility>

#include "support/all_selectors.hpp"
#include "support/allocations.hpp"
#include "support/random.hpp"

using namespace test;
using poise::slot;

namespace {

slot at(std::size_t index) {
    return static_cast<slot>(index);
}

/// What a test believes about a membership: who is a member and who is down.
struct believed {
    std::vector<poise::member> members;
    std::vector<bool> down;

    explicit believed(std::vector<poise::member> everyone) : members(std::move(everyone)), down(members.size()) {}

    bool eligible(std::size_t index, std::span<const std::uint64_t> rejected) const {
        return members[index].weight > 0 && !down[index] && !contains(rejected, members[index].id);
    }
    bool anybody(std::span<const std::uint64_t> rejected) const {
        for (std::size_t i = 0; i < members.size(); ++i) {
            if (eligible(i, rejected)) return true;
        }
        return false;
    }
};

template <class Selector>
void disturb(Selector& selector, believed& view, random_source& random) {
    if (view.members.empty()) return;
    const std::size_t index = random.index(view.members.size());
    if (random.one_in(3)) fail(selector, at(index));
    if (random.one_in(4)) {
        view.down[index] = !view.down[index];
        view.down[index] ? selector.disable(at(index)) : selector.enable(at(index));
    }
}

} // namespace

TEMPLATE_LIST_TEST_CASE("laws 1 and 2: a choice is eligible, and there is one whenever anybody is", "[laws]",
                        all_selectors) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        const std::uint32_t most = random.one_in(4) ? 0xffffffffU : 6;
        believed view(random_members(random, 12, at_most<TestType>(most)));
        TestType selector;
        selector.assign(view.members);
        for (std::uint64_t turn = 0; turn < 200; ++turn) {
            disturb(selector, view, random);
            std::vector<std::uint64_t> rejected = random_ids(random, view.members, random.between(1, 3));
            if (random.one_in(3)) rejected.push_back(rejected.empty() ? 1234567 : rejected.front());
            const auto chosen = random.one_in(2) ? choose(selector, turn, poise::except(rejected))
                                                 : choose(selector, turn, all_but(rejected, view.members));
            const bool anybody = view.anybody(rejected);
            REQUIRE((chosen.has_value() == anybody || (may_miss<TestType> && anybody)));
            if (chosen) REQUIRE(static_cast<std::size_t>(*chosen) < view.members.size());
            if (chosen) REQUIRE(view.eligible(static_cast<std::size_t>(*chosen), rejected));
        }
    }
}

TEMPLATE_LIST_TEST_CASE("law 1: whose choice may fail says so", "[laws]", all_selectors) {
    CHECK((!may_miss<TestType> || poise::breaks<TestType>(poise::law::totality)));
}

TEMPLATE_LIST_TEST_CASE("law 1: nobody to choose is no choice", "[laws]", all_selectors) {
    TestType selector;
    CHECK_FALSE(choose(selector, 0));
    selector.assign({});
    CHECK_FALSE(choose(selector, 0));
    selector.assign(poise::members({0, 0, 0}));
    CHECK_FALSE(choose(selector, 0));
    selector.assign(poise::members({3, 0, 1}));
    const std::vector<std::uint64_t> everyone{2, 1, 0};
    const TestType before = selector;
    CHECK_FALSE(choose(selector, 0, poise::except(everyone)));
    CHECK_FALSE(choose(selector, 0, [](slot) { return false; }));
    CHECK((selector == before) == !loses_turns<TestType>);
    CHECK((choose(selector, 0) || may_miss<TestType>));
}

TEST_CASE("law 1, the exception: once a backup was tried, nginx asks nobody but backups", "[laws]") {
    STATIC_REQUIRE(poise::breaks<smooth_with_backup>(poise::law::totality));
    smooth_with_backup selector({.backups = {1, 2}});
    selector.assign(poise::members({5, 1, 1}));
    const std::vector<std::uint64_t> tried_one{1};
    CHECK(selector.select(poise::except(tried_one)) == slot{2});
    const std::vector<std::uint64_t> tried_both{1, 2};
    CHECK_FALSE(selector.select(poise::except(tried_both)));
    CHECK(selector.select(all_but(tried_both, selector.members())) == slot{0}); // a predicate names nobody
}

TEST_CASE("law 3, the exception: HAProxy's roundrobin goes on although nobody may be chosen", "[laws]") {
    STATIC_REQUIRE(poise::breaks<poise::fast_weighted_round_robin>(poise::law::survival));
    poise::fast_weighted_round_robin selector;
    selector.assign(poise::members({5, 1, 1})); // a a a b a a c
    CHECK(selector.select() == slot{0});
    CHECK_FALSE(selector.select([](slot) { return false; })); // all that was left of the round, and the next has begun
    CHECK(selector.select() == slot{0});
    selector.reset();
    CHECK(selector.select() == slot{0});
    CHECK(selector.select([](slot where) { return where != slot{0}; }) == slot{1});
    CHECK(future(selector, 5) == std::vector<std::int64_t>{0, 0, 0, 2, 0}); // one turn less for a in this round
}

TEST_CASE("law 6, the exception: IPVS's cache may hold more than its size for minutes, and who has left for a while",
          "[laws]") {
    STATIC_REQUIRE(poise::breaks<poise::lvs_locality>(poise::law::fidelity));
    poise::lvs_locality selector({.capacity = 1});
    selector.assign(poise::members({2, 2}));
    CHECK(selector.select(key_of(1)) == slot{0});
    selector.opened(slot{0});
    CHECK(selector.select(key_of(1)) == slot{0});
    CHECK(selector.select(key_of(2)) == slot{1});
    CHECK(selector.select(key_of(1)) == slot{1}); // IPVS would have both keys
    selector.assign(std::vector<poise::member>{{0, 2}});
    selector.assign(poise::members({2, 2}));
    CHECK(selector.connections(slot{0}) == 1);
    selector.opened(slot{1});
    CHECK(selector.select(key_of(1)) == slot{0}); // IPVS would have this member back
}

TEMPLATE_LIST_TEST_CASE("down is the same as rejected by every accept", "[laws]", all_selectors) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        const std::vector<poise::member> members = random_members(random, 12, at_most<TestType>(9));
        const std::vector<std::uint64_t> away = random_ids(random, members, 3);
        TestType rejecting;
        rejecting.assign(members);
        for (std::uint64_t turn = 0; turn < random.below(20); ++turn) choose(rejecting, turn);
        TestType disabling = rejecting;
        for (std::size_t i = 0; i < members.size(); ++i) {
            if (contains(away, members[i].id)) disabling.disable(at(i));
        }
        for (std::uint64_t turn = 0; turn < 60; ++turn) {
            REQUIRE(choose(disabling, turn) == choose(rejecting, turn, all_but(away, members)));
        }
        for (std::size_t i = 0; i < members.size(); ++i) disabling.enable(at(i));
        REQUIRE(disabling == rejecting);
    }
}

TEMPLATE_LIST_TEST_CASE("except is the same as the predicate it stands for", "[laws]", all_selectors) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        believed view(random_members(random, 12, at_most<TestType>(9)));
        TestType by_ids;
        by_ids.assign(view.members);
        for (std::uint64_t turn = 0; turn < 60; ++turn) {
            disturb(by_ids, view, random);
            TestType by_predicate = by_ids;
            TestType by_bound = by_ids;
            TestType within = by_ids;
            TestType by_both = by_ids;
            const std::vector<std::uint64_t> away = random_ids(random, view.members, 3);
            const auto chosen = choose(by_ids, turn, poise::except(away));
            REQUIRE(chosen == choose(by_bound, turn, poise::except(away).over(view.members)));
            REQUIRE(by_ids == by_bound);
            const auto even = [](slot where) {
                return static_cast<std::uint32_t>(where) % 2 == 0;
            };
            const auto among_even = choose(within, turn, poise::except(away).within(even));
            const auto both = choose(by_both, turn, [&, one = all_but(away, view.members)](slot where) {
                return one(where) && even(where);
            });
            REQUIRE(among_even.has_value() == both.has_value());
            if (among_even) REQUIRE((even(*among_even) && all_but(away, view.members)(*among_even)));
            const auto predicted = choose(by_predicate, turn, all_but(away, view.members));
            if constexpr (follows_tries<TestType>) {
                REQUIRE(chosen.has_value() == predicted.has_value());
            } else {
                REQUIRE((chosen == predicted && among_even == both));
                REQUIRE((by_ids == by_predicate && within == by_both));
            }
        }
    }
}

TEMPLATE_TEST_CASE("except, where tries count: a try is no rejection, so one more hash is asked for", "[laws]",
                   poise::nginx_hash, poise::ip_hash) {
    STATIC_REQUIRE(follows_tries<TestType>);
    TestType selector;
    selector.assign(poise::members({9, 1, 1, 1}));
    const std::vector<std::uint64_t> tried{0};
    std::uint64_t equal = 0;
    std::uint64_t differ = 0;
    for (std::uint64_t turn = 1; turn < 40'000; turn += 2) { // with keys
        TestType by_ids = selector;
        TestType by_predicate = selector;
        const auto one = choose(by_ids, turn, poise::except(tried));
        const auto other = choose(by_predicate, turn, all_but(tried, selector.members()));
        REQUIRE((one && other && one != slot{0} && other != slot{0}));
        one == other ? ++equal : ++differ;
        if (by_predicate == selector) REQUIRE(one == other); // it was no turn of the round robin's
    }
    CHECK(equal > 100 * differ);
    CHECK(differ > 0);
}

TEMPLATE_LIST_TEST_CASE("copies are equal and go on equally, and so does what is moved", "[laws]", all_selectors) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        believed view(random_members(random, 12, at_most<TestType>(9)));
        TestType selector;
        selector.assign(view.members);
        for (std::uint64_t turn = 0; turn < random.below(30); ++turn) {
            disturb(selector, view, random);
            choose(selector, turn);
        }
        TestType copy = selector;
        TestType assigned;
        assigned.assign(poise::members({4, 4}));
        assigned = selector;
        TestType moved = TestType(selector);
        REQUIRE((copy == selector && assigned == selector && moved == selector));
        for (std::uint64_t turn = 0; turn < 60; ++turn) {
            const auto chosen = choose(selector, turn);
            REQUIRE(choose(copy, turn) == chosen);
            REQUIRE(choose(assigned, turn) == chosen);
            REQUIRE(choose(moved, turn) == chosen);
        }
        REQUIRE((copy == selector && assigned == selector && moved == selector));
    }
}

TEMPLATE_LIST_TEST_CASE("selectors that would go on differently are not equal", "[laws]", all_selectors) {
    TestType fresh;
    fresh.assign(poise::members({3, 2, 2}));
    TestType other = fresh;
    CHECK(choose(other, 0));
    CHECK((other != fresh) == (future(other, 40) != future(fresh, 40)));
    if (moves_by_choosing<TestType>) CHECK(other != fresh);
    if (poise::keyless_selector<TestType> && !moves_by_choosing<TestType>) CHECK(other == fresh);
    other = fresh;
    other.disable(slot{1});
    CHECK(other != fresh);
    other.enable(slot{1});
    CHECK(other == fresh);
}

TEMPLATE_LIST_TEST_CASE("reset forgets all but the members and who is down", "[laws]", all_selectors) {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        believed view(random_members(random, 12, at_most<TestType>(9)));
        TestType selector;
        selector.assign(view.members);
        for (std::uint64_t turn = 0; turn < 40; ++turn) {
            disturb(selector, view, random);
            choose(selector, turn);
        }
        TestType fresh;
        fresh.assign(view.members);
        for (std::size_t i = 0; i < view.down.size(); ++i) {
            if (view.down[i]) fresh.disable(at(i));
        }
        selector.reset();
        REQUIRE(selector == fresh);
    }
}

TEMPLATE_LIST_TEST_CASE("a slot that the membership does not have is ignored", "[laws]", all_selectors) {
    TestType selector;
    for (const std::uint32_t size : {0U, 3U}) {
        const TestType before = selector;
        for (const slot beyond : {slot{size}, slot{size + 1}, slot{0xffffffffU}}) {
            selector.disable(beyond);
            selector.enable(beyond);
            fail(selector, beyond);
            open(selector, beyond);
            close(selector, beyond);
        }
        CHECK(selector == before);
        selector.assign(poise::members({2, 1, 2}));
    }
}

TEMPLATE_LIST_TEST_CASE("only assign allocates", "[laws]", all_selectors) {
    TestType selector;
    selector.assign(poise::members({5, 1, 0, 1, at_most<TestType>(9)}));
    const std::vector<std::uint64_t> tried{4, 1, 77};
    const std::uint64_t before = allocations();
    for (std::uint64_t turn = 0; turn < 50; ++turn) {
        choose(selector, turn);
        choose(selector, turn, poise::except(tried));
        choose(selector, turn, [&tried](slot where) { return static_cast<std::size_t>(where) != tried.front(); });
        selector.disable(slot{1});
        selector.enable(slot{1});
        fail(selector, slot{0});
        open(selector, slot{0});
        close(selector, slot{1});
    }
    selector.reset();
    CHECK(allocations() == before);
}
