// SPDX-License-Identifier: MIT
// The plain loops that people write by hand, over contiguous 16-byte state, with no exclusion, no failures and no
// change of membership: what a selector is compared with in the same run.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <list>
#include <numeric>
#include <optional>
#include <queue>
#include <set>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include <poise/member.hpp>
#include <poise/random.hpp>

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

/// Whose deadline is first, next time after one divided by the weight: a heap of numbers with fractions.
class deadlines {
  public:
    explicit deadlines(std::span<const poise::member> members) {
        for (std::size_t i = 0; i < members.size(); ++i) {
            const double step = 1.0 / members[i].weight;
            queue_.push({.when = step, .step = step, .index = i});
        }
    }
    std::size_t select() {
        turn next = queue_.top();
        queue_.pop();
        next.when += next.step;
        queue_.push(next);
        return next.index;
    }

  private:
    struct turn {
        double when;
        double step;
        std::size_t index;
        bool operator<(const turn& other) const { return when > other.when; }
    };
    std::priority_queue<turn> queue_;
};

/// The same order in a std::set: who has had its turn is taken out and put in again, without a new node.
class deadlines_in_a_set {
  public:
    explicit deadlines_in_a_set(std::span<const poise::member> members) {
        for (std::size_t i = 0; i < members.size(); ++i) {
            steps_.push_back((std::uint64_t{1} << 32U) / members[i].weight);
            queue_.insert({steps_.back(), i});
        }
    }
    std::size_t select() {
        auto next = queue_.extract(queue_.begin());
        const std::size_t chosen = next.value().second;
        next.value().first += steps_[chosen];
        queue_.insert(std::move(next));
        return chosen;
    }

  private:
    std::vector<std::uint64_t> steps_;
    std::set<std::pair<std::uint64_t, std::size_t>> queue_;
};

/// The first with weight.
class first {
  public:
    explicit first(std::span<const poise::member> members) : members_(members.begin(), members.end()) {}
    std::size_t select() {
        std::size_t i = 0;
        while (members_[i].weight == 0) ++i;
        return i;
    }

  private:
    std::vector<poise::member> members_;
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

/// The first of those with the fewest connections for their weight.
class least {
  public:
    explicit least(std::span<const poise::member> members) {
        for (const poise::member& m : members) peers_.push_back({.connections = 0, .weight = m.weight});
    }
    std::optional<std::size_t> select() {
        std::size_t best = 0;
        for (std::size_t i = 1; i < peers_.size(); ++i) {
            if (peers_[i].connections * peers_[best].weight < peers_[best].connections * peers_[i].weight) best = i;
        }
        return best;
    }
    void opened(poise::slot where) { ++peers_[static_cast<std::size_t>(where)].connections; }
    void closed(poise::slot where) { --peers_[static_cast<std::size_t>(where)].connections; }

  private:
    struct peer {
        std::uint64_t connections;
        std::uint64_t weight;
    };
    std::vector<peer> peers_;
};

/// The same, kept in order in a std::set: who changes is taken out and put in again, without a new node.
class least_in_a_set {
  public:
    explicit least_in_a_set(std::span<const poise::member> members) {
        for (std::size_t i = 0; i < members.size(); ++i) {
            places_.push_back(order_.insert({.connections = 0, .weight = members[i].weight, .index = i}).first);
        }
    }
    std::optional<std::size_t> select() { return order_.begin()->index; }
    void opened(poise::slot where) { change(static_cast<std::size_t>(where), 1); }
    void closed(poise::slot where) { change(static_cast<std::size_t>(where), std::uint64_t{0} - 1); }

  private:
    struct peer {
        std::uint64_t connections;
        std::uint64_t weight;
        std::size_t index;
        bool operator<(const peer& other) const {
            const std::uint64_t mine = connections * other.weight;
            const std::uint64_t its = other.connections * weight;
            return mine != its ? mine < its : index < other.index;
        }
    };
    void change(std::size_t index, std::uint64_t by) {
        auto node = order_.extract(places_[index]);
        node.value().connections += by;
        places_[index] = order_.insert(std::move(node)).position;
    }

    std::set<peer> order_;
    std::vector<std::set<peer>::iterator> places_;
};

/// Where a key went last, in a map and a list by use; the least loaded for a new key and for one whose member has more
/// connections than its weight.
class sticky_least {
  public:
    explicit sticky_least(std::span<const poise::member> members)
        : least_(members),
          members_(members.begin(), members.end()),
          connections_(members.size()) {}
    std::optional<std::size_t> select(poise::key_hash key) {
        const auto found = places_.find(static_cast<std::uint64_t>(key));
        if (found != places_.end()) {
            by_use_.splice(by_use_.begin(), by_use_, found->second);
            std::size_t& chosen = found->second->second;
            if (connections_[chosen] > members_[chosen].weight) chosen = *least_.select();
            return chosen;
        }
        if (places_.size() == most) {
            places_.erase(by_use_.back().first);
            by_use_.pop_back();
        }
        by_use_.emplace_front(static_cast<std::uint64_t>(key), *least_.select());
        places_[static_cast<std::uint64_t>(key)] = by_use_.begin();
        return by_use_.front().second;
    }
    void opened(poise::slot where) {
        ++connections_[static_cast<std::size_t>(where)];
        least_.opened(where);
    }
    void closed(poise::slot where) {
        --connections_[static_cast<std::size_t>(where)];
        least_.closed(where);
    }

