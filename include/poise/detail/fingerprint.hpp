// SPDX-License-Identifier: MIT
// A digest of a sequence of numbers, the same on every machine.
#ifndef POISE_DETAIL_FINGERPRINT_HPP
#define POISE_DETAIL_FINGERPRINT_HPP

#include <cstdint>

namespace poise::detail {

class fingerprint {
  public:
    constexpr void add(std::uint64_t number) noexcept {
        state_ = (state_ ^ number) * 0x9e3779b97f4a7c15U;
        state_ ^= state_ >> 32U;
    }
    [[nodiscard]] constexpr std::uint64_t value() const noexcept { return state_; }

  private:
    std::uint64_t state_ = 0xcbf29ce484222325U; // any number but 0, lest leading zeroes be lost
};

} // namespace poise::detail

#endif
