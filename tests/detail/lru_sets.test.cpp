// SPDX-License-Identifier: MIT
#include <poise/detail/lru_sets.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <list>
#include <optional>
#include <utility>
#include <vector>

#include "support/allocations.hpp"
#include "support/random.hpp"

using namespace test;
using poise::key_hash;
using poise::slot;
using poise::detail::lru_sets;
using std::chrono::seconds;

namespace {

using slots = std::vector<slot>;

constexpr slots set_of(const lru_sets& sets, key_hash key) {
    slots all;
    if (const auto found = sets.find(key)) sets.for_each(*found, [&all](slot where) { all.push_back(where); });
    return all;
}

constexpr bool adds_in_front_and_removes() {
    lru_sets sets(4);
    sets.insert(key_hash{7}, slot{1}, seconds(0));
    const auto seven = *sets.find(key_hash{7});
    if (!sets.is_single(seven)) return false;
    sets.add(seven, slot{2}, seconds(3));
    sets.add(seven, slot{3}, seconds(4));
    sets.add(seven, slot{2}, seconds(5)); // is there
    if (set_of(sets, key_hash{7}) != slots{slot{3}, slot{2}, slot{1}} || sets.changed(seven) != seconds(4))
        return false;
    sets.remove(seven, slot{2}, seconds(6));
    sets.remove(seven, slot{3}, seconds(7));
    return set_of(sets, key_hash{7}) == slots{slot{1}} && sets.is_single(seven) && sets.changed(seven) == seconds(7);
}
static_assert(adds_in_front_and_removes());

/// The same, told plainly: the key used last is in front.
struct plain_sets {
    struct entry {
        key_hash key = {};
        seconds used = {};
        seconds changed = {};
        std::list<slot> set = {};
    };
    std::size_t capacity = 0;
    std::list<entry> by_use{};

    std::size_t pairs() const {
        std::size_t count = 0;
        for (const entry& one : by_use) count += one.set.size();
        return count;
    }
    auto find(key_hash key) { return std::ranges::find(by_use, key, &entry::key); }
    void insert(key_hash key, slot where, seconds now) {
        if (pairs() == capacity) by_use.pop_back();
        by_use.push_front({.key = key, .used = now, .changed = now, .set = {where}});
    }
    void use(key_hash key, seconds now) {
        by_use.splice(by_use.begin(), by_use, find(key));
        by_use.front().used = now;
    }
    void add(key_hash key, slot where, seconds now) {
        entry& one = *find(key);
        if (std::ranges::find(one.set, where) != one.set.end()) return;
        if (pairs() == capacity && by_use.back().key != key) by_use.pop_back();
        if (pairs() == capacity) return;
        one.set.push_front(where);
        one.changed = now;
    }
    void remove(key_hash key, slot where, seconds now) {
        find(key)->set.remove(where);
        find(key)->changed = now;
    }
    void replace(key_hash key, slot where) { find(key)->set.front() = where; }
    void expire(seconds now, seconds lifetime) {
        by_use.remove_if([&](const entry& one) { return now - one.used >= lifetime; });
    }
    void renumber(const std::vector<std::optional<slot>>& now_at) {
        for (entry& one : by_use) {
            one.set.remove_if([&](slot where) { return !now_at[static_cast<std::size_t>(where)]; });
            for (slot& where : one.set) where = *now_at[static_cast<std::size_t>(where)];
        }
        by_use.remove_if([](const entry& one) { return one.set.empty(); });
    }
};

/// Another one with the same content, which came about more simply.
lru_sets made_of(const plain_sets& plain) {
    lru_sets sets(static_cast<std::uint32_t>(plain.capacity));
    for (auto one = plain.by_use.rbegin(); one != plain.by_use.rend(); ++one) {
        sets.insert(one->key, one->set.back(), one->changed);
        const auto found = *sets.find(one->key);
        for (auto where = std::next(one->set.rbegin()); where != one->set.rend(); ++where) {
            sets.add(found, *where, one->changed);
        }
        sets.use(found, one->used);
    }
    return sets;
}

constexpr std::uint32_t most_slots = 6;

} // namespace

