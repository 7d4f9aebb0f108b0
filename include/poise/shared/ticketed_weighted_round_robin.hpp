// SPDX-License-Identifier: MIT
// Does:    smooth weighted round robin from many threads: the order is a table of one period, and a ticket is a turn in it.
// Cost:    select O(1): a ticket, which is one addition to a number that all threads want, and a look into the table; past
//          members that may not be chosen O(members log positions). 37 bytes a member and 8 a position.
// Use:     for weights' shares from many threads; members may change, failures cost no weight.
// Shared:  yes.
// Source:  the order is nginx's, src/http/ngx_http_upstream_round_robin.c; the ticket is folklore, as in gRPC's static
//          stride scheduler.
#ifndef POISE_SHARED_TICKETED_WEIGHTED_ROUND_ROBIN_HPP
#define POISE_SHARED_TICKETED_WEIGHTED_ROUND_ROBIN_HPP

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <poise/detail/circle.hpp>
#include <poise/detail/membership.hpp>
#include <poise/detail/period_table.hpp>
#include <poise/detail/remainder.hpp>
#include <poise/selector.hpp>
#include <poise/selectors/smooth_weighted_round_robin.hpp>
#include <poise/shared/tickets.hpp>

namespace poise {

/// nginx's order of smooth weighted round robin without failures, by tickets: ticket t gets the t-th choice.
///
/// A thread cannot stop a member's turn for one choice, as smooth_weighted_round_robin does for who is excluded. Here the
/// excluded member's turn is lost: the choice takes the next ticket, and so on, so that the others share by weight what
/// it does not get; after `most_lost` tickets all up to the next who may be chosen are given up at once.
///
/// Deviation: of all tickets handed out, each member has as many as the order gives it: if the order strays by d turns from
/// the shares (about 1, see the figure of smoothness; 1.5 has been seen where many have one of three weights), so do single
/// tickets, but for the choices that are just being made. While somebody is excluded, that holds for the order and the
/// shares of all others. With blocks, t workers each miss one piece of the order, which strays by at most 2 d: in all
/// (2 t + 1) d. A thread with tickets of its own strays by 2 d; all together by less than their sum, as they are apart.
template <ticket_source Tickets>
class basic_ticketed_weighted_round_robin {
  public:
    /// What a thread keeps for its tickets.
    using worker = typename Tickets::worker;

    /// The longest period: the sum of the weights, divided by their greatest common divisor.
    static constexpr std::uint64_t max_positions = std::uint64_t{1} << 24U;
    /// How many tickets a choice gives up one by one for members that may not be chosen.
    static constexpr int most_lost = 32;

    /// Takes the whole membership. The tickets go on where they are, in another period. O(positions sqrt(different
    /// weights)). Throws std::invalid_argument on a duplicate id, or when the period would pass `max_positions`; nothing has
    /// changed then.
    void assign(std::span<const member> members) {
        detail::membership next(members, members_, "ticketed_weighted_round_robin");
        const std::uint64_t positions = detail::period_of(next);
        if (positions > max_positions) {
            detail::invalid("ticketed_weighted_round_robin", "number of positions", positions,
                            "the sum of the weights, divided by their greatest common divisor, at most 16777216");
        }
        smooth_weighted_round_robin order({.max_table_bytes = 0});
        order.assign(members);
        std::vector<slot> turns(static_cast<std::size_t>(positions));
        for (slot& turn : turns) turn = *order.select();
        detail::circle table(std::move(turns), next.size());
        tickets_.open();
        members_ = std::move(next);
        table_ = std::move(table);
        remainder_ = detail::remainder(std::max<std::uint64_t>(positions, 1));
    }

    [[nodiscard]] std::size_t size() const noexcept { return members_.size(); }
    [[nodiscard]] std::span<const member> members() const noexcept { return members_.members(); }

    /// From now on both take their tickets from the same counter, each ticket once, whatever the members of each are: for a
    /// successor, while threads still choose by the one before.
    void succeed(const basic_ticketed_weighted_round_robin& other) noexcept { tickets_.join(other.tickets_); }
    /// Starts the tickets again at 0; those of blocks that threads have already are not taken back.
    void reset() noexcept { tickets_.reset(); }
    void disable(slot where) noexcept { members_.disable(where); }
    void enable(slot where) noexcept { members_.enable(where); }

