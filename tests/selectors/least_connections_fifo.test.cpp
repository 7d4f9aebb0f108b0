// SPDX-License-Identifier: MIT
// HAProxy's rule for ties: who has had its key longest.
#include <poise/selectors/least_connections.hpp>

#include <catch2/catch_test_macros.hpp>

#include <map>
#include <stdexcept>
#include <string>

#include "support/all_selectors.hpp"
#include "support/allocations.hpp"
#include "support/random.hpp"

using namespace test;
using poise::least_connections;
using poise::slot;
using poise::ties;

namespace {

using ids = std::vector<std::int64_t>;

constexpr bool in_turn_while_requests_are_short() {
    least_connections selector({.ties = ties::fifo});
    selector.assign(poise::members({1, 1, 1}));
    for (const std::uint32_t expected : {0U, 1U, 2U, 0U, 1U}) {
        const auto chosen = selector.select();
        if (chosen != slot{expected}) return false;
        selector.opened(*chosen);
        selector.closed(*chosen); // back behind the others that are idle
    }
    return true;
}
static_assert(in_turn_while_requests_are_short());

/// Chooses and opens so many, by slot.
ids opened_in_a_row(least_connections& selector, int many) {
    ids chosen;
    for (int i = 0; i < many; ++i) {
        const slot where = selector.select().value();
        selector.opened(where);
        chosen.push_back(static_cast<std::int64_t>(where));
    }
    return chosen;
}

/// HAProxy's tree: servers by key, equal ones as they came.
struct literal_leastconn {
    std::multimap<std::uint64_t, std::uint64_t> tree{};
    std::map<std::uint64_t, std::uint64_t> served{};
    std::vector<poise::member> members{};

    std::uint64_t key(std::uint64_t id) const {
        const std::uint64_t eweight = 16 * std::uint64_t{weight(id)};
        const std::uint64_t open = served.at(id);
        return open == 0 ? 0 : (open + 1) * 4096 / eweight;
    }
    std::uint32_t weight(std::uint64_t id) const { return std::ranges::find(members, id, &poise::member::id)->weight; }
    void remove(std::uint64_t id) {
        std::erase_if(tree, [id](const auto& entry) { return entry.second == id; });
    }
    void reposition(std::uint64_t id) {
        const auto entry = std::ranges::find(tree, id, [](const auto& one) { return one.second; });
        if (entry == tree.end() || entry->first == key(id)) return; // drained, or no other key
        tree.erase(entry);
        tree.emplace(key(id), id);
    }
    void opened(std::uint64_t id) {
        ++served[id];
        reposition(id);
    }
    void closed(std::uint64_t id) {
        if (served[id] > 0) --served[id];
        reposition(id);
    }
    void reset() {
        tree.clear();
        for (const poise::member& m : members) {
            if (m.weight > 0) tree.emplace(key(m.id), m.id);
        }
    }
    std::optional<std::uint64_t> choose(std::span<const std::uint64_t> away) const {
        for (const auto& [key, id] : tree) {
            if (!contains(away, id)) return id;
        }
        return std::nullopt;
    }
    void assign(const std::vector<poise::member>& next) {
        std::map<std::uint64_t, std::uint32_t> before;
        for (const poise::member& m : members) before[m.id] = m.weight;
        members = next;
        std::map<std::uint64_t, std::uint64_t> still;
        for (const poise::member& m : next) still[m.id] = served.contains(m.id) ? served[m.id] : 0;
        served = still;
        for (const auto& [id, was] : before) {
            if (!served.contains(id) || weight(id) != was) remove(id);
        }
        for (const poise::member& m : next) {
            if (m.weight == 0 || (before.contains(m.id) && before[m.id] == m.weight)) continue;
            tree.emplace(key(m.id), m.id);
        }
    }
};

} // namespace

TEST_CASE("least_connections: ties::fifo does as HAProxy's tree does, step for step") {
    for (std::uint64_t seed = 1; seed <= 150; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        const std::uint32_t heaviest = seed % 3 == 0 ? 256 : seed % 3 == 1 ? 3 : 1;
        least_connections selector({.ties = ties::fifo});
        literal_leastconn model;
        std::vector<std::uint64_t> down;
        for (int step = 0; step < 800; ++step) {
            if (random.one_in(40)) {
                auto next = model.members;
                if (next.empty() || random.one_in(3)) {
                    next = random_members(random, 9, heaviest);
                } else {
                    next[random.index(next.size())].weight = random.below(heaviest + 1);
                    random.shuffle(next);
                }
                selector.assign(next);
                model.assign(next);
                std::erase_if(down, [&](std::uint64_t id) { return !model.served.contains(id); });
            }
            if (model.members.empty()) continue;
            const std::size_t i = random.index(model.members.size());
            const std::uint64_t id = model.members[i].id;
            if (random.one_in(15)) {
                const bool was_down = std::erase(down, id) > 0;
                if (!was_down) down.push_back(id);
                was_down ? selector.enable(static_cast<slot>(i)) : selector.disable(static_cast<slot>(i));
            }
            if (random.one_in(2)) {
                selector.closed(static_cast<slot>(i));
                model.closed(id);
            }
            if (random.one_in(100)) {
                selector.reset();
                model.reset();
            }
            const auto rejected = random_ids(random, model.members, random.between(2, 5));
            auto away = rejected;
            away.insert(away.end(), down.begin(), down.end());
            const auto chosen = random.one_in(2) ? selector.select(poise::except(rejected))
                                                 : selector.select(all_but(rejected, model.members));
            const auto expected = model.choose(away);
            REQUIRE(chosen.has_value() == expected.has_value());
            if (!chosen) continue;
            REQUIRE(model.members[static_cast<std::size_t>(*chosen)].id == *expected);
            if (random.one_in(6)) continue;
            selector.opened(*chosen);
            model.opened(*expected);
            REQUIRE(selector.connections(*chosen) == model.served[*expected]);
        }
    }
}

