// SPDX-License-Identifier: MIT
// Does:    LVS's sh and dh: 256 buckets for the members in the order of their list, and the key's bucket decides.
// Cost:    select O(1), with the fallback at most 256 buckets; 37 bytes a member and 2 KiB.
// Use:     when LVS's places are wanted; a changed membership moves most keys, modulo_hash has more even shares.
// Shared:  yes.
// Source:  Linux IPVS, net/netfilter/ipvs/ip_vs_sh.c, ip_vs_dh.c; by model.
#ifndef POISE_SELECTORS_LVS_HASH_HPP
#define POISE_SELECTORS_LVS_HASH_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <poise/detail/circle.hpp>
#include <poise/detail/lvs_key.hpp>
#include <poise/detail/membership.hpp>
#include <poise/detail/remainder.hpp>
#include <poise/selector.hpp>

namespace poise {

/// How the buckets are dealt out, member after member, round and round.
enum class lvs_deal {
    by_weight, ///< sh: as many at a time as the weight says, and one where that is 0
    evenly,    ///< dh: one at a time, whatever the weight
};

/// How a number becomes a bucket.
enum class lvs_hashing {
    since_linux_4_17,  ///< the upper 8 bits of the product
    before_linux_4_17, ///< the lower 8 bits, on which only the number's lower 8 bits have a say
};

/// LVS's source hashing and destination hashing, choice for choice where members are listed as LVS lists them (a new
/// destination comes first there). A bucket whose member may not be chosen is nobody's, unless there is a fallback.
class lvs_hash {
  public:
    struct options {
        lvs_deal deal = lvs_deal::by_weight;
        bool fallback = false; ///< sh's flag: try the other buckets, by hashing again with an offset
        lvs_hashing hashing = lvs_hashing::since_linux_4_17;
        friend constexpr bool operator==(const options&, const options&) = default;
    };
    static constexpr std::size_t buckets = 256;

    constexpr lvs_hash() = default;
    /// Throws std::invalid_argument on a value that is none, and on a fallback of dh, which has none.
    constexpr explicit lvs_hash(options chosen) : options_(chosen) {
        if (chosen.deal > lvs_deal::evenly) {
            detail::invalid("lvs_hash", "deal", static_cast<std::uint64_t>(chosen.deal), "by_weight or evenly");
        }
        if (chosen.hashing > lvs_hashing::before_linux_4_17) {
            detail::invalid("lvs_hash", "hashing", static_cast<std::uint64_t>(chosen.hashing),
                            "since_linux_4_17 or before_linux_4_17");
        }
        if (chosen.fallback && chosen.deal == lvs_deal::evenly) {
            detail::invalid("lvs_hash", "fallback", 1, "none with lvs_deal::evenly, which is dh");
        }
    }

    /// The key of an address, the source's for sh, the destination's for dh: 4 or 16 bytes in network order, else none.
    /// With the port it is that of sh's flag sh-port. Other keys do as well, by their lower 32 bits.
    [[nodiscard]] static constexpr std::optional<key_hash> key(std::span<const std::uint8_t> address,
                                                               std::uint16_t port = 0) noexcept {
        return detail::lvs_key(address, port);
    }

    /// Takes the whole membership; its order counts. Throws std::invalid_argument on a duplicate id; nothing has
    /// changed then.
    constexpr void assign(std::span<const member> members) {
        detail::membership next(members, members_, "lvs_hash");
        std::vector<slot> slots;
        if (!members.empty()) slots.reserve(buckets);
        for (std::size_t i = 0; slots.size() < buckets && i < members.size(); i = i + 1 == members.size() ? 0 : i + 1) {
            const bool by_weight = options_.deal == lvs_deal::by_weight && members[i].weight > 0;
            for (std::uint32_t n = by_weight ? members[i].weight : 1; n > 0 && slots.size() < buckets; --n) {
                slots.push_back(detail::slot_at(i));
            }
        }
        detail::circle table(std::move(slots), next.size());
        members_ = std::move(next);
        table_ = std::move(table);
    }

    [[nodiscard]] constexpr std::size_t size() const noexcept { return members_.size(); }
    [[nodiscard]] constexpr std::span<const member> members() const noexcept { return members_.members(); }

    constexpr void reset() noexcept {}
    constexpr void disable(slot where) noexcept { members_.disable(where); }
    constexpr void enable(slot where) noexcept { members_.enable(where); }

    /// Whose bucket the key falls into. Empty when that one may not be chosen, or with a fallback, nobody who has a
    /// bucket.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(key_hash key, const Accept& accept = {}) const noexcept {
        const auto place = [this](std::uint32_t number, std::uint32_t offset) {
            const std::uint32_t product = number * (options_.hashing == lvs_hashing::since_linux_4_17 ? golden : knuth);
            const std::uint32_t eight = options_.hashing == lvs_hashing::since_linux_4_17 ? product >> 24U : product;
            return static_cast<std::size_t>((offset + eight) & 0xffU);
        };
        return detail::lvs_lookup(table_, detail::remainder(buckets), key, options_.fallback, place,
                                  members_.eligible(accept));
    }

    /// The buckets, for who takes them in turn.
    [[nodiscard]] constexpr std::size_t positions() const noexcept { return table_.size(); }
    /// The first bucket from `position` on, around the table, whose member may be chosen.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<std::size_t> next(std::size_t position,
                                                            const Accept& accept = {}) const noexcept {
        const std::size_t found = table_.find(position, members_.eligible(accept));
        return found == positions() ? std::nullopt : std::optional(found);
    }
    /// The member at that bucket.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> at(std::size_t position, const Accept& accept = {}) const noexcept {
        const std::size_t found = table_.find(position, members_.eligible(accept));
        return found == positions() ? std::nullopt : std::optional(table_[found]);
    }

    /// A digest of the mapping, whoever is down; equal on every machine.
    [[nodiscard]] constexpr std::uint64_t fingerprint() const noexcept {
        return detail::lvs_fingerprint(table_, members_);
    }

    friend constexpr bool operator==(const lvs_hash&, const lvs_hash&) = default;

  private:
    static constexpr std::uint32_t golden = 0x61c88647U; // 2^32 divided by the golden ratio, negated
    static constexpr std::uint32_t knuth = 2654435761U;

    options options_;
    detail::membership members_;
    detail::circle table_;
};

template <>
inline constexpr std::array law_exceptions<lvs_hash>{
    law_exception{law::totality,
                  "a bucket whose member may not be chosen is nobody's, unless there is a fallback; and "
                  "whoever comes behind the 256th place has no bucket",
                  "IPVS: ip_vs_sh_get, ip_vs_sh_reassign, ip_vs_dh_reassign"},
    law_exception{law::survival, "who is drained has a bucket too, so one that joins moves the keys of others",
                  "IPVS: ip_vs_sh_reassign, ip_vs_dh_reassign"},
    law_exception{law::fairness, "shares are of 256 buckets, and dh's are equal",
                  "IPVS: ip_vs_sh_reassign, ip_vs_dh_reassign"},
    law_exception{law::purity, "buckets are dealt out in the order of the members",
                  "IPVS: ip_vs_sh_reassign, ip_vs_dh_reassign"}};

static_assert(keyed_selector<lvs_hash> && shareable_selector<lvs_hash>);

} // namespace poise

#endif
