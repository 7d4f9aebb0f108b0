// SPDX-License-Identifier: MIT
// What a ring layout is.
#ifndef POISE_LAYOUTS_RING_LAYOUT_HPP
#define POISE_LAYOUTS_RING_LAYOUT_HPP

#include <concepts>
#include <cstdint>
#include <span>
#include <type_traits>

namespace poise {

/// Which point a key goes to.
enum class ring_lookup {
    clockwise, ///< the first at or after its hash
    nearest,   ///< the nearer of that and the one before; the one before when both are as near
};

/// Where the points of a ring are, and which of them a key goes to.
///
/// Law: `place` sets every point of the member with this id from the id and the point's index alone, so a member of
/// less weight has the first of the same points. `max_weight` is optional. A layout with members compares by them.
template <class Layout>
concept ring_layout = std::copyable<Layout> && std::default_initializable<Layout> &&
                      (std::is_empty_v<Layout> || std::equality_comparable<Layout>) &&
                      requires(const Layout& layout, std::uint64_t id, std::span<std::uint32_t> points) {
                          { layout.place(id, points) } noexcept;
                          requires std::uint32_t { Layout::points_per_weight }
                          > 0;
                          requires ring_lookup { Layout::lookup }
                          == Layout::lookup;
                      };

static_assert(!ring_layout<int>);

} // namespace poise

#endif
