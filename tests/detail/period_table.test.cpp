// SPDX-License-Identifier: MIT
#include <poise/detail/period_table.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

using poise::detail::period_table;

namespace {

constexpr std::size_t plenty = 1000;

constexpr std::uint32_t two_and_one(std::size_t index) {
    return index == 0 ? 2 : 1;
}

constexpr bool reads_what_it_noted() {
    period_table none;
    period_table table(3, 2, plenty, none);
    table.note_from_here(3);
    for (const std::size_t chosen : {0U, 1U, 0U}) table.note(chosen, two_and_one);
    for (const std::size_t expected : {0U, 1U, 0U, 0U, 1U, 0U, 0U}) {
        if (!table.is_ready() || table.next() != expected) return false;
    }
    return true;
}
static_assert(reads_what_it_noted());

} // namespace

TEST_CASE("period_table is not ready before everybody was chosen as often as its share says, in one period") {
    period_table none;
    period_table table(3, 2, plenty, none);
    CHECK_FALSE(table.is_noting());
    table.note_from_here(3);
    for (const std::size_t chosen : {0U, 1U, 1U, 1U, 0U}) {
        CHECK(table.is_noting());
        CHECK_FALSE(table.is_ready());
        table.note(chosen, two_and_one);
    }
    CHECK_FALSE(table.is_ready()); // the first period had too many of the second
    table.note(0, two_and_one);
    CHECK(table.is_ready());
    table.forget();
    CHECK_FALSE(table.is_ready());
    CHECK_FALSE(table.is_noting());
}

TEST_CASE("period_table: what was read since the period began, or is left of it, whichever is less") {
    period_table none;
    period_table table(5, 2, plenty, none);
    table.note_from_here(5);
    for (const std::size_t chosen : {0U, 0U, 1U, 0U, 1U}) {
        table.note(chosen, [](std::size_t index) { return index == 0 ? 3U : 2U; });
    }
    const auto so_far = [&table] {
        std::array<int, 2> chosen{};
        table.for_each_read([&chosen](std::size_t index, bool done) { chosen[index] += done ? 1 : -1; });
        return chosen;
    };
    CHECK(so_far() == std::array{0, 0});
    CHECK(table.next() == 0);
    CHECK(table.next() == 0);
    CHECK(so_far() == std::array{2, 0});
    CHECK(table.read() == 2);
    CHECK(table.next() == 1);
    CHECK(so_far() == std::array{-1, -1}); // two are left
    CHECK(table.read() == 0 - std::uint64_t{2});
}

TEST_CASE("period_table has room within its bytes, or none; it takes room that there is already") {
    period_table none;
    CHECK(period_table(10, 5, 40, none).has_room(10)); // 2 for each choice, 4 for each member
    CHECK_FALSE(period_table(10, 5, 39, none).has_room(1));
    CHECK_FALSE(period_table(~std::uint64_t{0}, 5, 1000, none).has_room(1));
    CHECK_FALSE(period_table(70'000, 65'536, 1U << 20U, none).has_room(1)); // indexes of 16 bits
    period_table before(10, 5, plenty, none);
    CHECK(period_table(8, 5, plenty, before).has_room(8));
    CHECK_FALSE(before.has_room(1));
    period_table large(100, 5, plenty, none);
    CHECK_FALSE(period_table(8, 5, plenty, large).has_room(100)); // more than twice too much
    period_table wide(400, 2, plenty, none);
    CHECK_FALSE(period_table(350, 70, plenty, wide).has_room(400)); // more members, less room
}
