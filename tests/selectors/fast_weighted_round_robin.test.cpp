// SPDX-License-Identifier: MIT
#include <poise/selectors/fast_weighted_round_robin.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <stdexcept>
#include <string>

#include "support/all_selectors.hpp"
#include "support/allocations.hpp"
#include "support/literal_fwrr.hpp"
#include "support/random.hpp"

using namespace test;
using poise::fast_weighted_round_robin;
using poise::slot;

namespace {

using ids = std::vector<std::int64_t>;

constexpr bool published_order() {
    fast_weighted_round_robin selector;
    selector.assign(poise::members({5, 1, 1}));
    for (const std::uint32_t expected : {0U, 0U, 0U, 1U, 0U, 0U, 2U}) {
        if (selector.select() != slot{expected}) return false;
    }
    return true;
}
static_assert(published_order(), "a a a b a a c");

constexpr bool changes_before_run_time() {
    fast_weighted_round_robin selector;
    selector.assign(poise::members({2, 1}));
    static_cast<void>(selector.select());
    selector.assign(poise::members({2, 3, 1}));
    selector.disable(slot{0});
    selector.reset();
    return selector.select() == slot{1};
}
static_assert(changes_before_run_time());

std::string letters_of(std::initializer_list<std::uint32_t> weights, std::uint32_t factor) {
    std::vector<poise::member> members = poise::members(weights);
    std::uint64_t sum = 0;
    for (const poise::member& m : members) sum += m.weight;
    for (poise::member& m : members) m.weight *= factor;
    fast_weighted_round_robin selector;
    selector.assign(members);
    std::string letters;
    for (const std::int64_t id : future(selector, sum)) letters += static_cast<char>('A' + id);
    return letters;
}

std::string message_of(fast_weighted_round_robin& selector, const std::vector<poise::member>& members) {
    try {
        selector.assign(members);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "nothing was thrown";
}

/// HAProxy and the selector, side by side, through the same random life.
class side_by_side {
  public:
    side_by_side(std::uint64_t seed, std::uint32_t most, std::uint32_t heaviest)
        : random_(seed),
          most_(most),
          heaviest_(heaviest) {
        assign(random_members(random_, most_, heaviest_));
    }

    void step(std::uint32_t rest) {
        switch (random_.below(rest)) {
        case 0: assign(random_members(random_, most_, heaviest_)); break;
        case 1: add(); break;
        case 2: remove(); break;
        case 3:
        case 4:
        case 5: reweight(random_.between(1, heaviest_)); break;
        case 6: reweight(0); break;
        case 7: reorder(); break;
        case 8: several_at_once(); break;
        case 9:
        case 10: up_or_down(); break;
        case 11: reset(); break;
        default: choose(random_.below(3)); break;
        }
    }

  private:
    void assign(std::vector<poise::member> members) {
        selector_.assign(members);
        model_.assign(members);
        members_ = std::move(members);
        std::erase_if(down_, [this](std::uint64_t id) { return !model_.servers.contains(id); });
    }
    void add() {
        auto next = members_;
        const auto at = static_cast<std::ptrdiff_t>(random_.index(next.size() + 1));
        if (next.size() < 2 * most_) next.insert(next.begin() + at, {1000 + added_++, random_.below(heaviest_ + 1)});
        assign(next);
    }
    void remove() {
        auto next = members_;
        if (!next.empty()) next.erase(next.begin() + static_cast<std::ptrdiff_t>(random_.index(next.size())));
        assign(next);
    }
    void reweight(std::uint32_t weight) {
        auto next = members_;
        if (!next.empty()) next[random_.index(next.size())].weight = weight;
        assign(next);
    }
    void reorder() {
        auto next = members_;
        random_.shuffle(next);
        assign(next);
    }
    void several_at_once() {
        std::vector<poise::member> next;
        for (poise::member m : members_) {
            if (random_.one_in(4)) continue;
            if (random_.one_in(3)) m.weight = random_.below(heaviest_ + 1);
            next.push_back(m);
        }
        next.push_back({1000 + added_++, random_.between(1, heaviest_)});
        random_.shuffle(next);
        assign(next);
    }
    void up_or_down() {
        if (members_.empty()) return;
        const std::size_t i = random_.index(members_.size());
        if (std::erase(down_, members_[i].id) == 0) {
            down_.push_back(members_[i].id);
            selector_.disable(static_cast<slot>(i));
        } else {
            selector_.enable(static_cast<slot>(i));
        }
    }
    void reset() {
        if (!random_.one_in(8)) return;
        selector_.reset();
        model_.start();
    }
    void choose(std::uint32_t how) {
        std::vector<std::uint64_t> tried;
        if (how != 0) tried = random_ids(random_, members_, random_.between(1, 5));
        for (auto& [id, server] : model_.servers) server.saturated = contains(tried, id) || contains(down_, id);
        const auto chosen = how == 0   ? selector_.select()
                            : how == 1 ? selector_.select(poise::except(tried))
                                       : selector_.select(all_but(tried, members_));
        const auto expected = model_.pick();
        REQUIRE(chosen.has_value() == expected.has_value());
        if (chosen) REQUIRE(members_[static_cast<std::size_t>(*chosen)].id == *expected);
    }

    random_source random_;
    std::uint32_t most_;
    std::uint32_t heaviest_;
    std::uint64_t added_ = 0;
    fast_weighted_round_robin selector_;
    literal_fwrr model_;
    std::vector<poise::member> members_;
    std::vector<std::uint64_t> down_;
};

} // namespace

TEST_CASE("fast_weighted_round_robin: what a running HAProxy chose") {
    CHECK(letters_of({5, 1, 1}, 1) == "AAABAAC");
    CHECK(letters_of({4, 3, 2}, 1) == "ABACBAABC");
    CHECK(letters_of({1, 2, 3}, 1) == "CBCACB");
    CHECK(letters_of({3, 2, 1}, 1) == "ABACAB");
    CHECK(letters_of({0, 2, 0, 1}, 1) == "BBD");
    CHECK(letters_of({256}, 1) == std::string(256, 'A'));
}

TEST_CASE("fast_weighted_round_robin does as HAProxy does, step for step") {
    for (const std::uint32_t most : {2U, 3U, 8U, 40U}) {
        for (const std::uint32_t heaviest : {1U, 3U, 16U, 256U}) {
            for (const std::uint32_t rest : {14U, 40U, 400U}) { // one in so many steps is a change of each kind
                const std::uint64_t seed = 100'003 * std::uint64_t{most} + 1009 * std::uint64_t{heaviest} + rest;
                INFO("seed " << seed << ", most " << most << ", heaviest " << heaviest << ", rest " << rest);
                side_by_side both(seed, most, heaviest);
                for (int step = 0; step < 4000; ++step) both.step(rest);
            }
        }
    }
}

TEST_CASE("fast_weighted_round_robin: weights that change when the round is nearly over, and some wait for the next") {
    for (std::uint64_t seed = 1; seed <= 1500; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        std::vector<poise::member> members;
        const std::uint32_t size = random.between(2, 5);
        for (std::uint64_t id = 0; id < size; ++id) members.push_back({id, random.between(1, 5)});
        fast_weighted_round_robin selector;
        literal_fwrr model;
        for (int change = 0; change < 8; ++change) {
            selector.assign(members);
            model.assign(members);
            const std::uint64_t end = std::max(2 * model.W, model.P);
            const std::uint64_t left = model.curr.empty() ? model.W : end - model.P;
            for (std::uint64_t i = left + random.below(12); i > 6; --i) {
                REQUIRE(static_cast<std::uint64_t>(selector.select().value()) == model.pick());
            }
            members[random.index(size)].weight = random.between(1, 12);
        }
    }
}

TEST_CASE("fast_weighted_round_robin: who is rejected or down when its turn comes loses that turn") {
    fast_weighted_round_robin selector;
    selector.assign(poise::members({1, 1}));
    CHECK(selector.select([](slot where) { return where == slot{1}; }) == slot{1});
    CHECK(future(selector, 4) == ids{0, 1, 0, 1}); // both turns of this round have passed
    selector.reset();
    CHECK(future(selector, 4) == ids{0, 1, 0, 1});
    selector.disable(slot{0});
    for (int i = 0; i < 5; ++i) CHECK(selector.select() == slot{1});
    selector.enable(slot{0});
    std::array<int, 2> counts{};
    for (const std::int64_t id : future(selector, 20)) ++counts[static_cast<std::size_t>(id)];
    CHECK(counts == std::array<int, 2>{10, 10}); // it does not catch up
}

TEST_CASE("fast_weighted_round_robin: when nobody may be chosen everybody's turn has passed") {
    fast_weighted_round_robin selector;
    selector.assign(poise::members({3, 2, 2}));
    literal_fwrr model;
    model.assign(selector.members());
    const fast_weighted_round_robin fresh = selector;
    for (int i = 0; i < 5; ++i) {
        for (auto& [id, server] : model.servers) server.saturated = true;
        CHECK_FALSE(selector.select([](slot) { return false; }));
        CHECK_FALSE(model.pick());
        CHECK(selector != fresh);
        for (auto& [id, server] : model.servers) server.saturated = false;
        for (int pick = 0; pick < 4; ++pick) {
            CHECK(static_cast<std::uint64_t>(selector.select().value()) == model.pick());
        }
    }
}

TEST_CASE("fast_weighted_round_robin: a changed weight moves that member alone") {
    fast_weighted_round_robin selector;
    selector.assign(poise::members({4, 4, 4, 4}));
    for (int i = 0; i < 5; ++i) CHECK(selector.select() == slot{static_cast<std::uint32_t>(i % 4)});
    selector.assign(poise::members({4, 4, 4, 1})); // its next turn was to come in 3, and now comes no later
    CHECK(future(selector, 3) == ids{1, 2, 3});
    selector.assign(poise::members({4, 4, 4, 0}));
    CHECK(future(selector, 5) == ids{1, 2, 0, 1, 2});
    const auto without = selector;
    std::vector<poise::member> more(selector.members().begin(), selector.members().end());
    more.push_back({9, 1});
    selector.assign(more); // joins after a step of its own, that is, in the next round
    CHECK(future(selector, 2) == future(without, 2));
    std::array<int, 10> counts{};
    for (const std::int64_t id : future(selector, 130)) ++counts[static_cast<std::size_t>(id)];
    CHECK(counts[9] >= 9);
    CHECK(counts[9] <= 10);
}

TEST_CASE("fast_weighted_round_robin: as many members as there may be have the shares of their weights") {
    random_source random(4095);
    std::vector<poise::member> members;
    for (std::uint64_t id = 0; id < fast_weighted_round_robin::max_members; ++id) {
        members.push_back({id * 7919, random.below(4)});
    }
    members.front().weight = fast_weighted_round_robin::max_weight;
    std::uint64_t round = 0;
    for (const poise::member& m : members) round += m.weight;
    fast_weighted_round_robin selector;
    selector.assign(members);
    std::vector<std::uint32_t> counts(members.size());
    for (int rounds = 1; rounds <= 2; ++rounds) {
        for (std::uint64_t i = 0; i < round; ++i) ++counts[static_cast<std::size_t>(selector.select().value())];
        bool exact = true;
        for (std::size_t i = 0; i < members.size(); ++i) {
            exact &= counts[i] == static_cast<std::uint32_t>(rounds) * members[i].weight;
        }
        CHECK(exact);
    }
}

TEST_CASE("fast_weighted_round_robin: weights and members beyond HAProxy's limits are refused, and nothing changes") {
    fast_weighted_round_robin selector;
    selector.assign(poise::members({2, 1}));
    CHECK(selector.select());
    const fast_weighted_round_robin before = selector;
    const std::string refused = "poise: fast_weighted_round_robin: ";
    CHECK(message_of(selector, poise::members({1, 257})) == refused + "weight 257 (expected at most 256)");
    CHECK(message_of(selector, poise::members({0xffffffffU})) == refused + "weight 4294967295 (expected at most 256)");
    CHECK(message_of(selector, std::vector<poise::member>(4096)) ==
          refused + "number of members 4096 (expected at most 4095)");
    CHECK(message_of(selector, {{7, 1}, {7, 2}}) == refused + "duplicate member id 7 (expected ids that differ)");
    CHECK(selector == before);
    CHECK(future(selector, 9) == future(before, 9));
    CHECK(fast_weighted_round_robin::max_members == 4095);
    CHECK(fast_weighted_round_robin::max_weight == 256);
}

TEST_CASE("fast_weighted_round_robin: a copy selects without allocating, whatever it was copied in the middle of") {
    random_source random(3);
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        INFO("seed " << seed);
        auto members = random_members(random, 30, 256);
        members.push_back({1000, 1});
        fast_weighted_round_robin original;
        original.assign(members);
        for (std::uint32_t i = random.below(60); i > 0; --i) CHECK(original.select());
        fast_weighted_round_robin copy = original;
        fast_weighted_round_robin assigned;
        assigned.assign(poise::members({1}));
        assigned = original;
        const auto away = random_ids(random, members, 2);
        const auto predicate = all_but(away, members);
        const std::uint64_t before = allocations();
        for (int i = 0; i < 300; ++i) {
            const auto chosen = i % 3 == 0   ? copy.select()
                                : i % 3 == 1 ? copy.select(poise::except(away))
                                             : copy.select(predicate);
            const auto same = i % 3 == 0   ? assigned.select()
                              : i % 3 == 1 ? assigned.select(poise::except(away))
                                           : assigned.select(predicate);
            if (chosen != same) FAIL("copies differ");
        }
        CHECK(allocations() == before);
    }
}

// Orders that run out after some turns, as 30 bits of them do after a thousand million.
TEST_CASE("fast_weighted_round_robin goes on when its queues run out of orders") {
    poise::fast_weighted_round_robin selector;
    poise::basic_fast_weighted_round_robin<poise::detail::basic_turn_queue<14>> soon;
    random_source random(5);
    std::vector<poise::member> members;
    for (std::uint64_t id = 0; id < 30; ++id) members.push_back({.id = id, .weight = random.between(1, 20)});
    for (int change = 0; change < 20; ++change) {
        members[random.index(members.size())].weight = random.below(20);
        selector.assign(members);
        soon.assign(members);
        for (int turn = 0; turn < 5000; ++turn) {
            const std::vector<std::uint64_t> tried = random_ids(random, members, 20);
            REQUIRE(selector.select(poise::except(tried)) == soon.select(poise::except(tried)));
        }
    }
}
