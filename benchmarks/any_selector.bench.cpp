// SPDX-License-Identifier: MIT
// What erasure costs: the same selector held by an any_selector beside itself. Tables and figures call the first the
// selector and the second its textbook.
#include <poise/erasure.hpp>
#include <poise/selectors/hash_ring.hpp>
#include <poise/selectors/modulo_hash.hpp>
#include <poise/selectors/round_robin.hpp>
#include <poise/selectors/smooth_weighted_round_robin.hpp>

#include <poise/layouts/haproxy.hpp>

#include "bench.hpp"

namespace {

/// As a proxy asks it: with a request.
template <class Selector, bool Keyed>
class erased {
  public:
    static constexpr const char* family = "erased";

    void assign(std::span<const poise::member> members) { held_.assign(members); }
    std::optional<poise::slot> select()
        requires(!Keyed)
    {
        return held_.select(poise::request{});
    }
    std::optional<poise::slot> select(poise::key_hash key)
        requires Keyed
    {
        return held_.select(poise::request{.key = key});
    }

  private:
    poise::any_selector held_{Selector()};
};

template <class Selector>
class itself {
  public:
    explicit itself(std::span<const poise::member> members) { held_.assign(members); }
    std::optional<poise::slot> select()
        requires poise::keyless_selector<Selector>
    {
        return held_.select();
    }
    std::optional<poise::slot> select(poise::key_hash key)
        requires poise::keyed_selector<Selector>
    {
        return held_.select(key);
    }

  private:
    Selector held_;
};

[[maybe_unused]] const bool added =
    bench::beside_textbook<erased<poise::round_robin, false>, itself<poise::round_robin>>(
        "any_selector<round_robin>") &&
    bench::beside_textbook<erased<poise::smooth_weighted_round_robin, false>,
                           itself<poise::smooth_weighted_round_robin>>("any_selector<smooth>") &&
    bench::beside_textbook<erased<poise::modulo_hash, true>, itself<poise::modulo_hash>>("any_selector<modulo_hash>") &&
    bench::beside_textbook<erased<poise::haproxy_ring, true>, itself<poise::haproxy_ring>>("any_selector<ring>");

} // namespace
