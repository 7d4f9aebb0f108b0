// SPDX-License-Identifier: MIT
// Does:    nginx's hash: the member at hash mod sum of weights; who may not be chosen is passed over by hashing again, 20
//          times, then it is whose turn it is in smooth weighted round robin.
// Cost:    select O(log members) a hash, O(members) after 20; 61 bytes a member.
// Use:     when nginx's places are wanted; hash_ring moves fewer keys when members change.
// Shared:  no, the round robin moves.
// Source:  nginx, src/http/modules/ngx_http_upstream_hash_module.c; the hash is that of Cache::Memcached.
#ifndef POISE_SELECTORS_NGINX_HASH_HPP
#define POISE_SELECTORS_NGINX_HASH_HPP

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <poise/detail/fingerprint.hpp>
#include <poise/detail/membership.hpp>
#include <poise/detail/remainder.hpp>
#include <poise/detail/smooth_weights.hpp>
#include <poise/detail/weight_sums.hpp>
#include <poise/hashes/crc32.hpp>
#include <poise/selector.hpp>

namespace poise {

/// The hashes of one request, the first and those of its retries: made from its key, empty for a request without one.
/// `name` is the algorithm's in error messages.
template <class Hashes>
concept hash_sequence = std::constructible_from<Hashes, key_hash> && requires(Hashes& hashes, const Hashes& fixed) {
    { Hashes::name } -> std::convertible_to<std::string_view>;
    { fixed.empty() } noexcept -> std::same_as<bool>;
    { hashes.next() } noexcept -> std::same_as<std::uint32_t>;
};

/// nginx's `hash`: CRC-32 of the key, behind the number of the retry, shortened to 15 bits and added up.
///
/// A key_hash holds CRC-32 and length, from which the CRC-32 of any digits before the key follows.
class memcached_rehash {
  public:
    static constexpr std::string_view name = "nginx_hash";

    [[nodiscard]] static constexpr key_hash key(std::string_view bytes) noexcept {
        return key_hash{hashes::crc32{}(bytes) | static_cast<std::uint64_t>(bytes.size()) << 32U};
    }

    constexpr explicit memcached_rehash(key_hash key) noexcept
        : crc_(static_cast<std::uint32_t>(key)),
          length_(static_cast<std::uint32_t>(static_cast<std::uint64_t>(key) >> 32U)) {}

    [[nodiscard]] constexpr bool empty() const noexcept { return length_ == 0; }
    [[nodiscard]] constexpr std::uint32_t next() noexcept {
        sum_ += (crc_of_retry() >> 16U) & 0x7fffU;
        ++retry_;
        return sum_;
    }

  private:
    // The CRC-32 of digits and key: that of the digits, moved on by the length of the key, and that of the key.
    [[nodiscard]] constexpr std::uint32_t crc_of_retry() const noexcept {
        if (retry_ == 0) return crc_;
        std::array<char, 10> digits{};
        std::size_t first = digits.size();
        for (std::uint32_t rest = retry_; rest > 0; rest /= 10) digits[--first] = static_cast<char>('0' + rest % 10);
        const std::string_view number(digits.data() + first, digits.size() - first);
        return hashes::crc32::followed_by_zeros(hashes::crc32{}(number), length_) ^ crc_;
    }

    std::uint32_t crc_;
    std::uint32_t length_;
    std::uint32_t sum_ = 0;
    std::uint32_t retry_ = 0;
};

static_assert(hash_sequence<memcached_rehash> && !hash_sequence<key_hash>);

/// The loop of nginx's `hash` and `ip_hash`: choice for choice when ids ascend in the order of its configuration.
///
/// For retries exactly as nginx give `except(ids)` the ids in the order in which they were tried: only others than
/// those count among the 20. Without a key it is smooth weighted round robin.
template <hash_sequence Hashes>
class basic_nginx_hash {
  public:
    struct options {
        std::uint32_t max_fails = 1; ///< a failure costs weight / max_fails in the round robin; 0 = nothing
        friend constexpr bool operator==(const options&, const options&) = default;
    };

    basic_nginx_hash() = default;
    constexpr explicit basic_nginx_hash(options chosen) noexcept : options_(chosen) {}

