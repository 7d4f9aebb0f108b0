// SPDX-License-Identifier: MIT
// Input: a name, a line end, its options, a line end, and bytes that stand for all parts of a request. `make` makes an
// algorithm or says what was wrong; what it makes takes every key that its source makes of anything.
#include <stdexcept>
#include <string_view>

#include <poise/any_selector.hpp>

#include "fuzz.hpp"

namespace {

using fuzz::require;

std::string_view line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    const std::string_view first = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return first;
}

void use(poise::balancer made, std::string_view bytes) {
    const auto* numbers = reinterpret_cast<const std::uint8_t*>(bytes.data());
    const auto field = [bytes](std::string_view) {
        return std::optional(bytes);
    };
    const auto key = made.key({.source = std::span(numbers, bytes.size()),
                               .destination = std::span(numbers, bytes.size()),
                               .target = bytes,
                               .fields = field,
                               .first_bytes = bytes});
    static_cast<void>(made.key.wants_more(bytes));
    require(!key || made.key.needs() != poise::key_needs::nothing, "who needs nothing makes no key");
    made.selector.assign(poise::members({2, 0, 1}));
    const auto chosen = made.selector.select({.key = key});
    require(!chosen || *chosen != poise::slot{1}, "nobody drained is chosen");
    require(made.selector.select().has_value(), "without a key there is always a choice");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::string_view name = line(text);
    const std::string_view options = line(text);
    if (options.find("capacity") != std::string_view::npos) return 0; // as much memory as it says
    try {
        use(poise::make(name, options), text);
    } catch (const std::invalid_argument& e) {
        require(std::string_view(e.what()).starts_with("poise: "), "an error says whose it is");
        require(std::string_view(e.what()).find(" (expected ") != std::string_view::npos, "and what was expected");
    }
    return 0;
}
