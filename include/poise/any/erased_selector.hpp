// SPDX-License-Identifier: MIT
// Any selector behind virtual functions: what an `any_selector` holds.
#ifndef POISE_ANY_ERASED_SELECTOR_HPP
#define POISE_ANY_ERASED_SELECTOR_HPP

#include <chrono>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include <poise/detail/connection_counts.hpp>
#include <poise/detail/membership.hpp>
#include <poise/request.hpp>
#include <poise/selector.hpp>
#include <poise/selectors/keyed_or.hpp>
#include <poise/selectors/smooth_weighted_round_robin.hpp>

namespace poise::detail {

/// A choice as two words, which go in registers: g++ 12 puts the two parts of a std::optional<slot> together in memory,
/// and reading them back at once waits for both, longer than many a selection takes.
struct erased_choice {
    std::uint64_t chosen; // 1, or 0: nobody
    std::uint64_t where;

    erased_choice(std::optional<slot> choice) noexcept // NOLINT(google-explicit-constructor): and nothing else
        : chosen(choice.has_value() ? 1 : 0),
          where(choice ? index_of(*choice) : 0) {}
    operator std::optional<slot>() const noexcept { // NOLINT(google-explicit-constructor)
        return chosen != 0 ? std::optional(slot_at(where)) : std::nullopt;
    }
};

class erased_selector {
  public:
    virtual ~erased_selector() = default;

    [[nodiscard]] virtual std::unique_ptr<erased_selector> copy() const = 0;
    /// The same for two of one type, without run-time types.
    [[nodiscard]] virtual const void* type() const noexcept = 0;
    [[nodiscard]] virtual bool equals(const erased_selector& same_type) const = 0;
    [[nodiscard]] virtual std::span<const law_exception> exceptions() const noexcept = 0;

    virtual void assign(std::span<const member> members) = 0;
    [[nodiscard]] virtual std::span<const member> members() const noexcept = 0;
    virtual void reset() noexcept = 0;
    virtual void disable(slot where) noexcept = 0;
    virtual void enable(slot where) noexcept = 0;
    /// Two, so that what is asked most, of everybody, is a short function of its own.
    [[nodiscard]] virtual erased_choice select(std::optional<key_hash> key, any_load load) noexcept = 0;
    [[nodiscard]] virtual erased_choice select_accepted(const request& what) noexcept = 0;

    virtual void failed(slot where) noexcept = 0;
    virtual void failed(slot where, std::uint32_t max_fails) noexcept = 0;
    virtual void succeeded(slot where) noexcept = 0;
    virtual void opened(slot where) noexcept = 0;
    virtual void closed(slot where) noexcept = 0;
    virtual void advance(std::chrono::seconds now) noexcept = 0;

  protected:
    erased_selector() = default;
    erased_selector(const erased_selector&) = default;
    erased_selector& operator=(const erased_selector&) = default;
};

/// Connections of who does not count them, by the members that a selector has.
class connections_beside {
  public:
    /// Memory may end; nothing has changed then.
    void assign(std::span<const member> members) {
        membership next(members, members_, "any_selector");
        connection_counts counts(next, members_, counts_);
        members_ = std::move(next);
        counts_ = std::move(counts);
    }
    void opened(slot where) noexcept { counts_.opened(where); }
    void closed(slot where) noexcept { counts_.closed(where); }
    [[nodiscard]] std::uint64_t operator()(slot where) const noexcept { return counts_.of(where); }

    friend bool operator==(const connections_beside&, const connections_beside&) = default;

  private:
    membership members_; // who is who; its bars are not used
    connection_counts counts_;
};

struct no_connections_beside {
    friend bool operator==(const no_connections_beside&, const no_connections_beside&) = default;
};

/// `Selector` takes every request: it is keyless or goes by a load; if also by a key, only where there is one.
template <selector Selector>
    requires keyless_selector<Selector> || load_selector<Selector>
class erased final : public erased_selector {
    static constexpr bool counts_beside = !keyless_selector<Selector>;

