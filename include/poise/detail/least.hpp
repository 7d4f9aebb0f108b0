// SPDX-License-Identifier: MIT
// Who is least loaded for its weight, and whose turn it is among those who are so equally: the loop of the least family.
#ifndef POISE_DETAIL_LEAST_HPP
#define POISE_DETAIL_LEAST_HPP

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <poise/detail/draw.hpp>
#include <poise/detail/membership.hpp>
#include <poise/detail/smooth_weights.hpp>

namespace poise {

/// Who is chosen among the members that are equally little loaded.
enum class ties {
    smooth, ///< whose turn it is in smooth weighted round robin among them: nginx's rule
    first,  ///< the first of them; holds nothing, so a selector with this rule may be shared
    random, ///< any of them, equally likely, whatever the weights
    fifo,   ///< least_connections alone: HAProxy's rule, who has had its key longest; the key is rounded, idle is least
};

namespace detail {

/// A load for each unit of weight; compared exactly, as two products of 96 bits.
struct ratio {
    std::uint64_t load;
    std::uint32_t weight;

    friend constexpr std::weak_ordering operator<=>(ratio a, ratio b) noexcept {
        if (((a.load | b.load) >> 32U) == 0) return a.load * b.weight <=> b.load * a.weight; // nearly always
        const product left = times(a.load, b.weight);
        const product right = times(b.load, a.weight);
        return left.high != right.high ? left.high <=> right.high : left.low <=> right.low;
    }
    friend constexpr bool operator==(ratio a, ratio b) noexcept { return (a <=> b) == 0; }
    /// The same as a <= b, and no branch depends on it.
    [[nodiscard]] constexpr bool is_at_most(ratio other) const noexcept {
        if (((load | other.load) >> 32U) == 0) return load * other.weight <= other.load * weight; // nearly always
        return *this <= other;
    }

  private:
    struct product {
        std::uint64_t high;
        std::uint32_t low;
    };
    static constexpr product times(std::uint64_t load, std::uint32_t weight) noexcept {
        const std::uint64_t low = (load & 0xffffffffU) * weight;
        return {.high = (load >> 32U) * weight + (low >> 32U), .low = static_cast<std::uint32_t>(low)};
    }
};

/// The members that are least loaded, as they were when they were looked at.
struct least {
    std::size_t first; ///< the first of them
    std::size_t count; ///< how many they are
    ratio load;
};

/// Finds them among who is eligible; asks each once what it is measured by: `measure(index)` is a ratio. Empty when
/// nobody is eligible.
template <class Eligible, class Measure>
[[nodiscard]] constexpr std::optional<least> find_least_by(const membership& members, const Eligible& eligible,
                                                           const Measure& measure) noexcept {
    std::optional<least> found;
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (!eligible(i)) continue;
        const ratio here = measure(i);
        if (!found || here < found->load) {
            found = least{.first = i, .count = 1, .load = here};
        } else if (here == found->load) {
            ++found->count;
        }
    }
    return found;
}

/// The same by load for weight.
template <class Eligible, class Load>
[[nodiscard]] constexpr std::optional<least> find_least(const membership& members, const Eligible& eligible,
                                                        const Load& load) noexcept {
    return find_least_by(members, eligible, [&members, &load](std::size_t i) {
        return ratio{.load = load(slot_at(i)), .weight = members.weight(i)};
    });
}

/// Any of `found`, equally likely: those for whom `tied(index)`, and the first of them.
template <random_engine Engine, class Tied>
[[nodiscard]] constexpr std::size_t any_of(const least& found, const membership& members, const Tied& tied,
                                           Engine& engine) noexcept {
    std::size_t chosen = found.first;
    std::uint64_t to_pass = draw(engine, found.count);
    for (std::size_t i = found.first + 1; i < members.size() && to_pass > 0; ++i) {
        if (!tied(i)) continue;
        chosen = i;
        --to_pass;
    }
    return chosen;
}

/// Whether a member is one of `found`. A load may have changed since it was looked at: the first of them counts as tied
/// whatever it is now, so there is always somebody.
template <class Eligible, class Load>
[[nodiscard]] constexpr auto tied_with(const least& found, const membership& members, const Eligible& eligible,
                                       const Load& load) noexcept {
    return [&](std::size_t i) {
        if (i == found.first) return true;
        return eligible(i) && ratio{.load = load(slot_at(i)), .weight = members.weight(i)} == found.load;
    };
}

/// What ties::smooth and ties::random have to remember.
template <random_engine Engine>
class tie_breaker {
  public:
    constexpr explicit tie_breaker(std::uint64_t seed) : seed_(seed), engine_(seed) {}

    /// Throws std::invalid_argument as smooth_weights does; nothing has changed then.
    constexpr void assign(const membership& next, const membership& old, std::string_view who) {
        weights_ = smooth_weights(next, old, weights_, who);
    }
    constexpr void reset(const membership& members) noexcept {
        weights_.reset(members);
        engine_ = Engine(seed_);
    }

    /// What the worker with this number draws from instead.
    [[nodiscard]] constexpr Engine engine_of(std::uint64_t number) const noexcept {
        return worker_engine<Engine>(seed_, number);
    }
    [[nodiscard]] constexpr smooth_weights& weights() noexcept { return weights_; }
    [[nodiscard]] constexpr const smooth_weights& weights() const noexcept { return weights_; }

    /// One of `found`.
    template <class Eligible, class Load>
    [[nodiscard]] constexpr std::size_t choose(ties rule, const least& found, const membership& members,
                                               const Eligible& eligible, const Load& load) noexcept {
        if (rule == ties::first || found.count == 1) return found.first;
        const auto tied = tied_with(found, members, eligible, load);
        return rule == ties::smooth ? *weights_.turn(tied, found.first) : any_of(found, members, tied, engine_);
    }

    /// One of the least of a tree, which are several; not for ties::first.
    template <class Tree, class Load>
    [[nodiscard]] constexpr std::size_t choose(ties rule, const Tree& tree, const membership& members,
                                               const Load& load) noexcept {
        if (rule == ties::random) {
            return tree.after(static_cast<std::size_t>(draw(engine_, tree.count())), members, load);
        }
        return *weights_.turn_of_each([&](const auto& visit) { tree.for_each(members, load, visit); });
    }

    friend bool operator==(const tie_breaker&, const tie_breaker&) = default;

  private:
    smooth_weights weights_;
    std::uint64_t seed_;
    Engine engine_;
};

} // namespace detail

} // namespace poise

#endif
