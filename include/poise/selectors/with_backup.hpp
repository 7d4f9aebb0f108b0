// SPDX-License-Identifier: MIT
// Does:    chooses among the members that are no backup, and among the backups when none of those may be chosen.
// Cost:    that of the selector, for each of the two groups; 53 bytes a member beside the selector's.
// Use:     for a spare: a sorry server, another site.
// Shared:  as far as the selector is.
// Source:  nginx, `server ... backup`, src/http/ngx_http_upstream_round_robin.c.
#ifndef POISE_SELECTORS_WITH_BACKUP_HPP
#define POISE_SELECTORS_WITH_BACKUP_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <poise/detail/membership.hpp>
#include <poise/selector.hpp>

namespace poise {

/// Two selectors of one type, each with its own members and state: the members, and the backups among them.
///
/// As in nginx there is no way back within a request: once `except(ids)` names a backup, only backups are asked, and the
/// answer is empty when none of them may be chosen, whoever else might. `bounded_load` goes within, not around it.
template <selector Selector>
class with_backup {
  public:
    struct options {
        std::vector<std::uint64_t> backups; ///< ids; those that are no member's wait for one
        friend bool operator==(const options&, const options&) = default;
    };

    with_backup() = default;
    /// Every member is a backup whose id is among them; the two groups start as `selector` is.
    constexpr explicit with_backup(options chosen, Selector selector = Selector())
        : backups_(std::move(chosen.backups)),
          groups_{group{.chooser = selector, .slots = {}}, group{.chooser = std::move(selector), .slots = {}}} {
        std::ranges::sort(backups_);
    }

    /// Takes the whole membership. Throws what the selector throws; nothing has changed then.
    constexpr void assign(std::span<const member> members) {
        detail::membership next(members, members_, "with_backup");
        std::array<std::vector<member>, 2> parts;
        std::vector<place> places;
        std::array<group, 2> groups = groups_;
        for (group& g : groups) g.slots.clear();
        for (std::size_t i = 0; i < members.size(); ++i) {
            const std::size_t which = is_backup(members[i].id) ? 1 : 0;
            places.push_back({.group = which, .within = detail::slot_at(parts[which].size())});
            parts[which].push_back(members[i]);
            groups[which].slots.push_back(detail::slot_at(i));
        }
        for (std::size_t which = 0; which < groups.size(); ++which) groups[which].chooser.assign(parts[which]);
        members_ = std::move(next);
        places_ = std::move(places);
        groups_ = std::move(groups);
    }

    [[nodiscard]] constexpr std::size_t size() const noexcept { return members_.size(); }
    [[nodiscard]] constexpr std::span<const member> members() const noexcept { return members_.members(); }
    /// Whether the member with this id is, or would be, a backup.
    [[nodiscard]] constexpr bool is_backup(std::uint64_t id) const noexcept {
        return std::ranges::binary_search(backups_, id);
    }

    constexpr void reset() noexcept {
        for (group& g : groups_) g.chooser.reset();
    }
    constexpr void disable(slot where) noexcept {
        at(where, [](Selector& s, slot within) { s.disable(within); });
    }
    constexpr void enable(slot where) noexcept {
        at(where, [](Selector& s, slot within) { s.enable(within); });
    }

    /// What the selector chooses among those who are no backup, else what it chooses among the backups.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(const Accept& accept = {}) noexcept
        requires keyless_selector<Selector>
    {
        return select_keyless(*this, accept);
    }
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(key_hash key, const Accept& accept = {}) noexcept
        requires keyed_selector<Selector>
    {
        return select_by_key(*this, key, accept);
    }
    template <slot_load Load, accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(const Load& load, const Accept& accept = {}) noexcept
        requires load_selector<Selector>
    {
        return select_by_load(*this, load, accept);
    }
    /// The same from many threads, where the selector can do that.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(const Accept& accept = {}) const noexcept
        requires requires(const Selector& s) { s.select(); }
    {
        return select_keyless(*this, accept);
    }
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(key_hash key, const Accept& accept = {}) const noexcept
        requires requires(const Selector& s) { s.select(key); }
    {
        return select_by_key(*this, key, accept);
    }
    template <slot_load Load, accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(const Load& load, const Accept& accept = {}) const noexcept
        requires requires(const Selector& s, std::uint64_t (*any)(slot)) { s.select(any); }
    {
        return select_by_load(*this, load, accept);
    }

