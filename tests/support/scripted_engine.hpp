// SPDX-License-Identifier: MIT
// A random engine that gives what it is told to.
#ifndef POISE_TESTS_SUPPORT_SCRIPTED_ENGINE_HPP
#define POISE_TESTS_SUPPORT_SCRIPTED_ENGINE_HPP

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include <poise/random.hpp>

namespace test {

/// Gives the numbers of one script, which all of them share, each from its own place; when it is at the end, 0.
/// Selectors make their engines themselves, of a seed: the place to begin at.
class scripted_engine {
  public:
    using result_type = std::uint64_t;
    static constexpr std::uint64_t min() { return 0; }
    static constexpr std::uint64_t max() { return std::numeric_limits<std::uint64_t>::max(); }

    explicit scripted_engine(std::uint64_t seed) : place_(static_cast<std::size_t>(seed)) {}
    std::uint64_t operator()() {
        last_place() = place_ + 1;
        return place_ < script().size() ? script()[place_++] : 0;
    }
    bool operator==(const scripted_engine&) const = default;

    static std::vector<std::uint64_t>& script() {
        static std::vector<std::uint64_t> numbers;
        return numbers;
    }
    /// How many numbers of the script the last draw had used.
    static std::size_t& last_place() {
        static std::size_t place = 0;
        return place;
    }

    /// The script that makes bounded draws give these numbers below `bound`.
    static void say(const std::vector<std::uint64_t>& draws, std::uint64_t bound) {
        script().clear();
        last_place() = 0;
        // the middle of the numbers that are scaled to the one wanted, so that none is drawn again
        const std::uint64_t each = max() / bound;
        for (const std::uint64_t drawn : draws) script().push_back(drawn * each + drawn + each / 2);
    }

  private:
    std::size_t place_;
};

static_assert(poise::random_engine<scripted_engine>);

} // namespace test

#endif
