// SPDX-License-Identifier: MIT
// smooth_weighted_round_robin beside the literal transcription of nginx, for as many random steps as it is told: a
// selection, with others tried before or rejected, a failure, a server down or up, another membership.
//   smooth-steps STEPS [SEED]
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <optional>
#include <vector>

#include <poise/selectors/smooth_weighted_round_robin.hpp>

#include "support/literal_nginx.hpp"
#include "support/random.hpp"

namespace {

using poise::slot;

class comparison {
  public:
    explicit comparison(std::uint64_t seed)
        : random_(seed),
          max_fails_(random_.below(4)),
          selector_({.max_fails = max_fails_}) {
        model_.max_fails = max_fails_;
        most_ = random_.one_in(8) ? 0xffffffffU : 256;
        for (std::uint32_t left = random_.between(1, 64); left > 0; --left) join();
        assign();
    }

    /// False when the two differ.
    bool step() {
        const std::uint32_t kind = random_.below(1000);
        if (kind < 600) return select(0);
        if (kind < 800) return select(random_.between(1, 3));
        if (kind < 900) return fail();
        if (kind < 998) return turn();
        change();
        return true;
    }

  private:
    std::size_t anybody() { return random_.index(members_.size()); }

    bool select(std::uint32_t tried) {
        ids_.clear();
        for (literal_peer& p : model_.peers) p.tried = false;
        for (; tried > 0; --tried) {
            literal_peer& p = model_.peers[anybody()];
            p.tried = true;
            ids_.push_back(p.id);
        }
        std::optional<slot> ours;
        if (random_.one_in(2)) {
            ours = selector_.select(poise::except(ids_));
        } else {
            ours = selector_.select([this](slot s) { return !model_.peers[static_cast<std::size_t>(s)].tried; });
        }
        const auto theirs = model_.get_peer();
        if (ours.has_value() != theirs.has_value()) return false;
        return !ours || static_cast<std::size_t>(*ours) == *theirs;
    }
    bool fail() {
        const std::size_t i = anybody();
        selector_.failed(static_cast<slot>(i));
        model_.free_peer_failed(i);
        return selector_.effective_weight(static_cast<slot>(i)) == model_.peers[i].effective &&
               selector_.current_weight(static_cast<slot>(i)) == model_.peers[i].current;
    }
    bool turn() {
        const std::size_t i = anybody();
        literal_peer& p = model_.peers[i];
        p.down = !p.down && random_.one_in(4);
        p.down ? selector_.disable(static_cast<slot>(i)) : selector_.enable(static_cast<slot>(i));
        return true;
    }
    void change() {
        switch (random_.below(3)) {
        case 0:
            if (members_.size() < 64) join();
            break;
        case 1:
            if (members_.size() > 1) members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(anybody()));
            break;
        default: members_[anybody()].weight = weight();
        }
        assign();
    }
    std::uint32_t weight() { return random_.one_in(20) ? 0 : random_.between(1, most_ - 1); }
    void join() { members_.push_back({.id = next_id_++, .weight = weight()}); }
    void assign() {
        selector_.assign(members_);
        model_.assign(members_);
    }

    using literal_peer = test::literal_nginx::peer;

    test::random_source random_;
    std::uint32_t max_fails_;
    std::uint32_t most_ = 0;
    poise::smooth_weighted_round_robin selector_;
    test::literal_nginx model_;
    std::vector<poise::member> members_;
    std::vector<std::uint64_t> ids_;
    std::uint64_t next_id_ = 0;
};

std::optional<std::uint64_t> number(const char* text) {
    std::uint64_t value = 0;
    const char* const end = text + std::strlen(text);
    if (std::from_chars(text, end, value).ptr != end || end == text) return std::nullopt;
    return value;
}

} // namespace

int main(int argc, char** argv) {
    const auto steps = argc > 1 ? number(argv[1]) : std::nullopt;
    const auto first_seed = argc > 2 ? number(argv[2]) : std::optional<std::uint64_t>(1);
    if (!steps || !first_seed) {
        std::fputs("usage: smooth-steps STEPS [SEED]: numbers\n", stderr);
        return 2;
    }
    constexpr std::uint64_t steps_of_a_seed = 50'000;
    std::uint64_t done = 0;
    std::uint64_t seed = *first_seed;
    for (; done < *steps; ++seed) {
        comparison both(seed);
        for (std::uint64_t step = 0; step < steps_of_a_seed && done < *steps; ++step, ++done) {
            if (both.step()) continue;
            std::printf("differ at step %llu of seed %llu\n", static_cast<unsigned long long>(step),
                        static_cast<unsigned long long>(seed));
            return 1;
        }
    }
    std::printf("%llu steps, seeds %llu to %llu: 0 differences\n", static_cast<unsigned long long>(done),
                static_cast<unsigned long long>(*first_seed), static_cast<unsigned long long>(seed - 1));
    return 0;
}
