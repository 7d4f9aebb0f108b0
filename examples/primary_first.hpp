// SPDX-License-Identifier: MIT
// Your own algorithm: any type that satisfies a selector concept works in pool. This one keeps to the first member
// that may be chosen, in order of membership: a primary with stand-bys.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <poise/member.hpp>
#include <poise/selector.hpp>

class primary_first {
  public:
    void assign(std::span<const poise::member> members) {
        std::vector<bool> down(members.size());
        for (std::size_t i = 0; i < members.size(); ++i) {
            for (std::size_t old = 0; old < size(); ++old) {
                if (members_[old].id == members[i].id) down[i] = down_[old]; // survivors keep their state
            }
        }
        members_.assign(members.begin(), members.end());
        down_ = std::move(down);
    }
    std::size_t size() const noexcept { return members_.size(); }
    std::span<const poise::member> members() const noexcept { return members_; }
    void reset() noexcept {}
    void disable(poise::slot where) noexcept { set_down(where, true); }
    void enable(poise::slot where) noexcept { set_down(where, false); }

    // const, so it may be shared between threads: it satisfies shareable_selector, too.
    template <poise::slot_predicate Accept = poise::accept_all>
    std::optional<poise::slot> select(const Accept& accept = {}) const noexcept {
        for (std::size_t i = 0; i < size(); ++i) {
            const auto candidate = static_cast<poise::slot>(i);
            if (members_[i].weight > 0 && !down_[i] && accept(candidate)) return candidate;
        }
        return std::nullopt;
    }

    bool operator==(const primary_first&) const = default;

  private:
    void set_down(poise::slot where, bool down) noexcept {
        const auto i = static_cast<std::size_t>(where);
        if (i < size()) down_[i] = down; // what is no member's is ignored
    }

    std::vector<poise::member> members_;
    std::vector<bool> down_;
};

static_assert(poise::keyless_selector<primary_first> && poise::shareable_selector<primary_first>);
