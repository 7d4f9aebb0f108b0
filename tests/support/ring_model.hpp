// SPDX-License-Identifier: MIT
// A ring of points as anybody would write it down: a map from a point to the ids that have it.
#ifndef POISE_TESTS_SUPPORT_RING_MODEL_HPP
#define POISE_TESTS_SUPPORT_RING_MODEL_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include <poise/selectors/hash_ring.hpp>

namespace test {

template <poise::ring_layout Layout>
class ring_model {
  public:
    explicit ring_model(std::span<const poise::member> members, const Layout& layout = {}) {
        for (const poise::member& m : members) {
            std::vector<std::uint32_t> points(std::size_t{m.weight} * Layout::points_per_weight);
            layout.place(m.id, points);
            for (const std::uint32_t point : points) ids_[point].push_back(m.id);
        }
        for (auto& [point, ids] : ids_) std::ranges::sort(ids);
    }

    /// Who gets the key, by walking point by point.
    template <class Eligible>
    std::optional<std::uint64_t> choose(std::uint32_t hash, const Eligible& eligible) const {
        if (ids_.empty()) return std::nullopt;
        auto after = ids_.lower_bound(hash);
        if (after == ids_.end()) after = ids_.begin();
        auto entry = after;
        std::size_t turn = 0;
        if (Layout::lookup == poise::ring_lookup::nearest) {
            const auto before = after == ids_.begin() ? std::prev(ids_.end()) : std::prev(after);
            const std::uint32_t back = hash - before->first;
            const std::uint32_t ahead = after->first - hash;
            if (back <= ahead) {
                entry = before;
                turn = before->second.size() - 1;
            }
        }
        for (std::size_t steps = 0; steps <= ids_.size(); ++steps) {
            for (; turn < entry->second.size(); ++turn) {
                if (eligible(entry->second[turn])) return entry->second[turn];
            }
            turn = 0;
            if (++entry == ids_.end()) entry = ids_.begin();
        }
        return std::nullopt;
    }

    /// For how many of the 2^32 hashes each id is chosen when everybody may be.
    std::map<std::uint64_t, std::uint64_t> arcs() const {
        std::map<std::uint64_t, std::uint64_t> result;
        for (auto entry = ids_.begin(); entry != ids_.end(); ++entry) {
            const bool first = entry == ids_.begin();
            const auto before = first ? std::prev(ids_.end()) : std::prev(entry);
            const std::uint64_t arc =
                std::uint64_t{entry->first} + (first ? std::uint64_t{1} << 32U : 0) - before->first;
            const std::uint64_t back = Layout::lookup == poise::ring_lookup::nearest ? arc / 2 : 0;
            result[before->second.back()] += back;
            result[entry->second.front()] += arc - back;
        }
        return result;
    }

    std::size_t points() const { return ids_.size(); }

  private:
    std::map<std::uint32_t, std::vector<std::uint64_t>> ids_;
};

} // namespace test

#endif
