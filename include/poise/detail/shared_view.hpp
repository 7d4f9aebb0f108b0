// SPDX-License-Identifier: MIT
// What a shared_pool publishes: a membership and the selector that chooses among it.
#ifndef POISE_DETAIL_SHARED_VIEW_HPP
#define POISE_DETAIL_SHARED_VIEW_HPP

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <poise/detail/membership.hpp>
#include <poise/detail/seat.hpp>
#include <poise/detail/selector_kinds.hpp>
#include <poise/member.hpp>

namespace poise::detail {

/// A membership, as choices see it.
template <class Endpoint, class Seat, class Selector>
struct shared_view {
    membership members; // who is who; its bars are not used
    std::vector<held<Seat>> seats;
    typename kept_selector<Selector>::shown selector;
    // How many are down; its own, so that it stays right for who still chooses by this view. Seldom written.
    std::unique_ptr<std::atomic<std::uint32_t>> down = std::make_unique<std::atomic<std::uint32_t>>(0);

    [[nodiscard]] std::optional<std::reference_wrapper<Endpoint>> find(std::uint64_t id) const noexcept {
        const auto where = members.find(id);
        if (!where) return std::nullopt;
        return std::ref(seats[index_of(*where)]->endpoint);
    }
    [[nodiscard]] std::uint64_t in_flight(slot where) const noexcept { return seats[index_of(where)]->in_flight(); }

    /// Lets this selector choose, in the way that it is asked: by key, with what a thread keeps for it, by load.
    template <class Asked, class Worker, class Accept, class... Key>
    [[nodiscard]] std::optional<slot> ask(Asked& by, Worker& worker, const Accept& accept,
                                          const Key&... key) const noexcept {
        const auto load = [this](slot where) {
            return in_flight(where);
        };
        if constexpr (sizeof...(Key) > 0) {
            return by.select(key..., accept);
        } else if constexpr (requires { by.select(worker, accept); }) {
            return by.select(worker, accept);
        } else if constexpr (requires { by.select(worker, load, accept); }) {
            return by.select(worker, load, accept);
        } else if constexpr (requires { by.select(load, accept); }) {
            return by.select(load, accept);
        } else {
            return by.select(accept);
        }
    }
};

} // namespace poise::detail

#endif