TEST_CASE("lru_sets do as plain lists do") {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        const std::uint32_t capacity = random.between(1, 12);
        lru_sets sets(capacity);
        plain_sets plain{.capacity = capacity};
        seconds now{0};
        for (int step = 0; step < 1000; ++step) {
            const key_hash key{random.below(10) * (random.one_in(2) ? 1U : 0x9e3779b9U)};
            const slot where{random.below(most_slots)};
            now += seconds(random.below(3));
            const auto found = sets.find(key);
            const auto there = plain.find(key);
            REQUIRE(found.has_value() == (there != plain.by_use.end()));
            if (random.one_in(60)) {
                std::vector<std::optional<slot>> now_at;
                for (std::uint32_t i = 0; i < most_slots; ++i) now_at.emplace_back(slot{(i + 2) % most_slots});
                for (std::uint32_t gone = random.below(4); gone > 0; --gone) now_at[random.index(most_slots)].reset();
                sets.renumber(now_at);
                plain.renumber(now_at);
            } else if (random.one_in(30)) {
                const seconds lifetime(random.below(60));
                sets.expire(now, lifetime);
                plain.expire(now, lifetime);
            } else if (random.one_in(300)) {
                sets.clear();
                plain.by_use.clear();
            } else if (random.one_in(50)) {
                lru_sets copy = sets;
                sets = random.one_in(2) ? copy : lru_sets(std::move(copy));
            } else if (!found) {
                sets.insert(key, where, now);
                plain.insert(key, where, now);
            } else {
                sets.use(*found, now);
                plain.use(key, now);
                const bool is_in = std::ranges::find(there->set, where) != there->set.end();
                REQUIRE(sets.is_single(*found) == (there->set.size() == 1));
                REQUIRE(sets.changed(*found) == there->changed);
                if (is_in && there->set.size() > 1) {
                    sets.remove(*found, where, now);
                    plain.remove(key, where, now);
                } else if (there->set.size() == 1 && random.one_in(4)) {
                    sets.replace(*found, where);
                    plain.replace(key, where);
                } else {
                    sets.add(*found, where, now);
                    plain.add(key, where, now);
                }
            }
            for (const auto& one : plain.by_use) {
                REQUIRE(set_of(sets, one.key) == slots(one.set.begin(), one.set.end()));
            }
            REQUIRE(sets == made_of(plain));
        }
    }
}

TEST_CASE("lru_sets are equal when nothing tells them apart later") {
    lru_sets one(5);
    lru_sets other(5);
    CHECK(lru_sets() == one);
    one.insert(key_hash{1}, slot{1}, seconds(1));
    CHECK(one != other);
    CHECK(one != lru_sets());
    other.insert(key_hash{1}, slot{1}, seconds(0));
    CHECK(one != other);
    other.use(*other.find(key_hash{1}), seconds(1));
    CHECK(one == other); // when a set of one changed does not count
    one.add(*one.find(key_hash{1}), slot{2}, seconds(2));
    CHECK(one != other);
    other.add(*other.find(key_hash{1}), slot{2}, seconds(3));
    CHECK(one != other);
    one.remove(*one.find(key_hash{1}), slot{2}, seconds(4));
    other.remove(*other.find(key_hash{1}), slot{1}, seconds(4));
    CHECK(one != other);
    other.replace(*other.find(key_hash{1}), slot{1});
    CHECK(one == other);
    one.insert(key_hash{2}, slot{0}, seconds(5));
    other.insert(key_hash{3}, slot{0}, seconds(5));
    CHECK(one != other);
}

TEST_CASE("lru_sets allocate when they are made and copied, and then no more") {
    lru_sets without_room;
    without_room.expire(seconds(9), seconds(0));
    without_room.renumber({});
    without_room.clear();
    CHECK_FALSE(without_room.has_room());
    CHECK_FALSE(without_room.find(key_hash{0}));

    lru_sets original(100);
    original.insert(key_hash{0}, slot{0}, seconds(0));
    lru_sets copy = original;
    lru_sets moved = std::move(original);
    const std::uint64_t before = allocations();
    for (lru_sets* sets : {&copy, &moved}) {
        for (std::uint32_t key = 1; key < 1000; ++key) {
            sets->insert(key_hash{key}, slot{0}, seconds(key));
            sets->add(*sets->find(key_hash{key}), slot{1}, seconds(key));
        }
        sets->clear();
        for (std::uint32_t key = 0; key < 101; ++key) sets->insert(key_hash{key}, slot{0}, seconds(key));
        CHECK_FALSE(sets->find(key_hash{0}));
        CHECK(sets->find(key_hash{1}));
    }
    CHECK(allocations() == before);
}
