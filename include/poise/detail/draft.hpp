// SPDX-License-Identifier: MIT
// A pool's membership while it is changed, and how a selector and a health layer take it over: the same for every pool.
#ifndef POISE_DETAIL_DRAFT_HPP
#define POISE_DETAIL_DRAFT_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_set>
#include <utility>
#include <vector>

#include <poise/detail/membership.hpp>
#include <poise/detail/seat.hpp>

namespace poise::detail {

/// Everyone that a draft has, in slot order, and of these the known: all but those removed and added again under the
/// same id, who are somebody else now.
template <class Seat>
struct edition {
    std::vector<member> everyone;
    std::vector<member> known;
    std::vector<held<Seat>> seats;

    /// Gives a selector or a health layer the membership; if that throws, nothing has changed. What was learned or counted
    /// under the ids of who is somebody else now is forgotten first.
    template <class State>
    void assign_to(State& state) const {
        if (known.size() == everyone.size()) return state.assign(everyone);
        State changed = state;
        changed.assign(known);
        changed.assign(everyone);
        state = std::move(changed);
    }
};

/// Several changes of `Pool` that take effect together. It lives as long as the function given to `change`.
template <class Endpoint, class Seat, class Pool>
class draft {
  public:
    /// A new endpoint, under an id that no member has and that no earlier call of this kind gave; returns the id.
    std::uint64_t add(Endpoint endpoint, std::uint32_t weight = 1) {
        while (ids_.contains(next_id_)) ++next_id_;
        add(std::move(endpoint), member{.id = next_id_, .weight = weight});
        return next_id_++;
    }
    /// A new endpoint under your own id, such as `endpoint_id(host, port)`: the same on every machine.
    void add(Endpoint endpoint, member as) {
        ids_.insert(as.id);
        places_.push_back({as, held<Seat>(new Seat(std::move(endpoint), as.id))});
    }
    /// Throws std::invalid_argument when no member has this id, as `set_weight` does. O(members) each.
    void remove(std::uint64_t id) { places_.erase(find(id)); }
    void set_weight(std::uint64_t id, std::uint32_t weight) { find(id)->as.weight = weight; }

  private:
    friend Pool;
    struct place {
        member as;
        held<Seat> who;
    };

    // All who are members, as they are.
    draft(std::uint64_t next_id, std::span<const member> members, std::span<const held<Seat>> seats)
        : next_id_(next_id) {
        for (std::size_t i = 0; i < members.size(); ++i) keep(members[i], seats[i]);
    }
    // These alone: who is a member keeps its seat, and what is given for it is left where it is.
    draft(std::uint64_t next_id, std::vector<std::pair<Endpoint, member>>& everyone, const membership& members,
          std::span<const held<Seat>> seats)
        : next_id_(next_id) {
        for (auto& [endpoint, as] : everyone) {
            if (const auto old = members.find(as.id)) {
                keep(as, seats[index_of(*old)]);
            } else {
                add(std::move(endpoint), as);
            }
        }
    }

    void keep(member as, const held<Seat>& who) {
        ids_.insert(as.id);
        places_.push_back({as, who});
    }
    [[nodiscard]] auto find(std::uint64_t id) {
        const auto found = std::ranges::find(places_, id, [](const place& p) { return p.as.id; });
        if (found == places_.end()) invalid("pool", "member id", id, "the id of a member");
        return found;
    }

    // What it makes of a membership that was this.
    [[nodiscard]] edition<Seat> finished(const membership& members, std::span<const held<Seat>> seats) && {
        edition<Seat> made;
        made.seats.reserve(places_.size()); // no endpoint is lost where its destructor could not use the pool
        made.known.reserve(places_.size());
        made.everyone.reserve(places_.size());
        for (auto& [as, who] : places_) {
            const auto old = members.find(as.id);
            if (!old || seats[index_of(*old)] == who) made.known.push_back(as);
            made.everyone.push_back(as);
            made.seats.push_back(std::move(who));
        }
        return made;
    }

    std::vector<place> places_;
    std::unordered_set<std::uint64_t> ids_; // of the places, and of those removed
    std::uint64_t next_id_;
};

/// One change as one call, for a pool that has `change`: what its draft has, with the same errors.
template <class Endpoint, class Pool>
class single_changes {
  public:
    std::uint64_t add(Endpoint endpoint, std::uint32_t weight = 1) {
        std::uint64_t id = 0;
        change([&](auto& draft) { id = draft.add(std::move(endpoint), weight); });
        return id;
    }
    void add(Endpoint endpoint, member as) {
        change([&](auto& draft) { draft.add(std::move(endpoint), as); });
    }
    void remove(std::uint64_t id) {
        change([&](auto& draft) { draft.remove(id); });
    }
    void set_weight(std::uint64_t id, std::uint32_t weight) {
        change([&](auto& draft) { draft.set_weight(id, weight); });
    }

  private:
    friend Pool; // nothing but that pool is made of it
    single_changes() = default;

    template <class Edit>
    void change(const Edit& edit) {
        static_cast<Pool&>(*this).change(edit);
    }
};

} // namespace poise::detail

#endif
