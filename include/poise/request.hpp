// SPDX-License-Identifier: MIT
// request: one selection's arguments, whatever their types: what an `any_selector` is asked.
#ifndef POISE_REQUEST_HPP
#define POISE_REQUEST_HPP

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>

#include <poise/accept.hpp>
#include <poise/detail/function_ref.hpp>
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
        if constexpr (enumerable_accept<Accept> && !rejects_ids_alone<Accept>) {
            also_ = question::through<[](const auto& asked, slot where) {
                return also_accepts(asked, where);
            }>(accept);
        } else if constexpr (!enumerable_accept<Accept> && !std::same_as<Accept, accept_all>) {
            also_ = question(accept);
        }
    }

    [[nodiscard]] constexpr bool is_everybody() const noexcept { return !also_ && ids_.empty(); }

    /// Gives `use` what is rejected as one of two types: ids alone, or also by a predicate; bound to `members`. With
    /// `is_everybody`, for which there is `accept_all`, what is fast for a type of accept stays so.
    template <class Use>
    constexpr auto visit(std::span<const member> members, const Use& use) const {
        return also_ ? use(except(ids_).within(also_).over(members)) : use(except(ids_).over(members));
    }

  private:
    using question = detail::function_ref<bool(slot)>;
    template <class Accept>
    static constexpr bool rejects_ids_alone = std::derived_from<Accept, basic_except<accept_all>>;

    std::span<const std::uint64_t> ids_;
    question also_;
};

/// A load of any type: a view of it, as long as the load lives. By itself it is none.
class any_load {
  public:
    constexpr any_load() noexcept = default;
    template <slot_load Load>
        requires(!std::same_as<Load, any_load>)
    any_load(const Load& load) noexcept // NOLINT(google-explicit-constructor): it stands for any of them
        : load_(load) {}

    [[nodiscard]] constexpr explicit operator bool() const noexcept { return static_cast<bool>(load_); }
    /// The load of the member there; only if there is a load.
    [[nodiscard]] std::uint64_t operator()(slot where) const { return load_(where); }

  private:
    detail::function_ref<std::uint64_t(slot)> load_;
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