  public:
    explicit erased(Selector chosen) : selector_(std::move(chosen)) {
        if constexpr (counts_beside) connections_.assign(selector_.members());
    }

    std::unique_ptr<erased_selector> copy() const override { return std::make_unique<erased>(*this); }
    const void* type() const noexcept override { return &tag; }
    bool equals(const erased_selector& same_type) const override {
        const auto& other = static_cast<const erased&>(same_type);
        return selector_ == other.selector_ && connections_ == other.connections_;
    }
    std::span<const law_exception> exceptions() const noexcept override { return law_exceptions<Selector>; }

    void assign(std::span<const member> members) override {
        if constexpr (counts_beside) {
            auto connections = connections_;
            connections.assign(members);
            selector_.assign(members); // the last that may throw
            connections_ = std::move(connections);
        } else {
            selector_.assign(members);
        }
    }
    std::span<const member> members() const noexcept override { return selector_.members(); }
    void reset() noexcept override { selector_.reset(); }
    void disable(slot where) noexcept override { selector_.disable(where); }
    void enable(slot where) noexcept override { selector_.enable(where); }

    erased_choice select(std::optional<key_hash> key, any_load load) noexcept override {
        return chosen(key, load, accept_all{});
    }
    erased_choice select_accepted(const request& what) noexcept override {
        return what.accept.visit(
            members(), [this, &what](const auto& accept) { return this->chosen(what.key, what.load, accept); });
    }

    void failed(slot where) noexcept override {
        if constexpr (failure_aware_selector<Selector>) selector_.failed(where);
    }
    void failed(slot where, std::uint32_t max_fails) noexcept override {
        if constexpr (requires { selector_.failed(where, max_fails); }) {
            selector_.failed(where, max_fails);
        } else {
            failed(where);
        }
    }
    void succeeded(slot where) noexcept override {
        if constexpr (requires { selector_.succeeded(where); }) selector_.succeeded(where);
    }
    void opened(slot where) noexcept override {
        if constexpr (connection_counting_selector<Selector>) selector_.opened(where);
        if constexpr (counts_beside) connections_.opened(where);
    }
    void closed(slot where) noexcept override {
        if constexpr (connection_counting_selector<Selector>) selector_.closed(where);
        if constexpr (counts_beside) connections_.closed(where);
    }
    void advance(std::chrono::seconds now) noexcept override {
        if constexpr (timed_selector<Selector, std::chrono::seconds>) selector_.advance(now);
    }

  private:
    template <class Accept>
    std::optional<slot> chosen(const std::optional<key_hash>& key, const any_load& load,
                               const Accept& accept) noexcept {
        if constexpr (keyed_selector<Selector>) {
            if (key) return selector_.select(*key, accept);
        }
        if constexpr (keyless_selector<Selector>) {
            return selector_.select(accept);
        } else {
            return load ? selector_.select(load, accept) : selector_.select(connections_, accept);
        }
    }

    static constexpr char tag = 0;

    Selector selector_;
    [[no_unique_address]] std::conditional_t<counts_beside, connections_beside, no_connections_beside> connections_;
};

/// Who goes by keys alone gets a fallback: its own table or ring by turns, or else turns by weight.
template <selector Selector>
std::unique_ptr<erased_selector> erase(Selector chosen) {
    if constexpr (keyless_selector<Selector> || load_selector<Selector>) {
        return std::make_unique<erased<Selector>>(std::move(chosen));
    } else if constexpr (positional_selector<Selector>) {
        return erase(keyed_or<Selector>(std::move(chosen)));
    } else {
        smooth_weighted_round_robin fallback;
        fallback.assign(chosen.members());
        return erase(keyed_or<Selector, smooth_weighted_round_robin>(std::move(chosen), std::move(fallback)));
    }
}

} // namespace poise::detail

#endif
