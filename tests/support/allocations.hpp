// SPDX-License-Identifier: MIT
// Counts what goes through the global operator new, and makes it fail.
#ifndef POISE_TESTS_SUPPORT_ALLOCATIONS_HPP
#define POISE_TESTS_SUPPORT_ALLOCATIONS_HPP

#include <cstdint>

namespace test {

/// How many allocations the program has made, and of how many bytes together.
std::uint64_t allocations() noexcept;
std::uint64_t allocated_bytes() noexcept;
/// How many bytes there are that have not been given back, with those by which malloc rounds up.
std::uint64_t live_bytes() noexcept;

/// As long as this lives, that many allocations succeed and then all throw std::bad_alloc.
class allocation_limit {
  public:
    explicit allocation_limit(std::uint64_t more) noexcept;
    ~allocation_limit();
    allocation_limit(const allocation_limit&) = delete;
    allocation_limit& operator=(const allocation_limit&) = delete;
};

} // namespace test

#endif
