// SPDX-License-Identifier: MIT
// --balance and what belongs to it: the text of the options becomes an algorithm, a connection's facts its key.
#pragma once

#include <string>

#include <poise/erasure.hpp>

#include "head.hpp"
#include "net.hpp"

namespace proxy {

/// The text of the options; those that are empty were not given.
struct balance_options {
    std::string balance = "smooth"; ///< a name that poise::make knows, and its options behind it
    std::string hash_type;          ///< these four are HAProxy's, and become options behind the name
    std::string hash_function;
    std::string hash_modifier;
    std::string balance_factor;
};

/// Throws usage_error when one of them is not understood.
poise::balancer read_balance(const balance_options& text);

/// Whether this is smooth by its name alone.
bool is_smooth(const balance_options& text, const poise::balancer& read);

/// All that --balance takes, for people.
std::string balance_help();

/// Who talks to whom: the addresses of a client's connection as key sources want them.
class peers {
  public:
    peers() = default;
    peers(const tcp::endpoint& client, const tcp::endpoint& called);

    /// The key of an HTTP request of this client, if the source makes one.
    [[nodiscard]] std::optional<poise::key_hash> key(const poise::key_source& source,
                                                     const request_parser& request) const;
    /// The key of a connection that begins with these bytes.
    [[nodiscard]] std::optional<poise::key_hash> key(const poise::key_source& source,
                                                     std::string_view first_bytes) const;

  private:
    struct address {
        std::array<std::uint8_t, 16> bytes{};
        std::size_t size = 0;
        std::uint16_t port = 0;

        address() = default;
        explicit address(const tcp::endpoint& from);
        [[nodiscard]] std::span<const std::uint8_t> view() const { return std::span(bytes).first(size); }
    };
    [[nodiscard]] poise::attributes attributes() const;

    address client_;
    address called_;
};

/// The id by which the algorithm gives a server the places that its system gives it.
std::uint64_t id_of(const poise::balancer& by, const std::string& name, const tcp::endpoint& at, std::size_t place);

} // namespace proxy