    constexpr void failed(slot where) noexcept
        requires failure_aware_selector<Selector>
    {
        at(where, [](Selector& s, slot within) { s.failed(within); });
    }
    constexpr void failed(slot where, std::uint32_t max_fails) noexcept
        requires requires(Selector& s) { s.failed(where, max_fails); }
    {
        at(where, [max_fails](Selector& s, slot within) { s.failed(within, max_fails); });
    }
    constexpr void succeeded(slot where) noexcept
        requires requires(Selector& s) { s.succeeded(where); }
    {
        at(where, [](Selector& s, slot within) { s.succeeded(within); });
    }
    constexpr void opened(slot where) noexcept
        requires connection_counting_selector<Selector>
    {
        at(where, [](Selector& s, slot within) { s.opened(within); });
    }
    constexpr void closed(slot where) noexcept
        requires connection_counting_selector<Selector>
    {
        at(where, [](Selector& s, slot within) { s.closed(within); });
    }
    template <class Now>
    constexpr void advance(const Now& now) noexcept
        requires timed_selector<Selector, Now>
    {
        for (group& g : groups_) g.chooser.advance(now);
    }

    friend bool operator==(const with_backup&, const with_backup&) = default;

  private:
    struct group {
        Selector chooser{};
        std::vector<slot> slots; // ours, by the chooser's
        friend bool operator==(const group&, const group&) = default;
    };
    struct place {
        std::size_t group;
        slot within;
        friend bool operator==(const place&, const place&) = default;
    };

    constexpr void at(slot where, const auto& tell) noexcept {
        if (detail::index_of(where) >= size()) return;
        const place& p = places_[detail::index_of(where)];
        tell(groups_[p.group].chooser, p.within);
    }

    template <class Self, class Accept>
    [[nodiscard]] static constexpr std::optional<slot> select_keyless(Self& self, const Accept& accept) noexcept {
        return select_from(self, accept, [](auto& s, const group&, const auto& a) { return s.select(a); });
    }
    template <class Self, class Accept>
    [[nodiscard]] static constexpr std::optional<slot> select_by_key(Self& self, key_hash key,
                                                                     const Accept& accept) noexcept {
        return select_from(self, accept, [key](auto& s, const group&, const auto& a) { return s.select(key, a); });
    }
    template <class Self, class Load, class Accept>
    [[nodiscard]] static constexpr std::optional<slot> select_by_load(Self& self, const Load& load,
                                                                      const Accept& accept) noexcept {
        return select_from(self, accept, [&load](auto& s, const group& g, const auto& a) {
            return s.select([&](slot within) { return load(g.slots[detail::index_of(within)]); }, a);
        });
    }
    template <class Self, class Accept, class Choose>
    [[nodiscard]] static constexpr std::optional<slot> select_from(Self& self, const Accept& accept,
                                                                   const Choose& choose) noexcept {
        for (std::size_t which = self.first_group(accept); which < self.groups_.size(); ++which) {
            auto& g = self.groups_[which];
            std::optional<slot> chosen;
            const auto accepted = [&](slot within) {
                const slot where = g.slots[detail::index_of(within)];
                if constexpr (enumerable_accept<Accept>) {
                    return also_accepts(accept, where);
                } else {
                    return accept(where);
                }
            };
            if constexpr (enumerable_accept<Accept>) {
                chosen = choose(g.chooser, g, except(accept.ids()).within(accepted).over(g.chooser.members()));
            } else {
                chosen = choose(g.chooser, g, accepted);
            }
            if (chosen) return g.slots[detail::index_of(*chosen)];
        }
        return std::nullopt;
    }
    template <class Accept>
    [[nodiscard]] constexpr std::size_t first_group(const Accept& accept) const noexcept {
        if constexpr (enumerable_accept<Accept>) {
            for (const std::uint64_t id : accept.ids()) {
                if (is_backup(id) && members_.find(id)) return 1;
            }
        }
        return 0;
    }

    std::vector<std::uint64_t> backups_; // ascending
    std::array<group, 2> groups_{};      // who is no backup; who is
    std::vector<place> places_;
    detail::membership members_; // who is who; its bars are not used
};

/// Those of the selector; and the two that backups bring.
template <class Selector>
inline constexpr auto law_exceptions<with_backup<Selector>> = [] {
    constexpr auto own = law_exceptions<Selector>;
    std::array<law_exception, own.size() + 2> all{};
    const auto rest = std::ranges::copy(own, all.begin()).out;
    rest[0] = {law::fairness, "backups get nothing while others may be chosen", "nginx: server ... backup"};
    rest[1] = {law::totality, "empty also when a backup is among except's ids and no other backup may be chosen",
               "nginx: ngx_http_upstream_get_round_robin_peer goes on to the backups for good"};
    return all;
}();

} // namespace poise

#endif
