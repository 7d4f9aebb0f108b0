// SPDX-License-Identifier: MIT
// smooth_race against the loop of smooth_weights, through selectors: whatever happens, the same choices and weights.
#include <poise/detail/smooth_race.hpp>
#include <poise/selectors/smooth_weighted_round_robin.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "support/allocations.hpp"
#include "support/random.hpp"

using namespace test;
using poise::slot;
using poise::smooth_weighted_round_robin;

namespace {

// What smooth_weighted_round_robin was before it went faster.
class plain_loop {
  public:
    void assign(std::span<const poise::member> members) {
        poise::detail::membership next(members, members_, "plain_loop");
        weights_ = poise::detail::smooth_weights(next, members_, weights_, "plain_loop");
        members_ = std::move(next);
    }
    template <class Accept = poise::accept_all>
    std::optional<slot> select(const Accept& accept = {}) {
        const auto chosen = weights_.turn(members_.eligible(accept));
        return chosen ? std::optional(static_cast<slot>(*chosen)) : std::nullopt;
    }
    void failed(slot where) { weights_.failed(members_, where, 2); }
    void disable(slot where) { members_.disable(where); }
    void enable(slot where) { members_.enable(where); }
    void reset() { weights_.reset(members_); }
    [[nodiscard]] std::int64_t current_weight(slot where) const { return weights_.current(where); }
    [[nodiscard]] std::uint32_t effective_weight(slot where) const { return weights_.effective(where); }

  private:
    poise::detail::membership members_;
    poise::detail::smooth_weights weights_;
};

class side_by_side {
  public:
    side_by_side(std::uint64_t seed, std::size_t size, std::uint32_t heaviest, std::size_t max_table_bytes)
        : random_(seed),
          heaviest_(heaviest),
          selector_({.max_fails = 2, .max_table_bytes = max_table_bytes}) {
        for (std::size_t i = 0; i < size; ++i) add();
        assign();
    }

    void event() {
        const auto where = static_cast<slot>(random_.index(members_.size()));
        switch (random_.below(9)) {
        case 0: selector_.failed(where), loop_.failed(where); break;
        case 1: selector_.disable(where), loop_.disable(where); break;
        case 2:
        case 3: selector_.enable(where), loop_.enable(where); break;
        case 4: select_but(random_.below(4)); break;
        case 5: select_of_some(); break;
        case 6: reweight(); break;
        case 7: come_and_go(); break;
        default:
            if (random_.one_in(10)) selector_.reset(), loop_.reset();
            if (random_.one_in(4)) selector_ = smooth_weighted_round_robin(selector_); // a copy goes on as it is
        }
    }
    void select(std::size_t times) {
        for (std::size_t i = 0; i < times; ++i) REQUIRE(selector_.select() == loop_.select());
    }
    void compare() const {
        bool same = true;
        for (std::size_t i = 0; i < members_.size(); ++i) {
            const auto where = static_cast<slot>(i);
            same = same && selector_.current_weight(where) == loop_.current_weight(where) &&
                   selector_.effective_weight(where) == loop_.effective_weight(where);
        }
        REQUIRE(same);
    }
    [[nodiscard]] std::size_t sum() const {
        std::size_t sum = 0;
        for (const poise::member& m : members_) sum += m.weight;
        return sum;
    }

  private:
    void add() { members_.push_back({.id = 7 * ++added_ % 1009, .weight = random_.below(heaviest_) + 1}); }
    void assign() {
        selector_.assign(members_);
        loop_.assign(members_);
    }
    void reweight() {
        members_[random_.index(members_.size())].weight = random_.one_in(5) ? 0 : random_.below(heaviest_) + 1;
        assign();
    }
    void come_and_go() {
        if (random_.one_in(2) && members_.size() > 10) {
            members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(random_.index(members_.size())));
        } else if (members_.size() < 500) {
            add();
        }
        assign();
    }
    void select_but(std::size_t rejected) {
        std::vector<std::uint64_t> ids{12'345}; // nobody's
        for (std::size_t i = 0; i < rejected; ++i) ids.push_back(members_[random_.index(members_.size())].id);
        REQUIRE(selector_.select(poise::except(ids)) == loop_.select(poise::except(ids)));
    }
    void select_of_some() {
        const std::uint32_t part = random_.between(1, 4);
        const auto accept = [part](slot where) {
            return static_cast<std::uint32_t>(where) % part == 0;
        };
        REQUIRE(selector_.select(accept) == loop_.select(accept));
    }

    random_source random_;
    std::uint32_t heaviest_;
    std::uint64_t added_ = 0;
    std::vector<poise::member> members_;
    smooth_weighted_round_robin selector_;
    plain_loop loop_;
};

} // namespace

