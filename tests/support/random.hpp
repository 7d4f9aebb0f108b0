// SPDX-License-Identifier: MIT
// Random input that is the same with every compiler and library.
#ifndef POISE_TESTS_SUPPORT_RANDOM_HPP
#define POISE_TESTS_SUPPORT_RANDOM_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include <poise/member.hpp>

namespace test {

class random_source {
  public:
    explicit random_source(std::uint64_t seed) : engine_(seed) {}

    std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(((engine_() >> 32U) * limit) >> 32U); }
    std::uint32_t between(std::uint32_t least, std::uint32_t most) { return least + below(most - least + 1); }
    std::size_t index(std::size_t size) { return below(static_cast<std::uint32_t>(size)); }
    bool one_in(std::uint32_t many) { return below(many) == 0; }

    template <class T>
    void shuffle(std::vector<T>& things) {
        for (std::size_t i = things.size(); i > 1; --i) std::swap(things[i - 1], things[index(i)]);
    }

  private:
    std::mt19937_64 engine_;
};

/// Up to `most` members with different ids below 2 * most, so that two such memberships share some.
inline std::vector<poise::member> random_members(random_source& random, std::uint32_t most, std::uint32_t heaviest) {
    std::vector<std::uint64_t> ids(2 * std::size_t{most});
    for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = i;
    random.shuffle(ids);
    ids.resize(random.between(0, most));
    std::vector<poise::member> result;
    for (const std::uint64_t id : ids) {
        const std::uint32_t weight = random.one_in(5) ? 0 : random.between(1, heaviest);
        result.push_back({.id = id, .weight = weight});
    }
    return result;
}

/// Each of them with a chance of one in `many`.
inline std::vector<std::uint64_t> random_ids(random_source& random, const std::vector<poise::member>& members,
                                             std::uint32_t many) {
    std::vector<std::uint64_t> result;
    for (const poise::member& m : members) {
        if (random.one_in(many)) result.push_back(m.id);
    }
    return result;
}

} // namespace test

#endif
