// SPDX-License-Identifier: MIT
// lvs_locality beside the literal model, through a million random steps of each kind.
#include <poise/selectors/lvs_locality.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "support/all_selectors.hpp"
#include "support/literal_lvs_locality.hpp"
#include "support/random.hpp"

using namespace test;
using poise::key_hash;
using poise::lvs_locality;
using poise::lvs_replication;
using poise::slot;
using std::chrono::seconds;

namespace {

/// The model and the selector, side by side, through the same random life.
class side_by_side {
  public:
    side_by_side(lvs_replication replicate, std::uint64_t seed) : random_(seed) {
        const std::uint32_t capacity = random_.between(1, random_.one_in(2) ? 4 : 24);
        const std::uint32_t expiration = random_.one_in(8) ? 0 : random_.between(1, 40);
        keys_ = random_.between(1, 12);
        selector_ = lvs_locality({.replicate = replicate, .capacity = capacity, .expiration = seconds(expiration)});
        model_ = {.replicates = replicate == lvs_replication::sets, .capacity = capacity, .expiration = expiration};
        members_ = random_members(random_, 6, heaviest_);
        selector_.assign(members_);
        model_.change(members_);
    }

    void step() {
        if (random_.one_in(100)) change();
        if (random_.one_in(12)) advance();
        if (random_.one_in(2000)) reset();
        if (!members_.empty()) disturb();
        choose();
    }
    [[nodiscard]] const literal_lvs_locality::events& seen() const { return model_.seen; }

  private:
    void change() {
        if (members_.empty() || random_.one_in(6)) {
            members_ = random_members(random_, 6, heaviest_);
        } else if (random_.one_in(4)) {
            members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(random_.index(members_.size())));
        } else if (random_.one_in(4)) {
            random_.shuffle(members_);
        } else {
            members_[random_.index(members_.size())].weight = random_.below(heaviest_ + 1);
        }
        std::erase_if(down_, [this](std::uint64_t id) {
            return std::ranges::find(members_, id, &poise::member::id) == members_.end();
        });
        selector_.assign(members_);
        model_.change(members_);
    }
    void advance() {
        const std::int64_t time = model_.now + random_.below(5) - (random_.one_in(10) ? 20 : 0);
        selector_.advance(seconds(time));
        model_.advance(time);
    }
    void reset() {
        selector_.reset();
        model_.table.clear();
        model_.by_use.clear();
        model_.now = 0;
    }
    void disturb() {
        const std::size_t i = random_.index(members_.size());
        const std::uint64_t id = members_[i].id;
        if (random_.one_in(12)) {
            const bool was_down = std::erase(down_, id) > 0;
            if (!was_down) down_.push_back(id);
            was_down ? selector_.enable(static_cast<slot>(i)) : selector_.disable(static_cast<slot>(i));
        }
        for (std::uint32_t ends = random_.below(3); ends > 0; --ends) {
            selector_.closed(static_cast<slot>(i));
            if (model_.destinations[id].active > 0) --model_.destinations[id].active;
        }
    }
    void choose() {
        const auto rejected = random_ids(random_, members_, random_.one_in(3) ? 3 : 50);
        for (auto& [id, dest] : model_.destinations) dest.overload = contains(rejected, id) || contains(down_, id);
        std::optional<std::uint64_t> key;
        if (!random_.one_in(10)) key = random_.below(keys_);
        const auto chosen = select(key, rejected);
        const auto expected = model_.schedule(key);
        REQUIRE(chosen.has_value() == expected.has_value());
        if (!chosen) return;
        REQUIRE(members_[static_cast<std::size_t>(*chosen)].id == *expected);
        for (std::uint32_t begins = random_.below(4); begins > 0; --begins) {
            selector_.opened(*chosen);
            ++model_.destinations[*expected].active;
        }
    }
    std::optional<slot> select(std::optional<std::uint64_t> key, std::span<const std::uint64_t> rejected) {
        const auto ask = [&](const auto& accept) {
            return key ? selector_.select(key_hash{*key}, accept) : selector_.select(accept);
        };
        return random_.one_in(2) ? ask(poise::except(rejected)) : ask(all_but(rejected, members_));
    }

    static constexpr std::uint32_t heaviest_ = 9;

    random_source random_;
    lvs_locality selector_;
    literal_lvs_locality model_;
    std::vector<poise::member> members_;
    std::vector<std::uint64_t> down_;
    std::uint32_t keys_ = 1;
};

literal_lvs_locality::events a_million_steps(lvs_replication replicate) {
    literal_lvs_locality::events all;
    for (std::uint64_t seed = 1; seed <= 250; ++seed) {
        INFO("seed " << seed);
        side_by_side both(replicate, seed);
        for (int step = 0; step < 4000; ++step) both.step();
        all.rescheduled += both.seen().rescheduled;
        all.cleaned += both.seen().cleaned;
        all.evicted += both.seen().evicted;
        all.expired += both.seen().expired;
        all.not_remembered += both.seen().not_remembered;
        all.kept += both.seen().kept;
    }
    return all;
}

} // namespace

TEST_CASE("lvs_locality does as IPVS's lblc does, step for step") {
    const auto seen = a_million_steps(lvs_replication::none);
    CHECK((seen.kept > 10'000 && seen.rescheduled > 10'000 && seen.evicted > 10'000 && seen.expired > 10'000));
}

TEST_CASE("lvs_locality does as IPVS's lblcr does, step for step") {
    const auto seen = a_million_steps(lvs_replication::sets);
    CHECK((seen.kept > 10'000 && seen.rescheduled > 10'000 && seen.evicted > 10'000 && seen.expired > 10'000));
    CHECK((seen.cleaned > 2'000 && seen.not_remembered > 2'000));
}
