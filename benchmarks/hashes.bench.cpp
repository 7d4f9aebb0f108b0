// SPDX-License-Identifier: MIT
// Keys of 16 to 256 bytes. `hash` is one key after the other: each hash waits for the one before it, as a request's
// choice does. `hash_throughput` is 1,024 keys that lie side by side, none of which waits.
#include <poise/hashes/avalanche.hpp>
#include <poise/hashes/crc32.hpp>
#include <poise/hashes/djb2.hpp>
#include <poise/hashes/hashed.hpp>
#include <poise/hashes/sdbm.hpp>
#include <poise/hashes/siphash.hpp>
#include <poise/hashes/wt6.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>
#include <poise/keys/uri.hpp>
#include <poise/random.hpp>

#ifdef POISE_BENCH_XXHASH
#define XXH_INLINE_ALL // as ours are inline
#include <xxhash.h>
#endif
#ifdef POISE_BENCH_ABSEIL
#include <absl/hash/hash.h>
#include <absl/strings/string_view.h>
#endif

namespace {

template <class Hash>
void hash_keys(benchmark::State& state, Hash hash) {
    std::string key(static_cast<std::size_t>(state.range(0)), 'x');
    for (auto _ : state) {
        // Keeps the compiler from knowing the key, and one key from being hashed before the last is done.
        benchmark::DoNotOptimize(key.data());
        benchmark::ClobberMemory();
        key.front() = static_cast<char>(hash(std::string_view(key)));
    }
    state.SetBytesProcessed(state.iterations() * state.range(0));
}

/// Text without pattern, of lower-case letters.
std::string letters(std::size_t length) {
    poise::splitmix64 random(6);
    std::string text(length, ' ');
    for (char& letter : text) letter = static_cast<char>('a' + random() % 26);
    return text;
}

template <class Hash>
void hash_many(benchmark::State& state, Hash hash) {
    constexpr std::size_t keys = 1024;
    const auto length = static_cast<std::size_t>(state.range(0));
    const std::string text = letters(keys * length);
    std::size_t number = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(hash(std::string_view(text.data() + number * length, length)));
        number = (number + 1) % keys;
    }
    state.SetBytesProcessed(state.iterations() * state.range(0));
}

template <class Hash>
bool of(const std::string& name, Hash hash, const std::vector<std::int64_t>& bytes = {16, 32, 64, 256}) {
    for (auto* b : {benchmark::RegisterBenchmark(("hash/" + name).c_str(), hash_keys<Hash>, hash),
                    benchmark::RegisterBenchmark(("hash_throughput/" + name).c_str(), hash_many<Hash>, hash)}) {
        b->ArgName("bytes")->ArgsProduct({bytes});
    }
    return true;
}

/// A request's target without a query, and the hash of that; a letter, so that the next target has no query either.
struct uri_default {
    std::uint64_t operator()(std::string_view target) const {
        return 'a' + poise::hashes::default_hash{}(*poise::keys::uri{}(target)) % 16;
    }
};

using namespace poise::hashes;

[[maybe_unused]] const bool added =
    of("default", default_hash{}) && of("siphash", siphash{1, 2}) && of("crc32", crc32{}) && of("sdbm", sdbm{}) &&
    of("avalanched_sdbm", avalanched<sdbm>{}) && of("djb2", djb2{}) && of("wt6", wt6{}) &&
    of("std", std::hash<std::string_view>{}) && of("uri_default", uri_default{}, {64});

#ifdef POISE_BENCH_XXHASH
struct xxh3 {
    std::uint64_t operator()(std::string_view key) const { return XXH3_64bits(key.data(), key.size()); }
};
[[maybe_unused]] const bool xxhash_added = of("xxh3", xxh3{});
#endif

#ifdef POISE_BENCH_ABSEIL
/// Debian's Abseil has a string_view of its own, which hashes as the standard one does elsewhere.
struct abseil {
    std::uint64_t operator()(std::string_view key) const {
        return absl::Hash<absl::string_view>{}(absl::string_view(key.data(), key.size()));
    }
};
[[maybe_unused]] const bool abseil_added = of("abseil", abseil{});
#endif

} // namespace
