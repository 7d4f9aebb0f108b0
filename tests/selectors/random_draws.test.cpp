// SPDX-License-Identifier: MIT
#include <poise/selectors/random_draws.hpp>

#include <catch2/catch_test_macros.hpp>

#include <map>
#include <stdexcept>
#include <string>

#include <poise/selectors/modulo_hash.hpp>

#include "support/all_selectors.hpp"
#include "support/allocations.hpp"
#include "support/literal_haproxy.hpp"
#include "support/random.hpp"
#include "support/ring_model.hpp"
#include "support/scripted_engine.hpp"
#include "support/statistics.hpp"

using namespace test;
using poise::modulo_hash;
using poise::random_draws;
using poise::slot;

namespace {

using on_a_table = poise::basic_random_draws<modulo_hash, poise::splitmix64>;
using scripted = poise::basic_random_draws<modulo_hash, scripted_engine>;
using script = std::vector<std::uint64_t>;

__extension__ using wide = unsigned __int128;

constexpr bool draws_before_run_time() {
    on_a_table selector({.draws = 30, .seed = 1});
    selector.assign(poise::members({5, 0, 1}));
    selector.opened(slot{0});
    const bool idle = selector.select() == slot{2};
    selector.disable(slot{2});
    return idle && selector.select() == slot{0} && selector.connections(slot{0}) == 1;
}
static_assert(draws_before_run_time());

/// Whom it chooses when these are the keys.
std::optional<slot> chosen_by(scripted& selector, const script& keys) {
    scripted_engine::script() = keys;
    selector.reset();
    return selector.select();
}

std::string message_of(auto call) {
    try {
        call();
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "nothing was thrown";
}

/// Draws from HAProxy's map, and what is open by id.
struct literal_draws {
    std::uint32_t draws;
    std::vector<std::uint64_t> numbers{};
    std::size_t place = 0;
    std::vector<poise::member> members{};
    std::map<std::uint64_t, std::uint64_t> served{};

    std::optional<std::uint64_t> choose(std::span<const std::uint64_t> away) {
        const auto map = literal_haproxy_map(members);
        std::optional<std::uint64_t> best;
        const std::size_t before = place;
        for (std::uint32_t draw = 0; draw < draws; ++draw) {
            const std::uint64_t position = numbers[place++] % std::max<std::size_t>(map.size(), 1);
            std::optional<std::uint64_t> drawn;
            for (std::size_t step = 0; step < map.size() && !drawn; ++step) {
                const std::uint64_t id = map[(position + step) % map.size()];
                if (!contains(away, id)) drawn = id;
            }
            if (!drawn) {
                place = before;
                return std::nullopt;
            }
            if (best && wide{served[*drawn]} * weight(*best) > wide{served[*best]} * weight(*drawn)) continue;
            best = drawn;
        }
        return best;
    }
    std::uint64_t weight(std::uint64_t id) const { return std::ranges::find(members, id, &poise::member::id)->weight; }
};

} // namespace

TEST_CASE("random_draws: the least loaded of those drawn, and the last of them among equals") {
    scripted selector({.draws = 3});
    selector.assign(poise::members({2, 1, 1})); // the table: a a b c
    REQUIRE(literal_haproxy_map(selector.members()) == script{0, 0, 1, 2});
    CHECK(chosen_by(selector, {0, 2, 3}) == slot{2});
    CHECK(chosen_by(selector, {3, 2, 2}) == slot{1});
    CHECK(chosen_by(selector, {2, 3, 1}) == slot{0});
    CHECK(scripted_engine::last_place() == 3);
    selector.opened(slot{2});
    CHECK(chosen_by(selector, {0, 2, 3}) == slot{1});
    CHECK(chosen_by(selector, {3, 3, 3}) == slot{2});
    selector.opened(slot{0});
    selector.opened(slot{0}); // 2 for 2 and 1 for 1: equal
    CHECK(chosen_by(selector, {3, 3, 4}) == slot{0});
    CHECK(chosen_by(selector, {1, 5, 7}) == slot{2});
    selector.opened(slot{0});
    CHECK(chosen_by(selector, {1, 5, 7}) == slot{2});
    CHECK(chosen_by(selector, {7, 5, 1}) == slot{2});
}

TEST_CASE("random_draws does as draws from HAProxy's map do, draw for draw") {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        literal_draws model{.draws = random.between(1, 4)};
        std::uint64_t number = seed;
        scripted_engine::script().clear();
        for (int i = 0; i < 4 * 1000; ++i) {
            number = number * 6364136223846793005U + 1442695040888963407U;
            scripted_engine::script().push_back(number >> random.between(0, 40));
        }
        model.numbers = scripted_engine::script();
        scripted selector({.draws = model.draws});
        std::vector<std::uint64_t> down;
        for (int step = 0; step < 1000; ++step) {
            if (random.one_in(40)) {
                model.members = random_members(random, 6, 9);
                selector.assign(model.members);
                const auto gone = [&](std::uint64_t id) {
                    return std::ranges::find(model.members, id, &poise::member::id) == model.members.end();
                };
                std::erase_if(down, gone);
                std::erase_if(model.served, [&](const auto& entry) { return gone(entry.first); });
            }
            if (model.members.empty()) continue;
            const std::size_t i = random.index(model.members.size());
            const std::uint64_t id = model.members[i].id;
            if (random.one_in(10)) {
                const bool was_down = std::erase(down, id) > 0;
                if (!was_down) down.push_back(id);
                was_down ? selector.enable(static_cast<slot>(i)) : selector.disable(static_cast<slot>(i));
            }
            if (random.one_in(5)) {
                selector.closed(static_cast<slot>(i));
                if (model.served[id] > 0) --model.served[id];
            }
            const auto rejected = random_ids(random, model.members, 3);
            auto away = rejected;
            away.insert(away.end(), down.begin(), down.end());
            const auto chosen = random.one_in(2) ? selector.select(poise::except(rejected))
                                                 : selector.select(all_but(rejected, model.members));
            const auto expected = model.choose(away);
            REQUIRE(chosen.has_value() == expected.has_value());
            if (!chosen) continue;
            REQUIRE(model.members[static_cast<std::size_t>(*chosen)].id == *expected);
            REQUIRE(scripted_engine::last_place() == model.place);
            if (random.one_in(2)) {
                selector.opened(*chosen);
                ++model.served[*expected];
            }
            REQUIRE(selector.connections(*chosen) == model.served[*expected]);
        }
    }
}

