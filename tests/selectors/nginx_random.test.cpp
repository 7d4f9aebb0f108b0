// SPDX-License-Identifier: MIT
#include <poise/selectors/nginx_random.hpp>

#include <catch2/catch_test_macros.hpp>

#include <stdexcept>
#include <string>

#include "support/all_selectors.hpp"
#include "support/allocations.hpp"
#include "support/literal_random.hpp"
#include "support/random.hpp"
#include "support/scripted_engine.hpp"
#include "support/statistics.hpp"

using namespace test;
using poise::nginx_random;
using poise::slot;

namespace {

using scripted = poise::basic_nginx_random<scripted_engine>;
using script = std::vector<std::uint64_t>;

constexpr bool draws_before_run_time() {
    nginx_random selector({.draws = 2, .seed = 1});
    selector.assign(poise::members({5, 0, 1}));
    selector.opened(slot{0});
    const bool idle = selector.select() == slot{2}; // of the two that there are
    selector.disable(slot{2});
    return idle && selector.select() == slot{0} && selector.connections(slot{0}) == 1;
}
static_assert(draws_before_run_time());

/// Whom it chooses with these draws below the sum of the weights.
std::optional<slot> chosen_by(scripted& selector, const script& draws) {
    std::uint64_t sum = 0;
    for (const poise::member& m : selector.members()) sum += m.weight;
    scripted_engine::say(draws, sum);
    selector.reset();
    return selector.select();
}

script repeated(std::size_t times, std::uint64_t draw, const script& then) {
    script all(times, draw);
    all.insert(all.end(), then.begin(), then.end());
    return all;
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

TEST_CASE("nginx_random: a draw falls on members side by side, as wide as their weights, in the order of their ids") {
    scripted selector;
    selector.assign(std::vector<poise::member>{{30, 2}, {10, 5}, {20, 1}, {15, 0}});
    for (const std::uint64_t draw : {0U, 1U, 2U, 3U, 4U}) CHECK(chosen_by(selector, {draw}) == slot{1});
    CHECK(chosen_by(selector, {5}) == slot{2});
    CHECK(chosen_by(selector, {6}) == slot{0});
    CHECK(chosen_by(selector, {7}) == slot{0});
    CHECK(scripted_engine::last_place() == 1);
}

TEST_CASE("nginx_random: after more than 20 draws of no use, whose turn it is in smooth weighted round robin") {
    scripted selector;
    selector.assign(poise::members({1, 1, 2}));
    selector.disable(slot{0});
    CHECK(chosen_by(selector, repeated(20, 0, {1})) == slot{1});
    CHECK(scripted_engine::last_place() == 21);
    CHECK(chosen_by(selector, repeated(21, 0, {1})) == slot{2});
    CHECK(scripted_engine::last_place() == 21);
    scripted_engine::say(script(100, 0), 4);
    selector.reset();
    for (const std::uint32_t expected : {2U, 1U, 2U, 2U}) CHECK(selector.select() == slot{expected});
    selector.reset();
    selector.failed(slot{2}); // worth nothing, then 1, then 2 again: 0 to 1, 1 to 1, 3 to 0
    for (const std::uint32_t expected : {1U, 1U, 2U}) CHECK(selector.select() == slot{expected});
}

TEST_CASE("nginx_random: of two draws the second wins unless it has more connections for its weight") {
    scripted selector({.draws = 2});
    selector.assign(poise::members({2, 1}));
    CHECK(chosen_by(selector, {0, 2}) == slot{1});
    CHECK(chosen_by(selector, {2, 0}) == slot{0});
    selector.opened(slot{0});
    selector.opened(slot{0});
    selector.opened(slot{1}); // 2 for 2 and 1 for 1: equal
    CHECK(chosen_by(selector, {0, 2}) == slot{1});
    CHECK(chosen_by(selector, {2, 1}) == slot{0});
    selector.opened(slot{0});
    CHECK(chosen_by(selector, {1, 2}) == slot{1});
    CHECK(chosen_by(selector, {2, 1}) == slot{1});
    selector.opened(slot{1});
    CHECK(chosen_by(selector, {1, 2}) == slot{0});
    CHECK(chosen_by(selector, {2, 1}) == slot{0});
    CHECK(scripted_engine::last_place() == 2);
}

TEST_CASE("nginx_random: of two draws the first counts among the 20, and so does the same member again") {
    scripted selector({.draws = 2});
    selector.assign(poise::members({1, 1, 1}));
    CHECK(chosen_by(selector, repeated(20, 0, {2})) == slot{2});
    CHECK(scripted_engine::last_place() == 21);
    CHECK(chosen_by(selector, repeated(21, 0, {2})) == slot{0});
    CHECK(scripted_engine::last_place() == 21);
    selector.disable(slot{1});
    CHECK(chosen_by(selector, repeated(10, 1, repeated(10, 0, {2}))) == slot{2});
    CHECK(chosen_by(selector, repeated(10, 1, repeated(11, 0, {2}))) == slot{0});
    selector.disable(slot{0}); // one alone is never two
    CHECK(chosen_by(selector, script(30, 2)) == slot{2});
    CHECK(scripted_engine::last_place() == 21);
}

TEST_CASE("nginx_random does as nginx does, draw for draw") {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        const std::uint32_t heaviest = seed % 4 == 0 ? 0xffffffffU : 9;
        const std::uint32_t max_fails = random.below(3);
        literal_random model;
        model.max_fails = max_fails;
        model.draws = random.between(1, 2);
        std::uint64_t number = seed;
        scripted_engine::script().clear();
        for (int i = 0; i < 21 * 1500; ++i) {
            number = number * 6364136223846793005U + 1442695040888963407U;
            scripted_engine::script().push_back(number);
        }
        model.numbers = scripted_engine::script();
        scripted selector({.draws = model.draws, .max_fails = max_fails});
        std::vector<poise::member> members;
        for (int step = 0; step < 1500; ++step) {
            if (random.one_in(40)) {
                members = random_members(random, 6, heaviest);
                selector.assign(members);
                model.assign(members);
            }
            if (members.empty()) continue;
            const std::size_t i = random.index(members.size());
            const auto where = static_cast<slot>(i);
            switch (random.below(12)) {
            case 0:
                model.peers[i].down = !model.peers[i].down;
                model.peers[i].down ? selector.disable(where) : selector.enable(where);
                break;
            case 1:
                selector.failed(where);
                model.free_peer_failed(i);
                break;
            case 2:
            case 3:
                selector.closed(where);
                model.closed(i);
                break;
            default: break;
            }
            const auto tried = random_ids(random, members, random.between(1, 4));
            for (auto& peer : model.peers) peer.tried = contains(tried, peer.id);
            const auto chosen =
                random.one_in(2) ? selector.select(poise::except(tried)) : selector.select(all_but(tried, members));
            const auto expected = model.get_random_peer();
            REQUIRE(chosen.has_value() == expected.has_value());
            if (!chosen) continue;
            REQUIRE(static_cast<std::size_t>(*chosen) == *expected);
            REQUIRE(scripted_engine::last_place() == model.place);
            if (random.one_in(2)) {
                selector.opened(*chosen);
                model.opened(*expected);
            }
            REQUIRE(selector.connections(*chosen) == model.conns[members[*expected].id]);
        }
    }
}

TEST_CASE("nginx_random: by chance, shares are those of the weights") {
    nginx_random selector({.seed = 4});
    selector.assign(poise::members({3, 1, 0, 7, 2}));
    std::vector<std::uint64_t> counts(5);
    for (int i = 0; i < 100'000; ++i) ++counts[static_cast<std::size_t>(selector.select().value())];
    CHECK(agree(counts, std::vector<double>{3, 1, 0, 7, 2}));
    counts.assign(5, 0);
    const std::vector<std::uint64_t> tried{3};
    for (int i = 0; i < 100'000; ++i) {
        ++counts[static_cast<std::size_t>(selector.select(poise::except(tried)).value())];
    }
    // 7 of 13 draws are rejected; all 21 are once in 440,000 times
    CHECK(agree(counts, std::vector<double>{3, 1, 0, 0, 2}));
}

TEST_CASE("nginx_random: with two draws and nobody busier, the second of two that differ") {
    nginx_random selector({.draws = 2, .seed = 9});
    selector.assign(poise::members({3, 1, 2}));
    std::vector<std::uint64_t> counts(3);
    for (int i = 0; i < 100'000; ++i) ++counts[static_cast<std::size_t>(selector.select().value())];
    // the first by weight, then the second among the others by weight
    CHECK(agree(counts, std::vector<double>{1.0 / 6 * 3 / 5 + 2.0 / 6 * 3 / 4, 3.0 / 6 * 1 / 3 + 2.0 / 6 * 1 / 4,
                                            3.0 / 6 * 2 / 3 + 1.0 / 6 * 2 / 5}));
}

TEST_CASE("nginx_random: connections survive assign with their members; seeds and reset begin the numbers") {
    nginx_random selector({.draws = 2, .seed = 5});
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
        nginx_random one({.seed = seed});
        one.assign(poise::members({1, 1, 1, 1}));
        return one;
    };
    const auto first = future(made(5), 60);
    CHECK(future(made(5), 60) == first);
    CHECK(future(made(6), 60) != first);
    auto one = made(5);
    for (int i = 0; i < 7; ++i) CHECK(one.select());
    one.opened(slot{2});
    one.reset();
    CHECK(one.connections(slot{2}) == 1);
    CHECK(future(one, 60) == first);
}

TEST_CASE("nginx_random: nobody to choose draws nothing in the end") {
    nginx_random selector({.draws = 2, .seed = 5});
    selector.assign(poise::members({1, 3}));
    CHECK(selector.select());
    const nginx_random before = selector;
    CHECK_FALSE(selector.select([](slot) { return false; }));
    CHECK(selector == before);
}

TEST_CASE("nginx_random: a number of draws that nginx does not have is refused, and so are members") {
    const std::string refused = "poise: nginx_random: ";
    for (const std::uint32_t draws : {0U, 3U, 0xffffffffU}) {
        CHECK(message_of([draws] { static_cast<void>(nginx_random({.draws = draws})); }) ==
              refused + "draws " + std::to_string(draws) + " (expected 1 or 2)");
    }
    CHECK(message_of([] { static_cast<void>(nginx_random({.draws = 1})); }) == "nothing was thrown");
    CHECK(message_of([] { static_cast<void>(nginx_random({.draws = 2})); }) == "nothing was thrown");
    nginx_random selector;
    selector.assign(poise::members({2, 1}));
    selector.opened(slot{1});
    CHECK(selector.select());
    const nginx_random before = selector;
    const std::vector<poise::member> twins{{7, 1}, {7, 2}};
    CHECK(message_of([&] { selector.assign(twins); }) == refused + "duplicate member id 7 (expected ids that differ)");
    CHECK(selector == before);
    CHECK(nginx_random() != nginx_random({.draws = 2}));
    CHECK(nginx_random() != nginx_random({.max_fails = 2}));
    CHECK(nginx_random() != nginx_random({.seed = 2}));
}

TEST_CASE("nginx_random: a copy selects without allocating") {
    nginx_random original({.draws = 2, .seed = 8});
    original.assign(poise::members({2, 1, 4}));
    nginx_random copy = original;
    const std::uint64_t before = allocations();
    for (int i = 0; i < 100; ++i) {
        const auto chosen = copy.select();
        if (chosen != original.select()) FAIL("a copy differs");
        copy.opened(*chosen);
        original.opened(*chosen);
    }
    CHECK(allocations() == before);
}
