// SPDX-License-Identifier: MIT
// IPVS's lblc and lblcr, spelt out from what ip_vs_lblc.c and ip_vs_lblcr.c do; semantics.md 2.9 has the outline only. The
// cache is ours: bounded, what was used longest ago gives way, who leaves is gone, and what expires goes at once; and a
// destination that may not be chosen is not, where IPVS's lblc looks at no OVERLOAD flag of a cached one.
#ifndef POISE_TESTS_SUPPORT_LITERAL_LVS_LOCALITY_HPP
#define POISE_TESTS_SUPPORT_LITERAL_LVS_LOCALITY_HPP

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include <poise/member.hpp>

namespace test {

struct literal_lvs_locality {
    struct destination {
        std::int64_t weight = 0;
        std::int64_t active = 0;
        bool overload = false;

        std::int64_t overhead() const { return active << 8; }
    };
    struct entry {
        std::list<std::uint64_t> set{}; // ids; lblc has one
        std::int64_t lastuse = 0;
        std::int64_t lastmod = 0;
    };
    /// How often what has happened.
    struct events {
        int rescheduled = 0, cleaned = 0, evicted = 0, expired = 0, not_remembered = 0, kept = 0;
    };

    bool replicates = false;
    std::size_t capacity = 0;
    std::int64_t expiration = 0;
    std::int64_t now = 0;
    std::vector<std::uint64_t> order{}; // of the service's destinations
    std::map<std::uint64_t, destination> destinations{};
    std::map<std::uint64_t, entry> table{};
    std::list<std::uint64_t> by_use{}; // keys, the last used in front
    events seen{};

    std::size_t pairs() const {
        std::size_t count = 0;
        for (const auto& [key, en] : table) count += en.set.size();
        return count;
    }
    void forget(std::uint64_t key) {
        table.erase(key);
        by_use.remove(key);
    }
    bool less(std::uint64_t a, std::uint64_t b) const { // a / weight of a < b / weight of b
        const destination& x = destinations.at(a);
        const destination& y = destinations.at(b);
        return x.overhead() * y.weight < y.overhead() * x.weight;
    }

    std::optional<std::uint64_t> schedule_wlc() const {
        std::optional<std::uint64_t> least;
        for (const std::uint64_t id : order) {
            const destination& dest = destinations.at(id);
            if (dest.overload || dest.weight == 0) continue;
            if (!least || less(id, *least)) least = id;
        }
        return least;
    }
    bool is_overloaded(std::uint64_t id) const {
        if (destinations.at(id).active <= destinations.at(id).weight) return false;
        for (const auto& [other, d] : destinations) {
            if (d.active * 2 < d.weight) return true;
        }
        return false;
    }
    std::optional<std::uint64_t> set_min(const entry& en) const {
        std::optional<std::uint64_t> least;
        for (const std::uint64_t id : en.set) {
            const destination& dest = destinations.at(id);
            if (dest.overload || dest.weight == 0) continue;
            if (!least || less(id, *least)) least = id;
        }
        return least;
    }
    std::optional<std::uint64_t> set_max(const entry& en) const {
        std::optional<std::uint64_t> most;
        for (const std::uint64_t id : en.set) {
            if (destinations.at(id).weight == 0) continue;
            if (!most || less(*most, id)) most = id;
        }
        return most;
    }

    void use(std::uint64_t key) {
        table.at(key).lastuse = now;
        by_use.remove(key);
        by_use.push_front(key);
    }
    void create(std::uint64_t key, std::uint64_t dest) {
        if (pairs() == capacity) {
            ++seen.evicted;
            forget(by_use.back());
        }
        table[key] = {.set = {dest}, .lastuse = now, .lastmod = now};
        by_use.push_front(key);
    }
    void set_insert(std::uint64_t key, std::uint64_t dest) {
        entry& en = table.at(key);
        for (const std::uint64_t id : en.set) {
            if (id == dest) return;
        }
        if (pairs() == capacity && by_use.back() != key) {
            ++seen.evicted;
            forget(by_use.back());
        }
        if (pairs() == capacity) {
            ++seen.not_remembered;
            return;
        }
        en.set.push_front(dest);
        en.lastmod = now;
    }

    std::optional<std::uint64_t> schedule_lblc(std::uint64_t key) {
        if (table.contains(key)) {
            use(key);
            const std::uint64_t dest = table.at(key).set.front();
            const bool available = destinations.at(dest).weight > 0 && !destinations.at(dest).overload;
            if (available && !is_overloaded(dest)) {
                ++seen.kept;
                return dest;
            }
        }
        const auto dest = schedule_wlc();
        if (!dest) return std::nullopt;
        if (table.contains(key)) {
            ++seen.rescheduled;
            table.at(key).set = {*dest};
        } else {
            create(key, *dest);
        }
        return dest;
    }
    std::optional<std::uint64_t> schedule_lblcr(std::uint64_t key) {
        if (table.contains(key)) {
            use(key);
            entry& en = table.at(key);
            auto dest = set_min(en);
            if (en.set.size() > 1 && now > en.lastmod + expiration) {
                if (const auto m = set_max(en)) {
                    ++seen.cleaned;
                    en.set.remove(*m);
                    en.lastmod = now;
                }
            }
            if (dest && !is_overloaded(*dest)) {
                ++seen.kept;
                return dest;
            }
            dest = schedule_wlc();
            if (!dest) return std::nullopt;
            ++seen.rescheduled;
            set_insert(key, *dest);
            return dest;
        }
        const auto dest = schedule_wlc();
        if (!dest) return std::nullopt;
        create(key, *dest);
        return dest;
    }
    std::optional<std::uint64_t> schedule(std::optional<std::uint64_t> key) {
        if (!key) return schedule_wlc();
        return replicates ? schedule_lblcr(*key) : schedule_lblc(*key);
    }

    void advance(std::int64_t time) {
        if (time > now) now = time;
        std::vector<std::uint64_t> stale;
        for (const auto& [key, en] : table) {
            if (now >= en.lastuse + expiration) stale.push_back(key);
        }
        for (const std::uint64_t key : stale) forget(key);
        seen.expired += static_cast<int>(stale.size());
    }
    void change(std::span<const poise::member> members) {
        std::map<std::uint64_t, destination> next;
        order.clear();
        for (const poise::member& m : members) {
            order.push_back(m.id);
            next[m.id] = destinations[m.id];
            next[m.id].weight = m.weight;
        }
        destinations = next;
        std::vector<std::uint64_t> left;
        for (auto& [key, en] : table) {
            en.set.remove_if([&](std::uint64_t id) { return !destinations.contains(id); });
            if (en.set.empty()) left.push_back(key);
        }
        for (const std::uint64_t key : left) forget(key);
    }
};

} // namespace test

#endif
