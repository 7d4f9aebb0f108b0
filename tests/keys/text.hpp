// SPDX-License-Identifier: MIT
// What the tests of the keys of text share.
#ifndef POISE_TESTS_KEYS_TEXT_HPP
#define POISE_TESTS_KEYS_TEXT_HPP

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/random.hpp"

namespace test {

/// Whether the key of `text` is `expected` and lies inside of `text`. The key sees an allocation of exactly that size:
/// constant evaluation and AddressSanitizer find a read beyond it.
template <class Key>
constexpr bool gives(const Key& key, std::string_view text, std::optional<std::string_view> expected) {
    const std::vector<char> exact(text.begin(), text.end());
    const std::string_view seen(exact.data(), exact.size());
    const std::optional<std::string_view> found = key(seen);
    if (found && !seen.empty()) { // comparing pointers into different objects is no constant expression either
        if (std::less<>()(found->data(), seen.data())) return false;
        if (std::less<>()(seen.data() + seen.size(), found->data() + found->size())) return false;
    }
    return found == expected;
}

/// Up to `most` parts, each drawn from `parts`.
inline std::string random_text(random_source& random, const std::vector<std::string_view>& parts, std::uint32_t most) {
    std::string result;
    for (std::uint32_t left = random.between(0, most); left > 0; --left) result += parts[random.index(parts.size())];
    return result;
}

} // namespace test

#endif
