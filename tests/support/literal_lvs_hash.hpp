// SPDX-License-Identifier: MIT
// LVS's sh, dh and mh, spelt out as semantics.md 2.9 and the kernel's sources have them: pointers that walk a list.
// (mh's turns are shortened to half of the table's bits; semantics.md tells of 6, which are those of the default table.)
#ifndef POISE_TESTS_SUPPORT_LITERAL_LVS_HASH_HPP
#define POISE_TESTS_SUPPORT_LITERAL_LVS_HASH_HPP

#include <cstddef>
#include <cstdint>
#include <map>
#include <numeric>
#include <optional>
#include <vector>

#include "support/literal_lvs.hpp"

namespace test::lvs {

inline bool unavailable(const destination& d) {
    return d.weight <= 0 || d.overloaded;
}

struct bucket_table {
    bool dh = false;
    bool fallback = false;
    bool old_hash = false;
    std::vector<choice> buckets = std::vector<choice>(256);

    void reassign(const service& svc) {
        std::size_t p = 0;
        std::int64_t d_count = 0;
        for (choice& bucket : buckets) {
            bucket = std::nullopt;
            if (svc.empty()) continue;
            if (p == svc.size()) p = 0;
            bucket = p;
            if (dh || ++d_count >= svc[p].weight) {
                ++p;
                d_count = 0;
            }
        }
    }

    unsigned hashkey(std::uint32_t addr, std::uint16_t port, unsigned offset) const {
        if (old_hash) return (offset + (port + addr) * 2654435761U) & 255U;
        return (offset + (((port + addr) * 0x61C88647U) >> 24U)) & 255U;
    }

    choice schedule(const service& svc, std::uint32_t addr, std::uint16_t port) const {
        const unsigned ihash = hashkey(addr, port, 0);
        choice dest = buckets[ihash];
        if (!dest) return std::nullopt;
        if (!unavailable(svc[*dest])) return dest;
        if (!fallback) return std::nullopt;
        for (unsigned offset = 0; offset < 256; ++offset) {
            const unsigned roffset = (offset + ihash) % 256;
            dest = buckets[hashkey(addr, port, roffset)];
            if (!unavailable(svc[*dest])) return dest;
        }
        return std::nullopt;
    }
};

/// SipHash with 1 and 3 rounds of one 32-bit number, written out.
inline std::uint32_t hsiphash(std::uint32_t number, std::uint64_t key) {
    std::uint64_t v0 = 0x736f6d6570736575ULL ^ key;
    std::uint64_t v1 = 0x646f72616e646f6dULL ^ key;
    std::uint64_t v2 = 0x6c7967656e657261ULL ^ key;
    std::uint64_t v3 = 0x7465646279746573ULL ^ key;
    const auto rol = [](std::uint64_t x, unsigned n) {
        return x << n | x >> (64U - n);
    };
    const auto round = [&] {
        v0 += v1, v1 = rol(v1, 13), v1 ^= v0, v0 = rol(v0, 32);
        v2 += v3, v3 = rol(v3, 16), v3 ^= v2;
        v0 += v3, v3 = rol(v3, 21), v3 ^= v0;
        v2 += v1, v1 = rol(v1, 17), v1 ^= v2, v2 = rol(v2, 32);
    };
    const std::uint64_t b = 4ULL << 56U | number;
    v3 ^= b;
    round();
    v0 ^= b;
    v2 ^= 0xff;
    round(), round(), round();
    return static_cast<std::uint32_t>(v0 ^ v1 ^ v2 ^ v3);
}

struct maglev_table {
    unsigned size = 4093;
    unsigned tab_index = 12; // 2^12 is the next power above it
    bool fallback = false;
    std::map<std::uint64_t, std::int64_t> last_weight{}; // by id
    std::vector<choice> lookup{};

    static std::uint32_t folded(std::uint64_t id) {
        return static_cast<std::uint32_t>(id >> 16U) + static_cast<std::uint32_t>(id & 0xffffU);
    }

    void changed(const service& svc) {
        std::map<std::uint64_t, std::int64_t> kept;
        std::int64_t gcd = 0;
        std::int64_t max = 0;
        for (const destination& d : svc) {
            std::int64_t lw = last_weight.contains(d.id) ? last_weight[d.id] : 0;
            if (d.weight != 0) lw = d.weight;
            kept[d.id] = lw;
            gcd = std::gcd(gcd, lw);
            max = std::max(max, lw);
        }
        last_weight = kept;
        lookup.assign(size, std::nullopt);
        if (gcd < 1) return;
        int fls = 0;
        for (std::int64_t mw = max / gcd; mw != 0; mw /= 2) ++fls;
        const int shift = std::max(fls - static_cast<int>(tab_index / 2), 0);
        struct setup {
            unsigned perm, skip;
            std::int64_t turns;
        };
        std::vector<setup> ds;
        for (const destination& d : svc) {
            const std::int64_t lw = last_weight[d.id];
            const std::int64_t turns = (lw / gcd) >> shift;
            ds.push_back({.perm = hsiphash(folded(d.id), 2654435761U) % size,
                          .skip = hsiphash(folded(d.id), 2654446892U) % (size - 1) + 1,
                          .turns = turns != 0 ? turns : (lw != 0 ? 1 : 0)});
        }
        unsigned n = 0;
        std::int64_t dt_count = 0;
        while (true) {
            for (std::size_t p = 0; p < svc.size();) {
                if (ds[p].turns < 1) {
                    ++p;
                    continue;
                }
                while (lookup[ds[p].perm]) ds[p].perm = (ds[p].perm + ds[p].skip) % size;
                lookup[ds[p].perm] = p;
                if (++n == size) return;
                if (++dt_count >= ds[p].turns) {
                    dt_count = 0;
                    ++p;
                }
            }
        }
    }

    choice schedule(const service& svc, std::uint32_t addr, std::uint16_t port) const {
        const unsigned ihash = hsiphash(addr + port, 2654435761U) % size;
        choice dest = lookup[ihash];
        if (!dest) return std::nullopt;
        if (!unavailable(svc[*dest])) return dest;
        if (!fallback) return std::nullopt;
        for (unsigned offset = 0; offset < size; ++offset) {
            const unsigned roffset = (offset + ihash) % size;
            dest = lookup[hsiphash(addr + port + roffset, 2654435761U) % size];
            if (!dest) break;
            if (!unavailable(svc[*dest])) return dest;
        }
        return std::nullopt;
    }
};

/// How many places of the table, which `table(service)` gives, each of these members has; those of who is drained go
/// to whoever the fallback finds, which nobody can tell, so there must be none.
template <class Table>
std::vector<double> shares_of(std::span<const poise::member> members, const Table& table) {
    service svc;
    for (const poise::member& m : members) svc.push_back({.id = m.id, .weight = m.weight});
    std::vector<double> shares(members.size());
    for (const choice& place : table(svc)) ++shares[*place];
    return shares;
}

} // namespace test::lvs

#endif