TEST_CASE("smooth_race chooses as the loop does, whatever happens in between") {
    std::uint64_t seed = 0;
    for (const std::size_t size : {10U, 17U, 40U, 120U}) {
        for (const std::uint32_t heaviest : {1U, 2U, 10U, 100U, 65'535U, 0xffffffffU}) {
            for (const std::size_t bytes : {std::size_t{0}, std::size_t{1} << 20U}) {
                INFO("seed " << ++seed << ", " << size << " members, weights to " << heaviest << ", " << bytes
                             << " bytes");
                side_by_side both(seed, size, heaviest, bytes);
                random_source random(seed);
                for (int step = 0; step < 150; ++step) {
                    both.event();
                    both.select(random.one_in(3) ? 300 : random.below(20));
                    if (step % 10 == 0) both.compare();
                }
            }
        }
    }
}

TEST_CASE("smooth_race reads its table from the period after next on, and leaves it with each event") {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        INFO("seed " << seed);
        const std::size_t size = seed % 2 == 0 ? 12 : 30;
        side_by_side both(seed, size, seed % 3 == 0 ? 1 : 9, std::size_t{1} << 20U);
        random_source random(seed);
        for (int event = 0; event < 12; ++event) {
            both.select(3 * both.sum() + size + random.below(50)); // is read by now, from anywhere in the period
            both.compare();
            both.event();
            both.compare();
        }
    }
}

TEST_CASE("smooth_race: when nobody could race, and then all may") {
    std::vector<poise::member> members;
    for (std::uint32_t i = 0; i < 17; ++i) members.push_back({.id = i, .weight = i + 1});
    smooth_weighted_round_robin selector;
    selector.assign(members);
    const smooth_weighted_round_robin fresh = selector;
    for (std::uint32_t i = 0; i < 17; ++i) selector.disable(slot{i});
    CHECK_FALSE(selector.select());
    for (std::uint32_t i = 0; i < 17; ++i) selector.enable(slot{i});
    CHECK(selector == fresh);
    CHECK(selector.select() == slot{16});
}

TEST_CASE("smooth_race: selectors are equal by what their weights are, not by how they are kept") {
    const auto members = poise::members({5, 1, 1});
    smooth_weighted_round_robin read; // from its table
    smooth_weighted_round_robin made({.max_table_bytes = 0});
    read.assign(members);
    made.assign(members);
    for (int i = 0; i < 40; ++i) {
        CHECK(read == made);
        CHECK(read.select() == made.select());
    }
    CHECK(read.select().has_value());
    CHECK_FALSE(read == made);
}

TEST_CASE("smooth_race: moved from and assigned again") {
    smooth_weighted_round_robin one;
    one.assign(poise::members({2, 1}));
    for (int i = 0; i < 20; ++i) REQUIRE(one.select());
    smooth_weighted_round_robin other = std::move(one);
    CHECK(other.select().has_value());
    one.assign(poise::members({1})); // NOLINT(bugprone-use-after-move): any state will do for this
    CHECK(one.select() == slot{0});
}

TEST_CASE("smooth_race allocates in assign alone, and a failed assign leaves all as it was") {
    std::vector<poise::member> members;
    for (std::uint64_t i = 0; i < 50; ++i)
        members.push_back({.id = i, .weight = static_cast<std::uint32_t>(i % 7 + 1)});
    smooth_weighted_round_robin selector;
    selector.assign(members);
    const std::vector<std::uint64_t> tried{3, 17};
    const auto use = [&] {
        for (int i = 0; i < 1000; ++i) (void)selector.select();
        (void)selector.select(poise::except(tried));
        selector.failed(slot{4});
        selector.disable(slot{5});
        for (int i = 0; i < 1000; ++i) (void)selector.select();
        selector.enable(slot{5});
    };
    const std::uint64_t before = allocations();
    use();
    CHECK(allocations() == before);

    const auto assign_however_little_memory_there_is = [&] {
        for (std::uint64_t most = 0;; ++most) {
            const smooth_weighted_round_robin kept = selector;
            try {
                const allocation_limit limit(most);
                selector.assign(members);
            } catch (const std::bad_alloc&) {
                REQUIRE(selector == kept);
                use();
                continue;
            }
            break;
        }
    };
    members[7].weight = 5; // takes a leaf to spare
    assign_however_little_memory_there_is();
    CHECK(selector.members()[7].weight == 5);
    members[7].weight = 999; // needs a class of its own
    assign_however_little_memory_there_is();
    CHECK(selector.members()[7].weight == 999);
    members.push_back({.id = 50, .weight = 1000});
    assign_however_little_memory_there_is();
    CHECK(selector.size() == 51);
}
