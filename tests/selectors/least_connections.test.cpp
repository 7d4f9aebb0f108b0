// SPDX-License-Identifier: MIT
#include <poise/selectors/least_connections.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>

#include <random>

#include "support/all_selectors.hpp"
#include "support/literal_least_conn.hpp"
#include "support/random.hpp"

using namespace test;
using poise::least_connections;
using poise::slot;

namespace {

using ids = std::vector<std::int64_t>;

slot at(std::size_t index) {
    return static_cast<slot>(index);
}

/// nginx and the selector, side by side, through the same random life.
class side_by_side {
  public:
    side_by_side(std::uint64_t seed, std::uint32_t max_fails, std::uint32_t heaviest)
        : random_(seed),
          heaviest_(heaviest),
          ending_(random_.between(2, 6)),
          selector_({.max_fails = max_fails}) {
        model_.max_fails = max_fails;
        assign(random_members(random_, 8, heaviest_));
    }

    void step() {
        switch (random_.below(32)) {
        case 0: assign(random_.one_in(10) ? random_members(random_, 8, heaviest_) : without_one()); break;
        case 1: assign(with_one_more()); break;
        case 2: assign(reweighted()); break;
        case 3:
        case 4: up_or_down(); break;
        case 5:
        case 6: fail(); break;
        default: request();
        }
        compare();
    }

  private:
    void assign(std::vector<poise::member> members) {
        selector_.assign(members);
        model_.assign(members);
        members_ = std::move(members);
    }
    std::vector<poise::member> without_one() {
        auto next = members_;
        if (!next.empty()) next.erase(next.begin() + static_cast<std::ptrdiff_t>(random_.index(next.size())));
        return next;
    }
    std::vector<poise::member> with_one_more() {
        auto next = members_;
        const std::uint64_t id = random_.below(16); // one who was here before, often
        if (std::ranges::find(next, id, &poise::member::id) != next.end()) return next;
        const auto where = static_cast<std::ptrdiff_t>(random_.index(next.size() + 1));
        next.insert(next.begin() + where, {id, random_.below(heaviest_)});
        return next;
    }
    std::vector<poise::member> reweighted() {
        auto next = members_;
        if (random_.one_in(4)) random_.shuffle(next);
        if (!next.empty())
            next[random_.index(next.size())].weight = random_.one_in(4) ? 0 : random_.between(1, heaviest_);
        return next;
    }
    void up_or_down() {
        if (members_.empty()) return;
        const std::size_t i = random_.index(members_.size());
        model_.peers[i].down = !model_.peers[i].down;
        model_.peers[i].down ? selector_.disable(at(i)) : selector_.enable(at(i));
    }
    void fail() {
        if (members_.empty()) return;
        const std::size_t i = random_.index(members_.size());
        selector_.failed(at(i));
        model_.free_peer_failed(i);
    }
    void request() {
        std::vector<std::uint64_t> tried;
        if (random_.one_in(2)) tried = random_ids(random_, members_, 3);
        for (auto& peer : model_.peers) peer.tried = contains(tried, peer.id);
        const auto chosen =
            random_.one_in(2) ? selector_.select(poise::except(tried)) : selector_.select(all_but(tried, members_));
        const auto expected = model_.get_least_peer();
        REQUIRE(chosen.has_value() == expected.has_value());
        if (chosen) REQUIRE(static_cast<std::size_t>(*chosen) == *expected);
        if (chosen && !random_.one_in(6)) {
            selector_.opened(*chosen);
            model_.opened(*expected);
        }
        if (members_.empty() || !random_.one_in(ending_)) return;
        for (std::uint32_t endings = random_.between(1, 5); endings > 0; --endings) {
            const std::size_t i = random_.index(members_.size());
            selector_.closed(at(i));
            model_.closed(i);
        }
    }
    void compare() {
        bool same = selector_.size() == members_.size();
        for (std::size_t i = 0; same && i < members_.size(); ++i) {
            same = selector_.connections(at(i)) == model_.conns[members_[i].id];
        }
        REQUIRE(same);
    }

    random_source random_;
    std::uint32_t heaviest_;
    std::uint32_t ending_;
    least_connections selector_;
    literal_least_conn model_{};
    std::vector<poise::member> members_{};
};

} // namespace

