// SPDX-License-Identifier: MIT
#include <poise/selectors/smooth_weighted_round_robin.hpp>

#include <catch2/catch_test_macros.hpp>

#include "support/all_selectors.hpp"
#include "support/literal_nginx.hpp"
#include "support/random.hpp"

using namespace test;
using poise::slot;
using poise::smooth_weighted_round_robin;

namespace {

using ids = std::vector<std::int64_t>;

constexpr bool published_order() {
    smooth_weighted_round_robin selector;
    selector.assign(poise::members({5, 1, 1}));
    for (const std::uint32_t expected : {0U, 0U, 1U, 0U, 2U, 0U, 0U, 0U, 0U, 1U}) {
        if (selector.select() != slot{expected}) return false;
    }
    return true;
}
static_assert(published_order(), "a a b a c a a");

/// nginx and the selector, side by side, through the same random life.
class side_by_side {
  public:
    side_by_side(std::uint64_t seed, std::uint32_t max_fails, std::uint32_t heaviest)
        : random_(seed),
          heaviest_(heaviest),
          selector_({.max_fails = max_fails}),
          model_{.max_fails = max_fails} {
        assign(random_members(random_, most_, heaviest_));
    }

    void step() {
        switch (random_.below(24)) {
        case 0: assign(random_members(random_, most_, heaviest_)); break;
        case 1: add(); break;
        case 2: remove(); break;
        case 3: reweight(random_.between(1, heaviest_)); break;
        case 4: reweight(0); break;
        case 5: back_from_zero(); break;
        case 6: reorder(); break;
        case 7: several_at_once(); break;
        case 8:
        case 9: up_or_down(); break;
        case 10:
        case 11:
        case 12: fail(); break;
        default: choose(random_.below(3)); break;
        }
        compare();
    }

  private:
    static constexpr std::uint32_t most_ = 8;

    void assign(std::vector<poise::member> members) {
        selector_.assign(members);
        model_.assign(members);
        members_ = std::move(members);
    }
    void add() {
        auto next = members_;
        const auto at = static_cast<std::ptrdiff_t>(random_.index(next.size() + 1));
        if (next.size() < 2 * most_) next.insert(next.begin() + at, {1000 + added_++, random_.below(heaviest_)});
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
    void back_from_zero() {
        auto next = members_;
        for (std::size_t i = 0; i < next.size(); ++i) {
            if (next[i].weight == 0) next[i].weight = static_cast<std::uint32_t>(model_.peers[i].old_weight);
        }
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
            if (random_.one_in(4)) m.weight = random_.below(heaviest_);
            next.push_back(m);
        }
        next.push_back({1000 + added_++, random_.between(1, heaviest_)});
        assign(next);
    }
    void up_or_down() {
        if (members_.empty()) return;
        const std::size_t i = random_.index(members_.size());
        model_.peers[i].down = !model_.peers[i].down;
        model_.peers[i].down ? selector_.disable(static_cast<slot>(i)) : selector_.enable(static_cast<slot>(i));
    }
    void fail() {
        if (members_.empty()) return;
        const std::size_t i = random_.index(members_.size());
        selector_.failed(static_cast<slot>(i));
        model_.free_peer_failed(i);
    }
    void choose(std::uint32_t how) {
        std::vector<std::uint64_t> tried;
        if (how != 0) tried = random_ids(random_, members_, 3);
        for (auto& peer : model_.peers) peer.tried = contains(tried, peer.id);
        const auto chosen = how == 0   ? selector_.select()
                            : how == 1 ? selector_.select(poise::except(tried))
                                       : selector_.select(all_but(tried, members_));
        const auto expected = model_.get_peer();
        REQUIRE(chosen.has_value() == expected.has_value());
        if (chosen) REQUIRE(static_cast<std::size_t>(*chosen) == *expected);
    }
    void compare() const {
        bool same = selector_.size() == model_.peers.size();
        std::int64_t sum = 0;
        for (std::size_t i = 0; same && i < model_.peers.size(); ++i) {
            const auto where = static_cast<slot>(i);
            same = selector_.current_weight(where) == model_.peers[i].current &&
                   selector_.effective_weight(where) == model_.peers[i].effective;
            sum += model_.peers[i].current;
        }
        REQUIRE(same);
        REQUIRE(std::abs(sum) <= static_cast<std::int64_t>(members_.size()));
    }

