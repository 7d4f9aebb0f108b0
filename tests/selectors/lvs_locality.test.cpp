// SPDX-License-Identifier: MIT
#include <poise/selectors/lvs_locality.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <limits>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/all_selectors.hpp"
#include "support/allocations.hpp"

using namespace test;
using poise::key_hash;
using poise::lvs_locality;
using poise::lvs_replication;
using poise::slot;
using std::chrono::seconds;

namespace {

constexpr key_hash a{11};
constexpr key_hash b{22};
constexpr key_hash c{33};

/// So many connections for each, by slot.
constexpr void load(lvs_locality& selector, const std::vector<std::uint64_t>& connections) {
    for (std::size_t i = 0; i < connections.size(); ++i) {
        const auto where = static_cast<slot>(i);
        while (selector.connections(where) < connections[i]) selector.opened(where);
        while (selector.connections(where) > connections[i]) selector.closed(where);
    }
}

constexpr lvs_locality made(lvs_locality::options options, const std::vector<poise::member>& members) {
    lvs_locality selector(options);
    selector.assign(members);
    return selector;
}

constexpr lvs_locality lblcr(const std::vector<poise::member>& members, std::uint32_t capacity = 16) {
    return made({.replicate = lvs_replication::sets, .capacity = capacity, .expiration = seconds(10)}, members);
}

constexpr auto only(slot accepted) {
    return [accepted](slot where) {
        return where == accepted;
    };
}

constexpr bool stays_until_overloaded() {
    lvs_locality selector({.capacity = 4});
    if (selector.select(a) || selector.select()) return false;
    selector.assign(poise::members({2, 4, 0}));
    if (selector.select(a) != slot{0}) return false;
    load(selector, {2, 0});
    if (selector.select(a) != slot{0} || selector.select() != slot{1}) return false;
    load(selector, {3, 2});
    if (selector.select(a) != slot{0}) return false; // nobody has less than half of its weight
    load(selector, {3, 1});
    lvs_locality copy = selector;
    if (selector.select(a) != slot{1} || copy == selector || copy.select(a) != slot{1} || copy != selector)
        return false;
    load(selector, {0, 4});
    if (selector.select(a) != slot{1} || selector.select(b) != slot{0}) return false;
    const lvs_locality moved = std::move(copy);
    copy.assign(poise::members({1}));
    return copy.select(a) == slot{0} && moved.size() == 3;
}
static_assert(stays_until_overloaded());

constexpr bool spreads_and_shrinks() {
    lvs_locality selector = lblcr(poise::members({1, 2}), 4);
    if (selector.select(a) != slot{0}) return false;
    load(selector, {2, 0});
    if (selector.select(a) != slot{1}) return false;
    load(selector, {0, 0});
    if (selector.select(a) != slot{1}) return false; // the last that came is first
    selector.advance(seconds(9));
    load(selector, {0, 1});
    if (selector.select(a) != slot{0}) return false;
    selector.advance(seconds(11));
    if (selector.select(a) != slot{0}) return false; // and slot 1, the busier, leaves
    load(selector, {1, 0});
    return selector.select(a) == slot{0};
}
static_assert(spreads_and_shrinks());

std::string message_of(lvs_locality::options options) {
    try {
        static_cast<void>(lvs_locality(options));
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "nothing was thrown";
}

} // namespace

TEST_CASE("lvs_locality: a member that may not be chosen loses the key to another, for good") {
    for (const lvs_replication replicate : {lvs_replication::none, lvs_replication::sets}) {
        lvs_locality selector = made({.replicate = replicate}, poise::members({2, 2, 2}));
        CHECK(selector.select(a) == slot{0});
        const std::vector<std::uint64_t> tried{0};
        CHECK(selector.select(a, poise::except(tried)) == slot{1});
        CHECK(selector.select(a) == slot{1}); // of two in a set as of one: the last that came
        selector.disable(slot{1});
        selector.opened(slot{0});
        CHECK(selector.select(a) == (replicate == lvs_replication::none ? slot{2} : slot{0}));
        selector.enable(slot{1});
        CHECK(selector.select(a) == (replicate == lvs_replication::none ? slot{2} : slot{1}));
        selector.assign(std::vector<poise::member>{{0, 2}, {1, 0}, {2, 0}});
        CHECK(selector.select(a) == slot{0});
        CHECK_FALSE(selector.select(a, only(slot{1})));
    }
}

TEST_CASE("lvs_locality: whoever may not be chosen is looked at for overload all the same") {
    lvs_locality selector = made({}, poise::members({2, 3, 9}));
    CHECK(selector.select(a) == slot{0});
    load(selector, {3, 2, 0});
    selector.disable(slot{2}); // idle
    CHECK(selector.select(a) == slot{1});
    load(selector, {0, 4, 5});
    CHECK(selector.select(a) == slot{0}); // 0 < 2 / 2
    load(selector, {3, 2, 5});
    CHECK(selector.select(a) == slot{0});
    selector.assign(std::vector<poise::member>{{0, 2}, {1, 3}, {2, 0xffffffffU}});
    load(selector, {3, 2, 0});
    CHECK(selector.select(a) == slot{1});
}

TEST_CASE("lvs_locality: without a key it is the least loaded for the weight, the first of them") {
    lvs_locality selector = made({}, poise::members({2, 0, 3, 3}));
    CHECK(selector.select(a) == slot{0});
    load(selector, {2, 0, 2, 2});
    const lvs_locality before = selector;
    CHECK(selector.select() == slot{2});
    CHECK(selector.select(only(slot{0})) == slot{0});
    CHECK_FALSE(selector.select(only(slot{1})));
    CHECK(selector == before);
    CHECK(selector.select(a) == slot{0});
}

TEST_CASE("lvs_locality: a full cache forgets the key that was used longest ago") {
    lvs_locality selector = made({.capacity = 2}, poise::members({9, 9}));
    CHECK(selector.select(a) == slot{0});
    CHECK(selector.select(b) == slot{0});
    CHECK(selector.select(a) == slot{0});
    load(selector, {1, 0}); // only who is remembered goes to 0
    CHECK(selector.select(c) == slot{1});
    CHECK(selector.select(a) == slot{0});
    CHECK(selector.select(b) == slot{1}); // instead of c
    load(selector, {0, 1});
    CHECK(selector.select(c) == slot{0});
}

TEST_CASE("lvs_locality: a set that takes all of the cache grows no more, but who is overloaded gets nothing") {
    lvs_locality selector = lblcr(poise::members({1, 1, 1, 1}), 2);
    CHECK(selector.select(a) == slot{0});
    CHECK(selector.select(b) == slot{0});
    load(selector, {2, 0, 0, 0});
    CHECK(selector.select(a) == slot{1}); // b gives way
    load(selector, {2, 2, 0, 0});
    const lvs_locality before = selector;
    CHECK(selector.select(a) == slot{2});
    CHECK(selector == before);
    load(selector, {0, 0, 1, 0});
    CHECK(selector.select(a) == slot{1});
    CHECK(selector.select(b) == slot{0}); // and all of a gives way
    load(selector, {1, 1, 0, 0});
    CHECK(selector.select(a) == slot{2});
}

TEST_CASE("lvs_locality: a key is forgotten when it has not been used for the expiration") {
    for (const lvs_replication replicate : {lvs_replication::none, lvs_replication::sets}) {
        lvs_locality selector = made({.replicate = replicate, .expiration = seconds(10)}, poise::members({9, 9}));
        selector.advance(seconds(100));
        CHECK(selector.select(a) == slot{0});
        CHECK(selector.select(b) == slot{0});
        selector.advance(seconds(105));
        CHECK_FALSE(selector.select(b, only(slot{7}))); // asked for is used
        load(selector, {1, 0});
        selector.advance(seconds(109));
        selector.advance(seconds(10'000) - seconds(9'999)); // does not go back
        lvs_locality later = selector;
        CHECK(selector.select(a) == slot{0});
        later.advance(seconds(110));
        CHECK(later.select(a) == slot{1});
        CHECK(later.select(b) == slot{0});
        later.advance(seconds(std::numeric_limits<std::int64_t>::max()));
        CHECK(later.select(b) == slot{1});
    }
}

TEST_CASE("lvs_locality: an expiration of nothing forgets all whenever the time is told") {
    lvs_locality selector = made({.expiration = seconds(0)}, poise::members({9, 9}));
    CHECK(selector.select(a) == slot{0});
    load(selector, {1, 0});
    CHECK(selector.select(a) == slot{0});
    selector.advance(seconds(0));
    CHECK(selector.select(a) == slot{1});
}

TEST_CASE("lvs_locality: of a set unchanged for longer than the expiration the busiest leaves, chosen once more") {
    lvs_locality selector = lblcr(poise::members({1, 1, 1}));
    CHECK(selector.select(a) == slot{0});
    load(selector, {2, 0, 0});
    selector.advance(seconds(5));
    CHECK(selector.select(a) == slot{1});
    load(selector, {0, 0, 0});
    selector.advance(seconds(14));
    CHECK(selector.select(a) == slot{1});
    selector.advance(seconds(15));
    CHECK(selector.select(a) == slot{1}); // no longer than that yet
    selector.advance(seconds(16));
    CHECK(selector.select(a) == slot{1}); // of equals the first is the busiest as well as the least busy
    load(selector, {1, 0, 0});
    CHECK(selector.select(a) == slot{0});
    selector.advance(seconds(25));
    CHECK(selector.select(a) == slot{0});
    selector.advance(seconds(34));
    CHECK(selector.select(a) == slot{0}); // one alone stays
}

TEST_CASE("lvs_locality: the busiest of a set leaves whether or not it may be chosen, but not who has no weight") {
    const auto three_in_the_set = [] {
        lvs_locality selector = lblcr(poise::members({1, 1, 1, 1}));
        for (const std::uint32_t next : {0U, 1U, 2U}) {
            CHECK(selector.select(a) == slot{next});
            selector.opened(slot{next});
            selector.opened(slot{next});
        }
        load(selector, {3, 4, 2, 9});
        selector.advance(seconds(9));
        CHECK(selector.select(a) == slot{2});
        selector.advance(seconds(18));
        return selector;
    };
    lvs_locality selector = three_in_the_set();
    selector.disable(slot{1});
    CHECK(selector.select(a) == slot{2});
    selector.enable(slot{1});
    load(selector, {2, 1, 2, 9});
    CHECK(selector.select(a) == slot{2}); // 2 and 0 are left
    selector = three_in_the_set();
    selector.assign(std::vector<poise::member>{{0, 1}, {1, 0}, {2, 1}, {3, 1}});
    CHECK(selector.select(a) == slot{2}); // and 0 leaves
    selector.assign(poise::members({1, 1, 1, 1}));
    load(selector, {1, 2, 3, 9});
    CHECK(selector.select(a) == slot{1});
}

TEST_CASE("lvs_locality: overload that finds nobody new for the set does not make it younger") {
    lvs_locality selector = lblcr(poise::members({1, 1}));
    CHECK(selector.select(a) == slot{0});
    load(selector, {2, 0});
    CHECK(selector.select(a) == slot{1});
    selector.advance(seconds(8));
    selector.disable(slot{1});
    CHECK(selector.select(a) == slot{0}); // overloaded, and the least of all that may be chosen
    selector.enable(slot{1});
    load(selector, {1, 2});
    selector.advance(seconds(11));
    CHECK(selector.select(a) == slot{0}); // and 1 leaves
    load(selector, {1, 0});
    CHECK(selector.select(a) == slot{0});
}

TEST_CASE("lvs_locality: keys and connections follow the ids; who leaves is forgotten") {
    lvs_locality selector = lblcr({{7, 1}, {8, 1}, {9, 1}});
    CHECK(selector.select(a) == slot{0});
    load(selector, {2, 0, 0});
    CHECK(selector.select(a) == slot{1});
    load(selector, {1, 0, 0});
    CHECK(selector.select(b) == slot{1});
    selector.assign(std::vector<poise::member>{{9, 1}, {5, 1}, {8, 1}, {7, 1}});
    CHECK(selector.connections(slot{3}) == 1);
    CHECK(selector.select(a) == slot{2});
    selector.assign(std::vector<poise::member>{{9, 1}, {7, 1}});
    CHECK(selector.select(a) == slot{1});
    CHECK(selector.select(b) == slot{0}); // 8 is gone, and 7 has a connection
    selector.assign(std::vector<poise::member>{{8, 1}, {9, 1}, {7, 1}});
    CHECK(selector.select(a) == slot{2});
    CHECK(selector.select(b) == slot{1});
    selector.assign({});
    CHECK_FALSE(selector.select(a));
    selector.assign(std::vector<poise::member>{{8, 1}, {9, 1}});
    CHECK(selector.select(b) == slot{0});
}

TEST_CASE("lvs_locality: reset forgets keys and time, and equality is that of future choices") {
    lvs_locality selector = lblcr(poise::members({3, 2, 1}));
    selector.advance(seconds(50));
    load(selector, {1, 0, 2});
    const lvs_locality before = selector;
    CHECK(selector.select(a) == slot{1});
    CHECK(selector.select(b) == slot{1});
    CHECK(selector != before);
    lvs_locality other = before;
    CHECK(other.select(b) == slot{1});
    CHECK(other.select(a) == slot{1});
    CHECK(selector != other); // another key would give way first
    CHECK(selector.select(a) == slot{1});
    CHECK(selector == other);
    other.advance(seconds(51));
    CHECK(selector != other);
    selector.reset();
    CHECK(selector != before);
    selector.advance(seconds(50));
    CHECK(selector == before);
    CHECK(made({.capacity = 3}, {}) != made({.capacity = 4}, {}));
}

TEST_CASE("lvs_locality: the first assign with members allocates the cache, a copy has the same room") {
    const std::uint64_t nothing = allocations();
    const lvs_locality fresh;
    CHECK(allocations() == nothing);
    for (std::uint64_t enough = 0, failed = 1; failed != 0; ++enough) {
        lvs_locality selector = fresh;
        failed = 0;
        try {
            const allocation_limit limit(enough);
            selector.assign(poise::members({1, 1}));
        } catch (const std::bad_alloc&) {
            failed = 1;
            CHECK(selector == fresh);
        }
    }
    lvs_locality original = lblcr(poise::members({1, 1, 1, 1}), 50);
    CHECK(original.select(a));
    lvs_locality copy = original;
    lvs_locality assigned;
    assigned = original;
    const std::uint64_t before = allocations();
    for (std::uint64_t i = 0; i < 500; ++i) {
        for (lvs_locality* one : {&original, &copy, &assigned}) {
            const auto chosen = one->select(key_hash{i * i % 97});
            if (chosen) one->opened(*chosen);
            if (i % 7 == 0) one->advance(seconds(i / 7));
        }
    }
    CHECK(allocations() == before);
    CHECK((copy == original && assigned == original));
}

TEST_CASE("lvs_locality: options that cannot be are refused by name") {
    CHECK(message_of({.replicate = static_cast<lvs_replication>(2)}) ==
          "poise: lvs_locality: replicate 2 (expected none or sets)");
    CHECK(message_of({.capacity = 0}) == "poise: lvs_locality: capacity 0 (expected from 1 to 16777216)");
    CHECK(message_of({.capacity = 16777217}) == "poise: lvs_locality: capacity 16777217 (expected from 1 to 16777216)");
    CHECK(message_of({.expiration = seconds(-3)}) ==
          "poise: lvs_locality: expiration of minus 3 (expected at least 0 seconds)");
    CHECK(message_of({.expiration = seconds(std::numeric_limits<std::int64_t>::min())}) ==
          "poise: lvs_locality: expiration of minus 9223372036854775808 (expected at least 0 seconds)");
    CHECK(message_of({.capacity = 16777216, .expiration = seconds(0)}) == "nothing was thrown");
    CHECK(lvs_locality({.capacity = 16384, .expiration = std::chrono::hours(24)}) == lvs_locality());
}
