// SPDX-License-Identifier: MIT
// Division by what is known long before: a multiplication and a comparison.
#ifndef POISE_DETAIL_REMAINDER_HPP
#define POISE_DETAIL_REMAINDER_HPP

#include <cstdint>

#include <poise/detail/wide_multiply.hpp>

namespace poise::detail {

/// Remainders and quotients by one divisor, which is not 0.
class remainder {
  public:
    remainder() = default;
    constexpr explicit remainder(std::uint64_t divisor) noexcept
        : divisor_(divisor),
          inverse_(~std::uint64_t{0} / divisor) {}

    [[nodiscard]] constexpr std::uint64_t divisor() const noexcept { return divisor_; }

    // The inverse is short of 2^64 / divisor by at most 1, so the quotient is short by less than 2, and rounded down it
    // is the right one or one less.
    [[nodiscard]] constexpr std::uint64_t of(std::uint64_t value) const noexcept {
        const std::uint64_t rest = value - wide_multiply(value, inverse_).high * divisor_;
        return rest < divisor_ ? rest : rest - divisor_;
    }
    /// How often the divisor goes into `value`.
    [[nodiscard]] constexpr std::uint64_t quotient(std::uint64_t value) const noexcept {
        const std::uint64_t guess = wide_multiply(value, inverse_).high;
        return value - guess * divisor_ < divisor_ ? guess : guess + 1;
    }

    friend constexpr bool operator==(const remainder&, const remainder&) = default;

  private:
    std::uint64_t divisor_ = 1;
    std::uint64_t inverse_ = ~std::uint64_t{0};
};

} // namespace poise::detail

#endif
