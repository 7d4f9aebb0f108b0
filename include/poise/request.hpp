// SPDX-License-Identifier: MIT
// request: one selection's arguments, whatever their types: what an `any_selector` is asked.
#ifndef POISE_REQUEST_HPP
#define POISE_REQUEST_HPP

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>

#include <poise/accept.hpp>
#include <poise/member.hpp>
#include <poise/selector.hpp>

namespace poise {

/// An accept of any type: a view of it, as long as the accept lives. By itself it accepts everybody.
class any_accept {
  public:
    constexpr any_accept() noexcept = default;
    template <accept_rule Accept>
        requires(!std::same_as<Accept, any_accept>)
    any_accept(const Accept& accept) noexcept { // NOLINT(google-explicit-constructor): it stands for any of them
        if constexpr (enumerable_accept<Accept>) ids_ = accept.ids();
        if constexpr (!rejects_ids_alone<Accept>) {
            accept_ = &accept;
            asks_ = [](const void* which, slot where) {
                const auto& asked = *static_cast<const Accept*>(which);
                if constexpr (enumerable_accept<Accept>) {
                    return also_accepts(asked, where);
                } else {
                    return asked(where);
                }
            };
        }
    }

    /// Gives `use` the accept as one of three types: `accept_all` for everybody, an accept that can be enumerated
    /// where there are ids, bound to `members`, and a predicate otherwise. So what is fast for a type stays so.
    template <class Use>
    constexpr auto visit(std::span<const member> members, const Use& use) const {
        if (asks_ == nullptr) {
            if (ids_.empty()) return use(accept_all{});
            return use(except(ids_).over(members));
        }
        const auto also = [this](slot where) {
            return asks_(accept_, where);
        };
        return use(except(ids_).within(also).over(members));
    }

  private:
    template <class Accept>
    static constexpr bool rejects_ids_alone =
        std::same_as<Accept, accept_all> || std::derived_from<Accept, basic_except<accept_all>>;

    std::span<const std::uint64_t> ids_;
    const void* accept_ = nullptr;
    bool (*asks_)(const void*, slot) = nullptr;
};

/// A load of any type: a view of it, as long as the load lives. By itself it is none.
class any_load {
  public:
    constexpr any_load() noexcept = default;
    template <slot_load Load>
        requires(!std::same_as<Load, any_load>)
    any_load(const Load& load) noexcept // NOLINT(google-explicit-constructor): it stands for any of them
        : load_(&load),
          asks_([](const void* which, slot where) -> std::uint64_t {
              return (*static_cast<const Load*>(which))(where);
          }) {}

    [[nodiscard]] constexpr explicit operator bool() const noexcept { return asks_ != nullptr; }
    /// The load of the member there; only if there is a load.
    [[nodiscard]] constexpr std::uint64_t operator()(slot where) const { return asks_(load_, where); }

  private:
    const void* load_ = nullptr;
    std::uint64_t (*asks_)(const void*, slot) = nullptr;
};

/// All that a selection may go by. Each selector looks at what it can use.
struct request {
    std::optional<key_hash> key = std::nullopt; ///< of who goes by keys; absent, its fallback chooses
    any_load load = {};                         ///< of who goes by a load; absent, connections are counted
    any_accept accept = {};                     ///< who may be chosen
};

static_assert(slot_load<any_load> && !accept_rule<any_accept> && !slot_load<request>);

} // namespace poise

#endif