TEST_CASE("least_connections: with ties::fifo an idle member comes first, whatever the weights") {
    least_connections selector({.ties = ties::fifo});
    selector.assign(poise::members({100, 1, 1}));
    CHECK(opened_in_a_row(selector, 3) == ids{0, 1, 2});
    // (n + 1) / 100, until that is above 2 / 1
    CHECK(opened_in_a_row(selector, 198) == ids(198, 0));
    CHECK(selector.connections(slot{0}) == 199);
    CHECK(opened_in_a_row(selector, 1) == ids{1}); // 200 for 100 and 2 for 1: who has had that longest
}

TEST_CASE("least_connections: with ties::fifo a key is rounded down, and a choice that is not opened moves nobody") {
    least_connections selector({.ties = ties::fifo});
    selector.assign(poise::members({200, 199}));
    CHECK(selector.select() == slot{0});
    CHECK(selector.select() == slot{0});
    CHECK(opened_in_a_row(selector, 2) == ids{0, 1});
    // 2 * 256 / 200 = 2 * 256 / 199 = 2, and 3 * 256 / 200 = 3 * 256 / 199 = 3
    CHECK(opened_in_a_row(selector, 4) == ids{0, 1, 0, 1});
    selector.opened(slot{1});
    selector.closed(slot{1});
    CHECK(selector.select() == slot{0});
}

TEST_CASE("least_connections: with ties::fifo who is given another weight comes behind those who have its new key") {
    least_connections selector({.ties = ties::fifo});
    selector.assign(poise::members({1, 1, 1}));
    selector.assign(poise::members({2, 1, 1}));
    CHECK(selector.select() == slot{1});
    selector.assign(poise::members({2, 1, 1, 1}));
    CHECK(opened_in_a_row(selector, 4) == ids{1, 2, 0, 3});
    CHECK(selector.connections(slot{2}) == 1);
    selector.assign(std::vector<poise::member>{{3, 1}, {1, 1}, {0, 2}});
    CHECK(opened_in_a_row(selector, 3) == ids{2, 2, 1}); // 2 / 2, 3 / 2; then 1 has had 2 / 1 longest
    CHECK(selector.connections(slot{0}) == 1);
    selector.opened(slot{0});
    selector.closed(slot{0}); // 2 / 1 again, now behind 4 / 2
    CHECK(selector.select() == slot{2});
    selector.reset();
    CHECK(selector.connections(slot{2}) == 3);
    CHECK(selector.select() == slot{0});
}

TEST_CASE("least_connections: ties::fifo is another selector, and a fifth rule is refused") {
    CHECK(least_connections({.ties = ties::fifo}) != least_connections({.ties = ties::first}));
    std::string message;
    try {
        static_cast<void>(least_connections({.ties = static_cast<ties>(4)}));
    } catch (const std::invalid_argument& error) {
        message = error.what();
    }
    CHECK(message == "poise: least_connections: ties 4 (expected smooth, first, random or fifo)");
    least_connections selector({.ties = ties::fifo});
    selector.assign(poise::members({2, 1}));
    selector.opened(slot{1});
    const least_connections before = selector;
    try {
        selector.assign(std::vector<poise::member>{{7, 1}, {7, 2}});
    } catch (const std::invalid_argument& error) {
        message = error.what();
    }
    CHECK(message == "poise: least_connections: duplicate member id 7 (expected ids that differ)");
    CHECK(selector == before);
}

TEST_CASE("least_connections: with ties::fifo equality is that of the order, not of how it came about") {
    least_connections one({.ties = ties::fifo});
    one.assign(poise::members({1, 1, 1}));
    const least_connections fresh = one;
    for (std::uint32_t i = 0; i < 3; ++i) {
        one.opened(slot{i});
        one.closed(slot{i});
        CHECK((one == fresh) == (i == 2));
    }
}

TEST_CASE("least_connections: with ties::fifo a copy selects without allocating") {
    least_connections original({.ties = ties::fifo});
    original.assign(poise::members({2, 1, 4}));
    least_connections copy = original;
    const std::uint64_t before = allocations();
    for (int i = 0; i < 100; ++i) {
        const auto chosen = copy.select();
        if (chosen != original.select()) FAIL("a copy differs");
        copy.opened(*chosen);
        original.opened(*chosen);
        copy.closed(slot{1});
        original.closed(slot{1});
    }
    CHECK(allocations() == before);
}
