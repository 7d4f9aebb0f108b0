// SPDX-License-Identifier: MIT
#include <poise/selectors/lvs_maglev.hpp>

#include <cstdint>
#include <optional>
#include <span>

#include "bench.hpp"
#include "textbook.hpp"

namespace {

/// A table that takes 4096 members, which the default of 4093 places does not.
struct large : poise::lvs_maglev {
    large() : poise::lvs_maglev({.places = 65521}) {}
};
struct large_with_fallback : poise::lvs_maglev {
    large_with_fallback() : poise::lvs_maglev({.places = 65521, .fallback = true}) {}
};

/// The lookup alone: the place is at hand, and not made from the key by the kernel's hsiphash.
class lookup {
  public:
    void assign(std::span<const poise::member> members) { table_.assign(members); }
    std::optional<poise::slot> select(poise::key_hash key) const {
        return table_.at(static_cast<std::uint64_t>(key) >> 49U); // below 32,768
    }

  private:
    large table_;
};

[[maybe_unused]] const bool added = bench::beside_textbook<large, textbook::table>("lvs_maglev") &&
                                    bench::beside_textbook<lookup, textbook::table>("lvs_maglev_lookup") &&
                                    bench::one_down<large_with_fallback>("lvs_maglev");

} // namespace