  private:
    static constexpr std::size_t most = 16384;

    least least_;
    std::vector<poise::member> members_;
    std::vector<std::uint64_t> connections_;
    std::list<std::pair<std::uint64_t, std::size_t>> by_use_;
    std::unordered_map<std::uint64_t, std::list<std::pair<std::uint64_t, std::size_t>>::iterator> places_;
};

/// A table of slots, and the remainder of the key.
class table {
  public:
    explicit table(std::span<const poise::member> members) {
        for (std::uint32_t i = 0; i < members.size(); ++i) slots_.insert(slots_.end(), members[i].weight, i);
    }
    std::size_t select(poise::key_hash key) { return slots_[static_cast<std::uint64_t>(key) % slots_.size()]; }

  private:
    std::vector<std::uint32_t> slots_;
};

/// The slots of such a table in turn.
class table_in_turn {
  public:
    explicit table_in_turn(std::span<const poise::member> members) {
        for (std::uint32_t i = 0; i < members.size(); ++i) slots_.insert(slots_.end(), members[i].weight, i);
    }
    std::size_t select() {
        const std::size_t chosen = slots_[next_++];
        if (next_ == slots_.size()) next_ = 0;
        return chosen;
    }

  private:
    std::vector<std::uint32_t> slots_;
    std::size_t next_ = 0;
};

/// A random number below the sum of the weights, and binary search in the sums so far. Connections are no concern.
class weighted_draw {
  public:
    explicit weighted_draw(std::span<const poise::member> members) {
        std::uint64_t sum = 0;
        for (const poise::member& m : members) sums_.push_back(sum += m.weight);
    }
    std::optional<std::size_t> select() {
        const auto found = std::ranges::upper_bound(sums_, random_() % sums_.back());
        return static_cast<std::size_t>(found - sums_.begin());
    }
    void opened(poise::slot) {}
    void closed(poise::slot) {}

  private:
    std::vector<std::uint64_t> sums_;
    poise::splitmix64 random_{3};
};

/// Binary search over points: PerWeight for each unit of weight.
template <std::uint32_t PerWeight>
class ring {
  public:
    explicit ring(std::span<const poise::member> members) {
        poise::splitmix64 random(2);
        for (std::uint32_t i = 0; i < members.size(); ++i) {
            for (std::uint64_t n = 0; n < std::uint64_t{members[i].weight} * PerWeight; ++n) {
                points_.push_back({static_cast<std::uint32_t>(random()), i});
            }
        }
        std::ranges::sort(points_, {}, &point::hash);
    }
    std::size_t select(poise::key_hash key) {
        const auto found = std::ranges::lower_bound(points_, static_cast<std::uint32_t>(key), {}, &point::hash);
        return found == points_.end() ? points_.front().slot : found->slot;
    }

  private:
    struct point {
        std::uint32_t hash;
        std::uint32_t slot;
    };
    std::vector<point> points_;
};

/// A random key on such a ring.
template <std::uint32_t PerWeight>
class ring_draw {
  public:
    explicit ring_draw(std::span<const poise::member> members) : ring_(members) {}
    std::optional<std::size_t> select() { return ring_.select(poise::key_hash{random_()}); }

  private:
    ring<PerWeight> ring_;
    poise::splitmix64 random_{3};
};

/// Two draws, and of their members the one with fewer connections for its weight.
template <class Draw>
class two_draws {
  public:
    explicit two_draws(std::span<const poise::member> members) : draw_(members) {
        for (const poise::member& m : members) peers_.push_back({.connections = 0, .weight = m.weight});
    }
    std::optional<std::size_t> select() {
        const std::size_t one = *draw_.select();
        const std::size_t other = *draw_.select();
        const std::uint64_t of_one = peers_[one].connections * peers_[other].weight;
        return peers_[other].connections * peers_[one].weight > of_one ? one : other;
    }
    void opened(poise::slot where) { ++peers_[static_cast<std::size_t>(where)].connections; }
    void closed(poise::slot where) { --peers_[static_cast<std::size_t>(where)].connections; }

  private:
    struct peer {
        std::uint64_t connections;
        std::uint64_t weight;
    };
    Draw draw_;
    std::vector<peer> peers_;
};

} // namespace textbook