    random_source random_;
    std::uint32_t heaviest_;
    std::uint64_t added_ = 0;
    smooth_weighted_round_robin selector_;
    literal_nginx model_;
    std::vector<poise::member> members_;
};

} // namespace

TEST_CASE("smooth_weighted_round_robin does as nginx does, step for step") {
    for (const std::uint32_t max_fails : {0U, 1U, 2U, 3U, 4U, 1'000'000U, 0xffffffffU}) {
        for (const std::uint32_t heaviest : {1U, 3U, 12U, 1000U, 0xffffffffU}) {
            const std::uint64_t seed = 31 * std::uint64_t{max_fails} + heaviest;
            INFO("seed " << seed << ", max_fails " << max_fails << ", heaviest " << heaviest);
            side_by_side both(seed, max_fails, heaviest);
            for (int step = 0; step < 32'000; ++step) both.step();
        }
    }
}

TEST_CASE("smooth_weighted_round_robin decays and recovers as nginx does") {
    smooth_weighted_round_robin selector({.max_fails = 2});
    selector.assign(poise::members({6, 3, 1}));
    ids chosen;
    std::vector<std::uint32_t> effective;
    for (int request = 1; request <= 9; ++request) {
        chosen.push_back(static_cast<std::int64_t>(selector.select().value()));
        if (request == 6) {
            selector.failed(slot{0});
            const std::vector<std::uint64_t> tried{0};
            chosen.push_back(static_cast<std::int64_t>(selector.select(poise::except(tried)).value()));
        }
        effective.push_back(selector.effective_weight(slot{0}));
    }
    CHECK(chosen == ids{0, 1, 0, 0, 1, 0, 2, 1, 2, 0}); // A B A A B AC B C A
    CHECK(effective == std::vector<std::uint32_t>{6, 6, 6, 6, 6, 3, 4, 5, 6});
}

TEST_CASE("smooth_weighted_round_robin: a failure costs weight / max_fails and is never more than all") {
    const auto after = [](std::uint32_t weight, std::uint32_t max_fails, int failures) {
        smooth_weighted_round_robin selector({.max_fails = max_fails});
        selector.assign(poise::members({weight, 1}));
        for (int i = 0; i < failures; ++i) selector.failed(slot{0});
        return selector.effective_weight(slot{0});
    };
    CHECK(after(5, 0, 9) == 5);
    CHECK(after(5, 1, 1) == 0);
    CHECK(after(5, 2, 1) == 3);
    CHECK(after(5, 2, 3) == 0);
    CHECK(after(5, 6, 9) == 5);
    CHECK(after(0xffffffffU, 1, 2) == 0);
}

TEST_CASE("smooth_weighted_round_robin: effective weights through drained and back, and new weights") {
    smooth_weighted_round_robin selector({.max_fails = 5});
    const auto weigh = [&selector](std::uint32_t weight) {
        selector.assign(poise::members({weight, 1}));
        return selector.effective_weight(slot{0});
    };
    CHECK(weigh(10) == 10);
    selector.failed(slot{0}); // 8 of 10
    CHECK(weigh(0) == 8);
    selector.failed(slot{0}); // drained: nothing to lose
    CHECK(selector.select() == slot{1});
    CHECK(weigh(10) == 8);
    CHECK(weigh(9) == 8);
    CHECK(weigh(6) == 6);   // the smaller: whole again
    CHECK(weigh(20) == 20); // whole before, whole now
}
