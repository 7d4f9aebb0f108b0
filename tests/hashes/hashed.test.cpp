// SPDX-License-Identifier: MIT
#include <poise/hashes/hashed.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <poise/hashes/avalanche.hpp>
#include <poise/hashes/sdbm.hpp>
#include <poise/hashes/siphash.hpp>

using poise::hashed;
using poise::key_hash;
namespace hashes = poise::hashes;

// The default hash, pinned: keys must stay where they are. A change of one value is a major version. The values are
// those of the author's program, compiled beside ours.
static_assert(std::is_same_v<hashes::default_hash, hashes::wyhash>);
static_assert(hashed("") == key_hash{0x93228a4de0eec5a2U});
static_assert(hashed("a") == key_hash{0xaced12527fe5bff8U});
static_assert(hashed("abc") == key_hash{0x989b4a209c1011c9U});
static_assert(hashed("user1") == key_hash{0xa0acc6c39cdc66d0U});
static_assert(hashed("10.0.0.1") == key_hash{0xa2253f24794de9d1U});
static_assert(hashed("/images/logo.png") == key_hash{0x11b093001cbaa075U});
static_assert(hashed("/search?q=load+balancing&page=2") == key_hash{0x3921da7491e10f6eU});
static_assert(hashed("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx") == key_hash{0x26b5c15a68019a48U});

static_assert(noexcept(hashed(std::string_view())) && std::is_same_v<decltype(hashed("abc")), key_hash>);
static_assert(hashed("abc", hashes::sdbm{}) == key_hash{0x3025f862U});
static_assert(hashed<hashes::sdbm>("abc") == key_hash{0x3025f862U});
static_assert(hashed("abc", hashes::avalanched<hashes::sdbm>{}) == key_hash{0x274b4266U});
static_assert(hashed("abc", hashes::wyhash{.seed = 2}) == key_hash{0xa97f2f7b1d9b3314U});
static_assert(hashed("", hashes::siphash{0x0706050403020100U, 0x0f0e0d0c0b0a0908U}) == key_hash{0x726fdb47dd0e0e31U});

namespace {

template <class Hash>
concept can_hash = requires(const Hash& hash) { hashed("abc", hash); };
static_assert(can_hash<hashes::sdbm> && !can_hash<std::hash<std::string_view>> && !can_hash<int>);

} // namespace

TEST_CASE("hashed gives the same for text and for numbers") {
    const std::string text = "/images/logo.png";
    const std::vector<std::uint8_t> numbers(text.begin(), text.end());
    const std::array<std::uint8_t, 4> address{10, 0, 0, 1};
    CHECK(hashed(text) == hashed(numbers));
    CHECK(hashed(text, hashes::sdbm{}) == hashed(numbers, hashes::sdbm{}));
    CHECK(hashed(text) == key_hash{hashes::wyhash{}(text)});
    CHECK(hashed(address) == hashed(std::string_view("\x0a\0\0\x01", 4)));
}