TEST_CASE("least_connections does as nginx does, step for step") {
    for (const std::uint32_t max_fails : {0U, 1U, 2U, 3U, 1'000'000U}) {
        for (const std::uint32_t heaviest : {1U, 3U, 12U, 1000U, 0xffffffffU}) {
            const std::uint64_t seed = 31 * std::uint64_t{max_fails} + heaviest;
            INFO("seed " << seed << ", max_fails " << max_fails << ", heaviest " << heaviest);
            side_by_side both(seed, max_fails, heaviest);
            for (int step = 0; step < 40'000; ++step) both.step();
        }
    }
}

TEST_CASE("least_connections: the fewest for the weight; select does not count") {
    least_connections selector;
    selector.assign(poise::members({2, 1, 0}));
    for (const std::uint32_t where : {0U, 0U, 0U, 1U, 2U}) selector.opened(slot{where});
    CHECK(selector.select() == slot{1}); // 3/2 against 1
    CHECK(selector.select() == slot{1});
    selector.closed(slot{0});
    selector.closed(slot{0});
    CHECK(selector.select() == slot{0}); // 1/2 against 1
    CHECK(selector.connections(slot{0}) == 1);
    CHECK(selector.connections(slot{1}) == 1);
    CHECK(selector.connections(slot{2}) == 1);
}

TEST_CASE("least_connections: a tie is settled by turns, from the first of those tied on") {
    least_connections selector;
    selector.assign(poise::members({5, 1, 1}));
    CHECK(future(selector, 7) == ids{0, 0, 1, 0, 2, 0, 0});
    selector.opened(slot{0});
    CHECK(future(selector, 4) == ids{1, 2, 1, 2});
}

TEST_CASE("least_connections: reset forgets whose turn it is, and failures") {
    least_connections selector;
    selector.assign(poise::members({5, 1, 1}));
    const least_connections fresh = selector;
    CHECK(selector.select() == slot{0});
    selector.failed(slot{0});
    CHECK(selector != fresh);
    selector.reset();
    CHECK(selector == fresh);
    CHECK(future(selector, 3) == ids{0, 0, 1});
}

TEST_CASE("least_connections: a rule for ties that is none is refused") {
    REQUIRE_THROWS_WITH(poise::least_connections({.ties = static_cast<poise::ties>(9)}),
                        "poise: least_connections: ties 9 (expected smooth, first, random or fifo)");
}

TEST_CASE("least_connections: never below none") {
    least_connections selector;
    selector.assign(poise::members({1, 1}));
    const least_connections before = selector;
    selector.closed(slot{0});
    CHECK(selector == before);
    selector.opened(slot{0});
    CHECK(selector != before);
    for (int i = 0; i < 3; ++i) selector.closed(slot{0});
    CHECK(selector.connections(slot{0}) == 0);
    selector.opened(slot{0});
    CHECK(selector.connections(slot{0}) == 1);
}

TEST_CASE("least_connections: slots that nobody has are ignored") {
    least_connections selector;
    for (int size = 0; size < 2; ++size) {
        const least_connections before = selector;
        for (const slot beyond : {slot{3}, slot{4}, slot{0xffffffffU}}) {
            selector.opened(beyond);
            selector.closed(beyond);
            selector.failed(beyond);
            CHECK(selector.connections(beyond) == 0);
        }
        CHECK(selector == before);
        selector.assign(poise::members({1, 1, 1}));
    }
}

TEST_CASE("least_connections: counts live by id, through assign, reset, disable and weight 0; not through leaving") {
    least_connections selector;
    selector.assign(poise::members({1, 2, 3}));
    for (int i = 0; i < 5; ++i) selector.opened(slot{1});
    selector.opened(slot{2});
    selector.disable(slot{1});
    selector.reset();
    CHECK(selector.connections(slot{1}) == 5);
    const std::vector<poise::member> reordered{{9, 1}, {2, 3}, {1, 0}};
    selector.assign(reordered);
    CHECK(selector.connections(slot{0}) == 0);
    CHECK(selector.connections(slot{1}) == 1);
    CHECK(selector.connections(slot{2}) == 5);
    selector.closed(slot{2});
    selector.assign(std::vector<poise::member>{{9, 1}, {2, 3}});
    selector.assign(std::vector<poise::member>{{1, 1}, {2, 3}});
    CHECK(selector.connections(slot{0}) == 0);
    CHECK(selector.connections(slot{1}) == 1);
    CHECK(selector.select() == slot{0});
}

TEST_CASE("least_connections: a failure counts only in turns, and heals in them") {
    least_connections selector({.max_fails = 1});
    selector.assign(poise::members({2, 2}));
    selector.failed(slot{0});
    CHECK(future(selector, 6) == ids{1, 1, 0, 1, 0, 1});
    selector.opened(slot{1});
    CHECK(selector.select() == slot{0}); // however often it failed, it is the least loaded
    least_connections unforgetting({.max_fails = 0});
    unforgetting.assign(poise::members({2, 2}));
    unforgetting.failed(slot{0});
    CHECK(future(unforgetting, 2) == ids{0, 1});
}
