// SPDX-License-Identifier: MIT
// Does:    LVS's mh, Maglev hashing: each member has an order of preference over the places of a table, and they take
//          their turns in filling it; the key's place decides.
// Cost:    select O(1), with the fallback at most as many hashes as the table has places; assign O(places) on average;
//          37 bytes a member and 8 a place.
// Use:     when LVS's places are wanted: few keys move when members change, and none when one is quiesced.
// Shared:  yes.
// Source:  Linux IPVS, net/netfilter/ipvs/ip_vs_mh.c; by model. D. E. Eisenbud et al., "Maglev", NSDI 2016.
#ifndef POISE_SELECTORS_LVS_MAGLEV_HPP
#define POISE_SELECTORS_LVS_MAGLEV_HPP

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <poise/detail/circle.hpp>
#include <poise/detail/lvs_key.hpp>
#include <poise/detail/membership.hpp>
#include <poise/detail/remainder.hpp>
#include <poise/hashes/siphash.hpp>
#include <poise/selector.hpp>

namespace poise {

/// The id from which LVS derives a member's preferences: its address, 4 or 16 bytes in network order (else it counts as
/// 0), and its port. `index` tells those apart whom LVS cannot: IPv6 addresses that fold alike.
[[nodiscard]] constexpr std::uint64_t lvs_id(std::span<const std::uint8_t> address, std::uint16_t port,
                                             std::uint16_t index = 0) noexcept {
    const std::uint64_t number = detail::lvs_address(address).value_or(0);
    return std::uint64_t{index} << 48U | number << 16U | port;
}

/// LVS's Maglev hashing, choice for choice where members are listed as LVS lists them (a new destination comes first
/// there) and have ids of `lvs_id`. Other ids do as well, they only make other tables.
class lvs_maglev {
  public:
    struct options {
        std::uint32_t places = 4093; ///< of the table: 251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521 or 131071
        bool fallback = false;       ///< mh's flag: try other places, by hashing again with an offset
        friend constexpr bool operator==(const options&, const options&) = default;
    };

    constexpr lvs_maglev() : lvs_maglev(options{}) {}
    /// Throws std::invalid_argument on a table of a size that the kernel does not have.
    constexpr explicit lvs_maglev(options chosen) : options_(chosen), remainder_(std::max(chosen.places, 1U)) {
        if (std::ranges::find(sizes, chosen.places) == sizes.end()) {
            detail::invalid("lvs_maglev", "places", chosen.places,
                            "251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521 or 131071");
        }
    }

    /// The key of a source's address: 4 or 16 bytes in network order, else none. With the port it is that of the flag
    /// mh-port. Other keys do as well, by their lower 32 bits.
    [[nodiscard]] static constexpr std::optional<key_hash> key(std::span<const std::uint8_t> address,
                                                               std::uint16_t port = 0) noexcept {
        return detail::lvs_key(address, port);
    }

    /// Takes the whole membership; its order counts, and so does the last weight above 0 that a member had: who is
    /// quiesced by weight 0 keeps its places. Throws std::invalid_argument on a duplicate id and on more members than
    /// places; nothing has changed then.
    constexpr void assign(std::span<const member> members) {
        if (members.size() > options_.places) {
            detail::invalid("lvs_maglev", "number of members", members.size(),
                            "at most " + std::to_string(options_.places));
        }
        detail::membership next(members, members_, "lvs_maglev");
        std::vector<std::uint32_t> weights;
        weights.reserve(members.size());
        for (const member& m : members) {
            const auto was = members_.find(m.id);
            weights.push_back(m.weight > 0 || !was ? m.weight : last_weights_[detail::index_of(*was)]);
        }
        detail::circle table(filled(members, weights), next.size());
        members_ = std::move(next);
        last_weights_ = std::move(weights);
        table_ = std::move(table);
    }

    [[nodiscard]] constexpr std::size_t size() const noexcept { return members_.size(); }
    [[nodiscard]] constexpr std::span<const member> members() const noexcept { return members_.members(); }

    /// The last weights stay: they are what the members were given, and not learned.
    constexpr void reset() noexcept {}
    constexpr void disable(slot where) noexcept { members_.disable(where); }
    constexpr void enable(slot where) noexcept { members_.enable(where); }

    /// Whose place the key falls on. Empty when that one may not be chosen, or with a fallback, none of those on whom it
    /// falls with any offset.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(key_hash key, const Accept& accept = {}) const noexcept {
        const auto place = [this](std::uint32_t number, std::uint32_t offset) {
            return static_cast<std::size_t>(remainder_.of(hashed_by(first_secret, number + offset)));
        };
        return detail::lvs_lookup(table_, remainder_, key, options_.fallback, place, members_.eligible(accept));
    }

