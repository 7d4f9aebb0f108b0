// SPDX-License-Identifier: MIT
// Options as text, "draws 3 seed 7": taken word by word, and what nobody takes is an error that says what there is.
#ifndef POISE_ANY_WORDS_HPP
#define POISE_ANY_WORDS_HPP

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <poise/detail/error.hpp>

namespace poise::detail {

/// How many letters must be put in, left out, exchanged or swapped with their neighbour to make `b` of `a`.
/// Source: L. Boytsov, "Indexing methods for approximate dictionary searching", 2011: optimal string alignment.
[[nodiscard]] inline std::size_t edits(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1, 0));
    for (std::size_t i = 0; i <= a.size(); ++i) {
        for (std::size_t j = 0; j <= b.size(); ++j) {
            if (i == 0 || j == 0) {
                cost[i][j] = i + j;
                continue;
            }
            const std::size_t same = a[i - 1] == b[j - 1] ? 0U : 1U;
            cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + same});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
            }
        }
    }
    return cost.back().back();
}

/// Which of `known` was probably meant by `word`: the nearest, if a third of its letters and one more make it.
[[nodiscard]] inline std::optional<std::string_view> near_miss(std::string_view word,
                                                               std::span<const std::string_view> known) {
    constexpr std::size_t longest = 64; // nobody means that, and comparing costs its length
    if (word.size() > longest) return std::nullopt;
    std::optional<std::string_view> nearest;
    std::size_t least = std::numeric_limits<std::size_t>::max();
    for (const std::string_view candidate : known) {
        const std::size_t distance = edits(word, candidate);
        if (distance >= least || distance > candidate.size() / 3 + 1 || distance >= candidate.size()) continue;
        least = distance;
        nearest = candidate;
    }
    return nearest;
}

/// "a, b or c", and what was probably meant.
[[nodiscard]] inline std::string expected_of(std::span<const std::string_view> known,
                                             std::optional<std::string_view> meant) {
    std::string text;
    for (std::size_t i = 0; i < known.size(); ++i) {
        if (i > 0) text.append(i + 1 == known.size() ? " or " : ", ");
        text.append(known[i]);
    }
    if (meant) text.append("; did you mean ").append(*meant).append("?");
    return text;
}

/// The number that `text` is, from `least` to `most`; `whose` and `name` are for messages.
template <class Number>
[[nodiscard]] Number number_of(std::string_view whose, std::string_view name, std::string_view text, Number least,
                               Number most = std::numeric_limits<Number>::max()) {
    Number read = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), read);
    if (error == std::errc{} && end == text.data() + text.size() && read >= least && read <= most) return read;
    invalid(whose, name, text, "a number from " + std::to_string(least) + " to " + std::to_string(most));
}

/// The words of a text, which must live as long.
class words {
  public:
    /// `whose` is the name for messages.
    words(std::string_view whose, std::string_view text) : whose_(whose) {
        constexpr std::string_view blanks = " \t\r\n";
        for (std::size_t from = text.find_first_not_of(blanks); from != std::string_view::npos;) {
            const std::size_t to = std::min(text.find_first_of(blanks, from), text.size());
            words_.push_back(text.substr(from, to - from));
            from = text.find_first_not_of(blanks, to);
        }
    }

    [[nodiscard]] std::string_view whose() const noexcept { return whose_; }

    [[nodiscard]] bool has(std::string_view name) const { return std::ranges::find(words_, name) != words_.end(); }
    /// That there is an option `name`, with `what` behind it, if anything.
    void know(std::string_view name, std::string_view what) {
        known_.push_back(name);
        usages_.push_back(what.empty() ? std::string(name) : std::string(name) + " " + std::string(what));
    }

    /// Takes the word, if it is there.
    bool flag(std::string_view name) {
        know(name, "");
        const auto found = std::ranges::find(words_, name);
        if (found == words_.end()) return false;
        words_.erase(found);
        return true;
    }
    /// The word behind this one.
    std::optional<std::string_view> value(std::string_view name, std::string_view what) {
        know(name, what);
        const auto found = std::ranges::find(words_, name);
        if (found == words_.end()) return std::nullopt;
        if (found + 1 == words_.end()) invalid(whose_, "option", name, std::string(name) + " " + std::string(what));
        const std::string_view behind = found[1];
        words_.erase(found, found + 2);
        return behind;
    }
    /// The same, which must be one of these: which.
    template <class Value, std::size_t Count>
    std::optional<Value> one_of(std::string_view name,
                                const std::array<std::pair<std::string_view, Value>, Count>& values) {
        std::array<std::string_view, Count> texts;
        std::ranges::transform(values, texts.begin(), [](const auto& entry) { return entry.first; });
        std::string what;
        for (const std::string_view text : texts) what.append(what.empty() ? "" : "|").append(text);
        const auto given = value(name, what);
        if (!given) return std::nullopt;
        const auto found = std::ranges::find(texts, *given);
        if (found != texts.end()) return values[static_cast<std::size_t>(found - texts.begin())].second;
        invalid(whose_, name, *given, expected_of(texts, near_miss(*given, texts)));
    }
    /// The same as a number from `least` to `most`.
    template <class Number>
    std::optional<Number> number(std::string_view name, Number least = 0,
                                 Number most = std::numeric_limits<Number>::max()) {
        const auto given = value(name, "N");
        if (!given) return std::nullopt;
        return number_of(whose_, name, *given, least, most);
    }

    /// All has been taken.
    void done() const {
        if (words_.empty()) return;
        if (known_.empty()) invalid(whose_, "option", words_.front(), "no options");
        const std::vector<std::string_view> list(usages_.begin(), usages_.end());
        if (std::ranges::find(known_, words_.front()) != known_.end()) {
            invalid(whose_, "option", words_.front(), std::string(words_.front()) + " once");
        }
        invalid(whose_, "option", words_.front(), expected_of(list, near_miss(words_.front(), known_)));
    }

  private:
    std::string whose_;
    std::vector<std::string_view> words_; // not taken yet
    std::vector<std::string_view> known_;
    std::vector<std::string> usages_;
};

} // namespace poise::detail

#endif
