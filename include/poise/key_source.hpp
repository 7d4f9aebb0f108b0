// SPDX-License-Identifier: MIT
// key_source: what a request is keyed by, chosen at run time, and the parts of a request that a key may be made of.
#ifndef POISE_KEY_SOURCE_HPP
#define POISE_KEY_SOURCE_HPP

#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <poise/detail/function_ref.hpp>
#include <poise/member.hpp>

namespace poise {

/// How a header field's value is looked up: a view of any callable that takes a field's name (compare without regard
/// to case) and returns the value of the first such field as std::optional<std::string_view>. By itself it finds none.
class any_fields {
  public:
    constexpr any_fields() noexcept = default;
    template <class Lookup>
        requires(!std::same_as<Lookup, any_fields>) && requires(const Lookup& lookup, std::string_view name) {
            { lookup(name) } -> std::same_as<std::optional<std::string_view>>;
        }
    any_fields(const Lookup& lookup) noexcept // NOLINT(google-explicit-constructor): it stands for any of them
        : lookup_(lookup) {}

    [[nodiscard]] std::optional<std::string_view> operator()(std::string_view name) const {
        return lookup_ ? lookup_(name) : std::nullopt;
    }

  private:
    detail::function_ref<std::optional<std::string_view>(std::string_view)> lookup_;
};

/// What there is of a request to make a key of: views, and whatever a protocol does not have stays empty.
struct attributes {
    std::span<const std::uint8_t> source = {};                  ///< the client's address, 4 or 16 bytes, network order
    std::uint16_t source_port = 0;                              ///< and its port
    std::span<const std::uint8_t> destination = {};             ///< the address that it called
    std::uint16_t destination_port = 0;                         ///< and that port
    std::optional<std::string_view> target = std::nullopt;      ///< HTTP: the request's target, as it stands
    any_fields fields = {};                                     ///< HTTP: the header fields
    std::optional<std::string_view> first_bytes = std::nullopt; ///< of the connection, where nothing else is known
};

/// What a key source looks at.
enum class key_needs {
    nothing,     ///< there is no key
    addresses,   ///< source, destination and their ports
    http,        ///< target and fields
    first_bytes, ///< of the connection: ask `wants_more` how many
};

/// Makes a request's key; by itself it makes none.
class key_source {
  public:
    using maker = std::function<std::optional<key_hash>(const attributes&)>;
    using appetite = std::function<bool(std::string_view)>;

    key_source() = default;
    /// `wants_more` is for a source that needs first bytes.
    key_source(key_needs needs, maker make, appetite wants_more = {})
        : needs_(needs),
          make_(std::move(make)),
          wants_more_(std::move(wants_more)) {}

    [[nodiscard]] key_needs needs() const noexcept { return needs_; }

    /// The key; none where the request does not have what it is made of. Throws what the lookup of fields throws.
    [[nodiscard]] std::optional<key_hash> operator()(const attributes& of) const {
        return make_ ? make_(of) : std::nullopt;
    }

    /// Whether more bytes than these first ones may still change the key.
    [[nodiscard]] bool wants_more(std::string_view first_bytes) const {
        return wants_more_ && wants_more_(first_bytes);
    }

  private:
    key_needs needs_ = key_needs::nothing;
    maker make_;
    appetite wants_more_;
};

} // namespace poise

#endif
