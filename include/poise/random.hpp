// SPDX-License-Identifier: MIT
// Randomness that is the same with every compiler and library.
#ifndef POISE_RANDOM_HPP
#define POISE_RANDOM_HPP

#include <concepts>
#include <cstdint>
#include <limits>

namespace poise {

/// What selectors draw from: seeded by one number, equal in state when it goes on equally, and all 64 bits random
/// (std::mt19937_64, say).
template <class Engine>
concept random_engine =
    std::copyable<Engine> && std::equality_comparable<Engine> && std::constructible_from<Engine, std::uint64_t> &&
    requires(Engine& engine) {
        { engine() } -> std::same_as<typename Engine::result_type>;
    } && std::unsigned_integral<typename Engine::result_type> && Engine::min() == 0 &&
    Engine::max() == std::numeric_limits<std::uint64_t>::max();

/// The default engine: 8 bytes, a few operations a number, period 2^64.
/// Source: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
class splitmix64 {
  public:
    using result_type = std::uint64_t;

    constexpr explicit splitmix64(std::uint64_t seed = 0) noexcept : state_(seed) {}

    static constexpr std::uint64_t min() noexcept { return 0; }
    static constexpr std::uint64_t max() noexcept { return std::numeric_limits<std::uint64_t>::max(); }

    constexpr std::uint64_t operator()() noexcept {
        state_ += 0x9e3779b97f4a7c15U;
        std::uint64_t mixed = state_;
        mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
        mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
        return mixed ^ (mixed >> 31U);
    }

    friend constexpr bool operator==(const splitmix64&, const splitmix64&) = default;

  private:
    std::uint64_t state_;
};

static_assert(random_engine<splitmix64> && !random_engine<int>);

} // namespace poise

#endif
