// SPDX-License-Identifier: MIT
// A bounded cache: for each key the slots that it went to. Whatever key was used longest ago gives way to a new one.
#ifndef POISE_DETAIL_LRU_SETS_HPP
#define POISE_DETAIL_LRU_SETS_HPP

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <poise/detail/membership.hpp>
#include <poise/member.hpp>

namespace poise::detail {

/// Sets of slots by key, none empty, each in the order in which they were added, the latest first. A pair of a key and a
/// slot is a node of 48 bytes, and takes 4 to 8 more in the table; a copy has room for as many as the original.
class lru_sets {
  public:
    using seconds = std::chrono::seconds;

    /// A key that is there, as long as it is not forgotten.
    enum class entry : std::uint32_t {};

    /// Without room: nothing may be inserted.
    lru_sets() = default;
    /// Room for so many pairs, at least 1: all that it ever allocates.
    constexpr explicit lru_sets(std::uint32_t capacity)
        : buckets_(std::bit_ceil(std::max(std::size_t{capacity}, std::size_t{2})), 0),
          capacity_(capacity) {
        nodes_.reserve(std::size_t{capacity} + 1);
        nodes_.push_back({});
    }
    constexpr lru_sets(const lru_sets& other) : buckets_(other.buckets_), capacity_(other.capacity_) {
        nodes_.reserve(other.nodes_.empty() ? 0 : std::size_t{capacity_} + 1);
        nodes_.assign(other.nodes_.begin(), other.nodes_.end());
    }
    constexpr lru_sets& operator=(const lru_sets& other) {
        lru_sets copy(other);
        return *this = std::move(copy);
    }
    lru_sets(lru_sets&&) = default;
    lru_sets& operator=(lru_sets&&) = default;
    ~lru_sets() = default;

    [[nodiscard]] constexpr bool has_room() const noexcept { return !nodes_.empty(); }

    /// All of these O(1), where the keys do not collide on purpose, or O(the set).
    [[nodiscard]] constexpr std::optional<entry> find(key_hash key) const noexcept {
        if (!has_room()) return std::nullopt;
        index at = buckets_[bucket_of(key)];
        while (at != none && nodes_[at].key != key) at = nodes_[at].chain;
        return at == none ? std::nullopt : std::optional(entry{at});
    }
    /// A key that is not there, used and changed now. Another gives way if there is no room.
    constexpr void insert(key_hash key, slot where, seconds now) noexcept {
        if (is_full()) forget(oldest());
        const index at = take();
        index& bucket = buckets_[bucket_of(key)];
        nodes_[at] = {.key = key, .used = now, .changed = now, .chain = bucket, .where = where};
        bucket = at;
        make_newest(at);
    }
    /// It is used now, so all others were before it.
    constexpr void use(entry which, seconds now) noexcept {
        const auto at = static_cast<index>(which);
        nodes_[at].used = now;
        unlink(at);
        make_newest(at);
    }

    template <class Visit>
    constexpr void for_each(entry which, const Visit& visit) const noexcept {
        for (auto at = static_cast<index>(which); at != none; at = nodes_[at].next) visit(nodes_[at].where);
    }
    [[nodiscard]] constexpr bool is_single(entry which) const noexcept { return head(which).next == none; }
    /// When a slot was added to the set or removed from it last.
    [[nodiscard]] constexpr seconds changed(entry which) const noexcept { return head(which).changed; }

    /// Adds a slot in front, unless it is there. When there is no room and the set has it all, nothing changes.
    constexpr void add(entry which, slot where, seconds now) noexcept {
        bool there = false;
        for_each(which, [&](slot one) { there = there || one == where; });
        const auto at = static_cast<index>(which);
        if (is_full() && oldest() != at && !there) forget(oldest());
        if (there || is_full()) return;
        const index second = take(); // the head of the set stays where key and neighbours are
        nodes_[second] = {.where = nodes_[at].where, .next = nodes_[at].next};
        nodes_[at].where = where;
        nodes_[at].next = second;
        nodes_[at].changed = now;
    }
    /// Removes one of several.
    constexpr void remove(entry which, slot where, seconds now) noexcept {
        const auto at = static_cast<index>(which);
        if (nodes_[at].where == where) {
            drop_first(at);
        } else {
            index before = at;
            while (nodes_[nodes_[before].next].where != where) before = nodes_[before].next;
            drop_after(before);
        }
        nodes_[at].changed = now;
    }
    /// Makes a slot that of a set of one.
    constexpr void replace(entry which, slot where) noexcept { nodes_[static_cast<index>(which)].where = where; }

