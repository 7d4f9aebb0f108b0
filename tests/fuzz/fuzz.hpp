// SPDX-License-Identifier: MIT
// What the fuzz targets share. An input starts with a few bytes that choose what is done; the rest is the data.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace fuzz {

/// Ends the program when what must hold does not: libFuzzer then keeps the input.
inline void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

/// Takes an input apart from the front. What it gives are views of the fuzzer's own bytes, which end where its
/// allocation ends: AddressSanitizer sees a read beyond the rest.
class input {
  public:
    input(const std::uint8_t* data, std::size_t size) : left_(data, size) {}

    /// The next byte, 0 when there is none.
    std::uint8_t byte() {
        const auto taken = bytes(1);
        return taken.empty() ? std::uint8_t{0} : taken.front();
    }
    std::uint64_t word() {
        std::uint64_t result = 0;
        for (const std::uint8_t b : bytes(8)) result = (result << 8U) | b;
        return result;
    }
    std::span<const std::uint8_t> bytes(std::size_t most) {
        const auto taken = left_.first(std::min(most, left_.size()));
        left_ = left_.subspan(taken.size());
        return taken;
    }
    std::string_view text(std::size_t most) {
        const auto taken = bytes(most);
        return {reinterpret_cast<const char*>(taken.data()), taken.size()};
    }
    [[nodiscard]] bool empty() const { return left_.empty(); }
    std::string_view rest() { return text(left_.size()); }

  private:
    std::span<const std::uint8_t> left_;
};

/// Sizes of the pieces in which something arrives: equal for an even `how`, else any up to a largest.
class pieces {
  public:
    explicit pieces(std::uint8_t how) : even_(how % 2 == 0), largest_(std::size_t{1} << (how / 2 % 10)), state_(how) {}

    std::size_t next() {
        if (even_) return largest_;
        state_ = state_ * 6364136223846793005U + 1442695040888963407U;
        return 1 + static_cast<std::size_t>((state_ >> 32U) % largest_);
    }

  private:
    bool even_;
    std::size_t largest_;
    std::uint64_t state_;
};

} // namespace fuzz
