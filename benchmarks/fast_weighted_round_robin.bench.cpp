// SPDX-License-Identifier: MIT
// Beside the same with std::set: the selector over queues that are made of it.
#include <poise/selectors/fast_weighted_round_robin.hpp>

#include <algorithm>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "bench.hpp"

namespace {

// Who leaves takes its node along and joins with it: nothing is allocated in between.
class queue_in_a_set {
  public:
    struct entry {
        std::uint64_t key;
        std::uint64_t order;
        std::uint32_t index;
        bool operator<(const entry& other) const { return key != other.key ? key < other.key : order < other.order; }
    };

    static constexpr std::uint64_t most_order = ~std::uint64_t{0};

    void resize(std::size_t) {}
    void clear() { order_.clear(); }
    bool empty() const { return order_.empty(); }
    std::size_t front() const { return order_.begin()->index; }
    void push(entry joining) {
        if (!empty() && front() == joining.index) pop();
        if (spare_.empty()) {
            order_.insert(joining);
            return;
        }
        auto node = std::move(spare_.back());
        spare_.pop_back();
        node.value() = joining;
        order_.insert(std::move(node));
    }
    std::size_t pop() {
        spare_.push_back(order_.extract(order_.begin()));
        return spare_.back().value().index;
    }
    static std::uint64_t renumber(std::uint64_t first, std::span<std::uint32_t>) { return first; } // never
    template <class Visit>
    void for_each(const Visit& visit) const {
        for (const entry& e : order_) visit(e);
    }

  private:
    std::set<entry> order_;
    std::vector<std::set<entry>::node_type> spare_;
};

/// Of 4096 members all that it takes.
template <class Selector>
struct as_many_as_it_takes : Selector {
    as_many_as_it_takes() = default;
    explicit as_many_as_it_takes(std::span<const poise::member> members) { assign(members); }
    void assign(std::span<const poise::member> members) {
        Selector::assign(members.first(std::min(members.size(), Selector::max_members)));
    }
};

[[maybe_unused]] const bool added =
    bench::beside_textbook<as_many_as_it_takes<poise::fast_weighted_round_robin>,
                           as_many_as_it_takes<poise::basic_fast_weighted_round_robin<queue_in_a_set>>>(
        "fast_weighted_round_robin");

} // namespace