    /// Forgets what has not been used for `lifetime`. O(what is forgotten).
    constexpr void expire(seconds now, seconds lifetime) noexcept {
        if (!has_room()) return;
        while (oldest() != none && now - nodes_[oldest()].used >= lifetime) forget(oldest());
    }
    /// Every slot becomes what is there by its number; where nothing is, it is forgotten, and a key with nobody left.
    /// O(pairs).
    constexpr void renumber(std::span<const std::optional<slot>> now_at) noexcept {
        if (!has_room()) return;
        const auto is_gone = [&](index at) {
            return !now_at[index_of(nodes_[at].where)].has_value();
        };
        for (index at = oldest(); at != none;) {
            const index following = nodes_[at].newer;
            for (index before = at; nodes_[before].next != none;) {
                if (is_gone(nodes_[before].next)) {
                    drop_after(before);
                } else {
                    before = nodes_[before].next;
                }
            }
            if (is_gone(at) && nodes_[at].next != none) drop_first(at);
            if (is_gone(at)) {
                forget(at);
            } else {
                for (index one = at; one != none; one = nodes_[one].next) {
                    nodes_[one].where = *now_at[index_of(nodes_[one].where)];
                }
            }
            at = following;
        }
    }
    /// Forgets all. O(capacity).
    constexpr void clear() noexcept {
        if (!has_room()) return;
        std::ranges::fill(buckets_, none);
        nodes_.clear();
        nodes_.push_back({}); // its room is there
    }

    /// The same keys, used in the same order at the same times, with the same sets, and those of several changed at the
    /// same times; whatever room there is, and however it came about. O(pairs).
    friend constexpr bool operator==(const lru_sets& a, const lru_sets& b) noexcept {
        index one = a.oldest_if_any();
        index other = b.oldest_if_any();
        while (one != none && other != none) {
            const node& x = a.nodes_[one];
            const node& y = b.nodes_[other];
            if (x.key != y.key || x.used != y.used || !a.same_set(one, b, other)) return false;
            if (x.next != none && x.changed != y.changed) return false;
            one = x.newer;
            other = y.newer;
        }
        return one == other;
    }

  private:
    using index = std::uint32_t;
    static constexpr index none = 0;

    // The first node of a set is its key's. [0] heads a ring of those by use, and a chain of those that are free.
    struct node {
        key_hash key = {};
        seconds used = {};
        seconds changed = {};
        index older = none;
        index newer = none;
        index chain = none; // the next in the bucket; or free
        slot where = {};
        index next = none; // in the set
    };

    [[nodiscard]] constexpr std::size_t bucket_of(key_hash key) const noexcept {
        const auto mixed = static_cast<std::uint64_t>(key) * 0x9e3779b97f4a7c15U; // 2^64 / golden ratio
        return static_cast<std::size_t>(mixed >>
                                        static_cast<unsigned>(std::countl_zero(std::uint64_t{buckets_.size() - 1})));
    }
    [[nodiscard]] constexpr const node& head(entry which) const noexcept { return nodes_[static_cast<index>(which)]; }
    [[nodiscard]] constexpr index oldest() const noexcept { return nodes_.front().newer; }
    [[nodiscard]] constexpr index oldest_if_any() const noexcept { return has_room() ? oldest() : none; }
    [[nodiscard]] constexpr bool same_set(index one, const lru_sets& b, index other) const noexcept {
        while (one != none && other != none && nodes_[one].where == b.nodes_[other].where) {
            one = nodes_[one].next;
            other = b.nodes_[other].next;
        }
        return one == none && other == none;
    }

    [[nodiscard]] constexpr bool is_full() const noexcept {
        return nodes_.front().chain == none && nodes_.size() > capacity_;
    }
    constexpr index take() noexcept {
        index& free = nodes_.front().chain;
        if (free == none) {
            nodes_.push_back({}); // its room is there
            return static_cast<index>(nodes_.size() - 1);
        }
        const index taken = free;
        free = nodes_[taken].chain;
        return taken;
    }
    constexpr void give_back(index at) noexcept {
        nodes_[at].chain = nodes_.front().chain;
        nodes_.front().chain = at;
    }

    constexpr void unlink(index at) noexcept {
        nodes_[nodes_[at].older].newer = nodes_[at].newer;
        nodes_[nodes_[at].newer].older = nodes_[at].older;
    }
    constexpr void make_newest(index at) noexcept {
        node& ring = nodes_.front();
        nodes_[at].older = ring.older;
        nodes_[at].newer = none;
        nodes_[ring.older].newer = at;
        ring.older = at;
    }
    constexpr void drop_after(index before) noexcept {
        const index gone = nodes_[before].next;
        nodes_[before].next = nodes_[gone].next;
        give_back(gone);
    }
    constexpr void drop_first(index at) noexcept {
        nodes_[at].where = nodes_[nodes_[at].next].where;
        drop_after(at);
    }
    constexpr void forget(index at) noexcept {
        while (nodes_[at].next != none) drop_after(at);
        index* link = &buckets_[bucket_of(nodes_[at].key)];
        while (*link != at) link = &nodes_[*link].chain;
        *link = nodes_[at].chain;
        unlink(at);
        give_back(at);
    }

    std::vector<index> buckets_; // the first node of each, a power of 2 of them
    std::vector<node> nodes_;    // as far as they have ever been used
    std::uint32_t capacity_ = 0;
};

} // namespace poise::detail

#endif