    /// The places, for who takes them in turn.
    [[nodiscard]] constexpr std::size_t positions() const noexcept { return table_.size(); }
    /// The first place from `position` on, around the table, whose member may be chosen.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<std::size_t> next(std::size_t position,
                                                            const Accept& accept = {}) const noexcept {
        const std::size_t found = table_.find(position, members_.eligible(accept));
        return found == positions() ? std::nullopt : std::optional(found);
    }
    /// The member at that place.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> at(std::size_t position, const Accept& accept = {}) const noexcept {
        const std::size_t found = table_.find(position, members_.eligible(accept));
        return found == positions() ? std::nullopt : std::optional(table_[found]);
    }

    /// A digest of the mapping, whoever is down; equal on every machine. O(places).
    [[nodiscard]] constexpr std::uint64_t fingerprint() const noexcept {
        return detail::lvs_fingerprint(table_, members_);
    }

    friend constexpr bool operator==(const lvs_maglev&, const lvs_maglev&) = default;

  private:
    static constexpr std::array<std::uint32_t, 10> sizes{251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521, 131071};
    static constexpr std::uint64_t first_secret = 2654435761U;
    static constexpr std::uint64_t second_secret = 2654446892U;

    // The kernel's hsiphash of one 32-bit number, on a machine of 64 bits.
    [[nodiscard]] static constexpr std::uint32_t hashed_by(std::uint64_t secret, std::uint32_t number) noexcept {
        return static_cast<std::uint32_t>(hashes::basic_siphash<1, 3>(secret, secret).of_number(number));
    }

    // Where a member stands in its order of preference: every `skip`-th place, from the first on, around the table.
    struct preference {
        slot who;
        std::uint32_t place;
        std::uint32_t skip;
        std::uint32_t turns; // places taken at a time
    };

    [[nodiscard]] constexpr std::vector<preference> preferences(std::span<const member> members,
                                                                std::span<const std::uint32_t> weights) const {
        std::uint32_t divisor = 0;
        std::uint32_t heaviest = 0;
        for (const std::uint32_t weight : weights) {
            divisor = std::gcd(divisor, weight);
            heaviest = std::max(heaviest, weight);
        }
        std::vector<preference> all;
        if (divisor == 0) return all;
        const auto bits = [](std::uint32_t number) {
            return static_cast<unsigned>(std::bit_width(number));
        };
        // turns of more bits than half of the table's would make it coarse
        const unsigned most_bits = bits(options_.places) / 2;
        const unsigned excess = std::max(bits(heaviest / divisor), most_bits) - most_bits;
        all.reserve(members.size());
        for (std::size_t i = 0; i < members.size(); ++i) {
            if (weights[i] == 0) continue;
            const auto number =
                static_cast<std::uint32_t>(members[i].id >> 16U) + static_cast<std::uint32_t>(members[i].id & 0xffffU);
            all.push_back({.who = detail::slot_at(i),
                           .place = static_cast<std::uint32_t>(remainder_.of(hashed_by(first_secret, number))),
                           .skip = hashed_by(second_secret, number) % (options_.places - 1) + 1,
                           .turns = std::max((weights[i] / divisor) >> excess, 1U)});
        }
        return all;
    }

    [[nodiscard]] constexpr std::vector<slot> filled(std::span<const member> members,
                                                     std::span<const std::uint32_t> weights) const {
        std::vector<preference> all = preferences(members, weights);
        std::vector<slot> table;
        if (all.empty()) return table;
        table.resize(options_.places, slot{0});
        std::vector<std::uint8_t> taken(options_.places, 0);
        for (std::size_t left = options_.places, i = 0; left > 0; i = i + 1 == all.size() ? 0 : i + 1) {
            preference& p = all[i];
            for (std::uint32_t turn = 0; turn < p.turns && left > 0; ++turn, --left) {
                while (taken[p.place] != 0) {
                    p.place += p.skip;
                    if (p.place >= options_.places) p.place -= options_.places;
                }
                taken[p.place] = 1;
                table[p.place] = p.who;
            }
        }
        return table;
    }

    options options_;
    detail::remainder remainder_;
    detail::membership members_;
    std::vector<std::uint32_t> last_weights_; // above 0, unless there never was one
    detail::circle table_;
};

template <>
inline constexpr std::array law_exceptions<lvs_maglev>{
    law_exception{law::totality,
                  "a place whose member may not be chosen is nobody's, unless there is a fallback, and "
                  "that too may miss who has few places",
                  "IPVS mh: ip_vs_mh_get, ip_vs_mh_get_fallback"},
    law_exception{law::fairness, "shares are of the table's places, and weights are shortened to half its bits",
                  "IPVS mh: ip_vs_mh_populate, ip_vs_mh_shift_weight"},
    law_exception{law::purity, "places are taken in the order of the members, and a weight above 0 is remembered",
                  "IPVS mh: ip_vs_mh_populate, last_weight"}};

static_assert(keyed_selector<lvs_maglev> && shareable_selector<lvs_maglev>);

} // namespace poise

#endif