    /// What the thread with this number, from 0, keeps. Each thread has one, and a number of its own.
    [[nodiscard]] worker worker_of(std::uint64_t number) const noexcept { return Tickets::worker_of(number); }

    /// The member whose turn the next ticket is. Empty when nobody may be chosen; tickets are lost then, too.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] std::optional<slot> select(worker& mine, const Accept& accept = {}) const noexcept {
        return detail::choice(turn(mine, accept));
    }
    /// The same from any thread, which needs to keep nothing.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] std::optional<slot> select(const Accept& accept = {}) const noexcept
        requires std::is_empty_v<worker>
    {
        worker nothing;
        return detail::choice(turn(nothing, accept));
    }

    /// How many turns the period has.
    [[nodiscard]] std::size_t positions() const noexcept { return table_.size(); }
    /// The member whose turn that ticket of your own is; one who may not be chosen leaves it to the next of the period who
    /// may: not by weight, for who comes behind a heavy one gets its turns. A pure function of ticket and membership.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] std::optional<slot> at(std::uint64_t ticket, const Accept& accept = {}) const noexcept {
        if (positions() == 0) return std::nullopt;
        const auto eligible = members_.eligible(accept);
        const std::size_t found = table_.find(position_of(ticket), eligible);
        return detail::choice(found == positions() ? detail::nobody : detail::index_of(table_[found]));
    }

    friend bool operator==(const basic_ticketed_weighted_round_robin& a,
                           const basic_ticketed_weighted_round_robin& b) noexcept {
        return a.members_ == b.members_ && a.tickets_ == b.tickets_;
    }

  private:
    [[nodiscard]] std::size_t position_of(std::uint64_t ticket) const noexcept {
        return static_cast<std::size_t>(remainder_.of(ticket));
    }
    template <class Accept>
    [[nodiscard]] std::size_t turn(worker& mine, const Accept& accept) const noexcept {
        if (positions() == 0) return detail::nobody;
        if constexpr (std::same_as<Accept, accept_all>) {
            if (members_.down() == 0) return detail::index_of(table_[position_of(ticket(mine))]);
        }
        return turn_of_eligible(mine, members_.eligible(accept));
    }
    template <class Eligible>
    [[nodiscard, gnu::noinline]] std::size_t turn_of_eligible(worker& mine, const Eligible& eligible) const noexcept {
        for (int lost = 0; lost < most_lost; ++lost) {
            const std::size_t own = detail::index_of(table_[position_of(ticket(mine))]);
            if (eligible(own)) return own;
        }
        const auto ahead = [&](std::uint64_t ticket) noexcept -> std::uint64_t {
            const std::size_t from = position_of(ticket);
            const std::size_t found = table_.find(from, eligible);
            if (found == positions()) return 0; // nobody
            return found >= from ? found - from : found + positions() - from;
        };
        const std::uint64_t ticket = Tickets::take_behind(tickets_.counter(), mine, positions(), ahead);
        const std::size_t own = detail::index_of(table_[position_of(ticket)]);
        return eligible(own) ? own : detail::nobody;
    }
    [[nodiscard]] std::uint64_t ticket(worker& mine) const noexcept {
        return Tickets::take(tickets_.counter(), mine, positions());
    }

    detail::membership members_;
    detail::circle table_; // the period
    detail::remainder remainder_;
    ticket_book tickets_; // elsewhere: all else here is only read
};

/// The order is exact over all threads.
using ticketed_weighted_round_robin = basic_ticketed_weighted_round_robin<single_tickets>;
/// Blocks of 64 tickets: a thread adds to the common number once in 64 choices.
using block_ticketed_weighted_round_robin = basic_ticketed_weighted_round_robin<block_tickets<64>>;
/// Threads share the table alone.
using phased_weighted_round_robin = basic_ticketed_weighted_round_robin<own_tickets>;

template <class Tickets>
inline constexpr std::array law_exceptions<basic_ticketed_weighted_round_robin<Tickets>>{
    law_exception{law::survival,
                  "a changed membership has another period, in which the tickets go on; who is excluded loses its turn",
                  "a ticket is nobody's before it is taken"}};

static_assert(keyless_selector<ticketed_weighted_round_robin> && shareable_selector<ticketed_weighted_round_robin>);
static_assert(worker_selector<block_ticketed_weighted_round_robin> && worker_selector<phased_weighted_round_robin>);

} // namespace poise

#endif