    /// The only keys that `select` takes: any other `key_hash`, as of `hashed`, has not the hashes of the retries in it,
    /// and may count as empty.
    template <class... Bytes>
    [[nodiscard]] static constexpr auto key(const Bytes&... bytes) noexcept -> decltype(Hashes::key(bytes...)) {
        return Hashes::key(bytes...);
    }

    /// Takes the whole membership. Who stays keeps its turn in the round robin. Throws std::invalid_argument on a
    /// duplicate id or when members times the largest weight pass 2^60; nothing has changed then.
    constexpr void assign(std::span<const member> members) {
        detail::membership next(members, members_, Hashes::name);
        detail::smooth_weights weights(next, members_, weights_, Hashes::name);
        sums_ = detail::weight_sums(next);
        members_ = std::move(next);
        weights_ = std::move(weights);
        remainder_ = detail::remainder(sums_.all() == 0 ? 1 : sums_.all());
    }

    [[nodiscard]] constexpr std::size_t size() const noexcept { return members_.size(); }
    [[nodiscard]] constexpr std::span<const member> members() const noexcept { return members_.members(); }

    constexpr void reset() noexcept { weights_.reset(members_); }
    constexpr void disable(slot where) noexcept { members_.disable(where); }
    constexpr void enable(slot where) noexcept { members_.enable(where); }

    /// The member where the key's hash lies, or the next hash of those that may be chosen, or whose turn it is.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(key_hash key, const Accept& accept = {}) noexcept {
        Hashes hashes(key);
        if (hashes.empty() || sums_.count() < 2) return select(accept);
        const auto eligible = members_.eligible(accept);
        std::size_t retries = 0;
        for (std::uint32_t rejected = 0; rejected <= most_rejected;) {
            const slot where = sums_.owner(remainder_.of(hashes.next()));
            if (eligible(detail::index_of(where))) return where;
            if constexpr (enumerable_accept<Accept>) {
                const auto tried = accept.ids();
                if (retries < tried.size() && tried[retries] == members()[detail::index_of(where)].id) {
                    ++retries; // that was the choice then
                    continue;
                }
            }
            ++rejected;
        }
        return turn(eligible);
    }
    /// Whose turn it is in smooth weighted round robin: nginx's choice for a request with an empty key.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(const Accept& accept = {}) noexcept {
        return turn(members_.eligible(accept));
    }

    /// The member there failed: in the round robin it is worth less until it has recovered. O(1).
    constexpr void failed(slot where) noexcept { failed(where, options_.max_fails); }
    /// The same where every member has a `max_fails` of its own, as nginx's servers do.
    constexpr void failed(slot where, std::uint32_t max_fails) noexcept { weights_.failed(members_, where, max_fails); }

    /// A digest of the mapping, whoever is down; equal on every machine. O(members).
    [[nodiscard]] constexpr std::uint64_t fingerprint() const noexcept {
        detail::fingerprint digest;
        for (std::size_t i = 0; i < size(); ++i) {
            const member& m = members()[detail::index_of(members_.in_id_order(i))];
            if (m.weight == 0) continue;
            digest.add(m.id);
            digest.add(m.weight);
        }
        return digest.value();
    }

    friend constexpr bool operator==(const basic_nginx_hash&, const basic_nginx_hash&) = default;

  private:
    static constexpr std::uint32_t most_rejected = 20;

    template <class Eligible>
    [[nodiscard]] constexpr std::optional<slot> turn(const Eligible& eligible) noexcept {
        const auto chosen = weights_.turn(eligible);
        return chosen ? std::optional(detail::slot_at(*chosen)) : std::nullopt;
    }

    options options_;
    detail::membership members_;
    detail::weight_sums sums_;
    detail::remainder remainder_;
    detail::smooth_weights weights_;
};

using nginx_hash = basic_nginx_hash<memcached_rehash>;

template <class Hashes>
inline constexpr std::array law_exceptions<basic_nginx_hash<Hashes>>{law_exception{
    law::fairness, "a key has one of few hashes, 32768 or 6271: shares stray by the sum of weights in that",
    "nginx: ngx_http_upstream_get_hash_peer, ngx_http_upstream_get_ip_hash_peer"}};

static_assert(keyed_selector<nginx_hash> && keyless_selector<nginx_hash> && failure_aware_selector<nginx_hash> &&
              !shareable_selector<nginx_hash>);

} // namespace poise

#endif
