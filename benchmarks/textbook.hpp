// SPDX-License-Identifier: MIT
// The plain loops that people write by hand, over contiguous 16-byte state, with no exclusion, no failures and no
// change of membership: what a selector is compared with in the same run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include <poise/member.hpp>

namespace textbook {

class round_robin {
  public:
    explicit round_robin(std::span<const poise::member> members) : size_(members.size()) {}
    std::size_t select() {
        const std::size_t chosen = next_++;
        if (next_ == size_) next_ = 0;
        return chosen;
    }

  private:
    std::size_t size_;
    std::size_t next_ = 0;
};

class smooth {
  public:
    explicit smooth(std::span<const poise::member> members) {
        for (const poise::member& m : members) peers_.push_back({.current = 0, .weight = m.weight});
    }
    std::size_t select() {
        std::int64_t total = 0;
        std::size_t best = 0;
        for (std::size_t i = 0; i < peers_.size(); ++i) {
            peers_[i].current += peers_[i].weight;
            total += peers_[i].weight;
            if (peers_[i].current > peers_[best].current) best = i;
        }
        peers_[best].current -= total;
        return best;
    }

  private:
    struct peer {
        std::int64_t current;
        std::int64_t weight;
    };
    std::vector<peer> peers_;
};

class interleaved {
  public:
    explicit interleaved(std::span<const poise::member> members) : members_(members.begin(), members.end()) {
        for (const poise::member& m : members) {
            step_ = std::gcd(step_, m.weight);
            top_ = std::max(top_, m.weight);
        }
    }
    std::size_t select() {
        for (;;) {
            if (++place_ == members_.size()) place_ = 0;
            if (place_ == 0) level_ = level_ > step_ ? level_ - step_ : top_;
            if (members_[place_].weight >= level_) return place_;
        }
    }

  private:
    std::vector<poise::member> members_;
    std::size_t place_ = static_cast<std::size_t>(-1);
    std::uint32_t level_ = 0;
    std::uint32_t step_ = 0;
    std::uint32_t top_ = 0;
};

} // namespace textbook
