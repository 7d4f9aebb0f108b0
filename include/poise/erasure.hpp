// SPDX-License-Identifier: MIT
// The type any_selector: one type for all algorithms, without their names: for who brings a selector, of Poise or of
// his own, and wants to swap it at run time. any_selector.hpp makes them by name, and includes every one of them.
#ifndef POISE_ERASURE_HPP
#define POISE_ERASURE_HPP

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <poise/any/erased_selector.hpp>
#include <poise/key_source.hpp>
#include <poise/request.hpp>
#include <poise/selector.hpp>

namespace poise {

/// Any selector, with the choices of the one that it holds; a call costs what that one's costs and a virtual call.
///
/// It is total: a keyless selector ignores the key, a keyed one without a key goes by its fallback, or takes the
/// positions of its table or ring in turn, or turns by weight; a load selector without a load goes by the connections
/// that `opened` and `closed` tell. It allocates when it is made, copied or assigned. What was moved from may only be
/// assigned to or destroyed. Of its type there is one, so the laws that are broken are known at run time: `exceptions`.
class any_selector {
  public:
    /// Give it before its members, where it has a fallback: who is down already is not so in that.
    template <class Selector>
        requires(!std::derived_from<Selector, any_selector>) && selector<Selector>
    explicit any_selector(Selector chosen) : held_(detail::erase(std::move(chosen))) {}
    any_selector(const any_selector& other) : held_(other.held_->copy()) {}
    any_selector(any_selector&&) noexcept = default;
    any_selector& operator=(const any_selector& other) {
        if (this != &other) held_ = other.held_->copy();
        return *this;
    }
    any_selector& operator=(any_selector&&) noexcept = default;
    ~any_selector() = default;

    /// Throws what the selector throws; nothing has changed then.
    void assign(std::span<const member> members) { held_->assign(members); }
    [[nodiscard]] std::size_t size() const noexcept { return held_->members().size(); }
    [[nodiscard]] std::span<const member> members() const noexcept { return held_->members(); }
    void reset() noexcept { held_->reset(); }
    void disable(slot where) noexcept { held_->disable(where); }
    void enable(slot where) noexcept { held_->enable(where); }

    /// What the selector chooses for this request.
    [[nodiscard]] std::optional<slot> select(const request& what) noexcept {
        return what.accept.is_everybody() ? held_->select(what.key, what.load) : held_->select_accepted(what);
    }
    /// The same, as keyless and keyed selectors are asked.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] std::optional<slot> select(const Accept& accept = {}) noexcept {
        return select(request{.accept = accept});
    }
    template <accept_rule Accept = accept_all>
    [[nodiscard]] std::optional<slot> select(key_hash key, const Accept& accept = {}) noexcept {
        return select(request{.key = key, .accept = accept});
    }

    /// Reports reach a selector that wants them.
    void failed(slot where) noexcept { held_->failed(where); }
    void failed(slot where, std::uint32_t max_fails) noexcept { held_->failed(where, max_fails); }
    void succeeded(slot where) noexcept { held_->succeeded(where); }
    void opened(slot where) noexcept { held_->opened(where); }
    void closed(slot where) noexcept { held_->closed(where); }
    /// Tells the time to a selector that has a clock.
    void advance(std::chrono::seconds now) noexcept { held_->advance(now); }

    /// The laws that the selector breaks.
    [[nodiscard]] std::span<const law_exception> exceptions() const noexcept { return held_->exceptions(); }

    /// Equal when both hold the same type, and those are equal.
    friend bool operator==(const any_selector& a, const any_selector& b) {
        return a.held_->type() == b.held_->type() && a.held_->equals(*b.held_);
    }

  private:
    std::unique_ptr<detail::erased_selector> held_;
};

static_assert(keyless_selector<any_selector> && keyed_selector<any_selector> && failure_aware_selector<any_selector> &&
              connection_counting_selector<any_selector> && !shareable_selector<any_selector>);

/// A server as its configuration has it: what ids are made of.
struct server_identity {
    std::string_view name;                      ///< as a configuration has it, "10.0.0.1:8080"
    std::uint32_t place = 0;                    ///< among all servers, from 0
    std::span<const std::uint8_t> address = {}; ///< 4 or 16 bytes, network order
    std::uint16_t port = 0;
};

namespace detail {
[[nodiscard]] constexpr std::uint64_t id_by_place(const server_identity& server) noexcept {
    return std::uint64_t{server.place} + 1;
}
} // namespace detail

/// An algorithm and what it is keyed by.
struct balancer {
    key_source key;        ///< makes no key, if the algorithm goes by none
    any_selector selector; ///< without members yet
    /// The id by which a member has the places that the algorithm's system gives that server; for who goes by no id,
    /// and for HAProxy, the place from 1.
    std::uint64_t (*id_of)(const server_identity& server) = detail::id_by_place;
};

} // namespace poise

#endif