TEST_CASE("random_draws: one draw from a table has the shares of the weights, from a ring those of its arcs") {
    const std::vector<poise::member> members{{40, 3}, {10, 1}, {20, 0}, {30, 7}, {50, 2}};
    std::vector<std::uint64_t> counts(members.size());
    on_a_table table({.draws = 1, .seed = 4});
    table.assign(members);
    for (int i = 0; i < 100'000; ++i) ++counts[static_cast<std::size_t>(table.select().value())];
    CHECK(agree(counts, std::vector<double>{3, 1, 0, 7, 2}));

    counts.assign(members.size(), 0);
    random_draws ring({.draws = 1, .seed = 4});
    ring.assign(members);
    for (int i = 0; i < 100'000; ++i) ++counts[static_cast<std::size_t>(ring.select().value())];
    const auto arcs = ring_model<poise::haproxy_layout>(members).arcs();
    std::vector<double> shares;
    for (const poise::member& m : members) {
        shares.push_back(arcs.contains(m.id) ? static_cast<double>(arcs.at(m.id)) : 0);
    }
    CHECK(agree(counts, shares));
}

TEST_CASE("random_draws: two draws avoid the busiest, which only a draw of it twice can choose") {
    on_a_table selector({.draws = 2, .seed = 6});
    selector.assign(poise::members({1, 1, 1, 1}));
    selector.opened(slot{3});
    std::vector<std::uint64_t> counts(4);
    for (int i = 0; i < 100'000; ++i) ++counts[static_cast<std::size_t>(selector.select().value())];
    CHECK(agree(counts, std::vector<double>{5, 5, 5, 1}));
}

TEST_CASE("random_draws: connections survive assign with their members; seeds and reset begin the numbers") {
    random_draws selector({.seed = 5});
    selector.assign(std::vector<poise::member>{{10, 1}, {20, 1}, {30, 1}});
    for (int i = 0; i < 3; ++i) selector.opened(slot{1});
    selector.opened(slot{2});
    selector.assign(std::vector<poise::member>{{30, 9}, {40, 1}, {20, 2}});
    CHECK(selector.connections(slot{0}) == 1);
    CHECK(selector.connections(slot{1}) == 0);
    CHECK(selector.connections(slot{2}) == 3);
    selector.closed(slot{1});
    CHECK(selector.connections(slot{1}) == 0);
    CHECK(selector.connections(slot{3}) == 0);

    const auto made = [](std::uint64_t seed) {
        random_draws one({.seed = seed});
        one.assign(poise::members({1, 1, 1, 1}));
        return one;
    };
    const auto first = future(made(5), 60);
    CHECK(future(made(5), 60) == first);
    CHECK(future(made(6), 60) != first);
    auto one = made(5);
    for (int i = 0; i < 7; ++i) CHECK(one.select());
    one.reset();
    CHECK(one == made(5));
    CHECK(future(one, 60) == first);
}

TEST_CASE("random_draws: nobody to choose draws nothing in the end") {
    random_draws selector({.seed = 5});
    selector.assign(poise::members({1, 3}));
    CHECK(selector.select());
    const random_draws before = selector;
    CHECK_FALSE(selector.select([](slot) { return false; }));
    CHECK(selector == before);
}

TEST_CASE("random_draws: no draws, twins and what the keyed selector cannot hold are refused, and nothing changes") {
    const std::string refused = "poise: random_draws: ";
    CHECK(message_of([] { static_cast<void>(random_draws({.draws = 0})); }) ==
          refused + "draws 0 (expected at least 1)");
    CHECK(message_of([] { static_cast<void>(random_draws({.draws = 0xffffffffU})); }) == "nothing was thrown");
    on_a_table selector;
    selector.assign(poise::members({2, 1}));
    selector.opened(slot{1});
    CHECK(selector.select());
    const on_a_table before = selector;
    const std::vector<poise::member> twins{{7, 1}, {7, 2}};
    CHECK(message_of([&] { selector.assign(twins); }) == refused + "duplicate member id 7 (expected ids that differ)");
    CHECK(message_of([&] {
              selector.assign(poise::members({16'777'216, 1}));
          }).starts_with("poise: modulo_hash: number of positions 16777217 (expected "));
    CHECK(selector == before);
    CHECK(random_draws() == random_draws({.draws = 2}));
    CHECK(random_draws() != random_draws({.draws = 3}));
    CHECK(random_draws() != random_draws({.seed = 2}));
}

TEST_CASE("random_draws: a copy selects without allocating") {
    random_draws original({.seed = 8});
    original.assign(poise::members({2, 1, 4}));
    random_draws copy = original;
    const std::uint64_t before = allocations();
    for (int i = 0; i < 100; ++i) {
        const auto chosen = copy.select();
        if (chosen != original.select()) FAIL("a copy differs");
        copy.opened(*chosen);
        original.opened(*chosen);
    }
    CHECK(allocations() == before);
}
