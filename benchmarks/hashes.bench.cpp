// SPDX-License-Identifier: MIT
// One key after the other, of 16 to 256 bytes: each hash waits for the one before it, as a request's choice does.
#include <poise/hashes/avalanche.hpp>
#include <poise/hashes/crc32.hpp>
#include <poise/hashes/djb2.hpp>
#include <poise/hashes/hashed.hpp>
#include <poise/hashes/sdbm.hpp>
#include <poise/hashes/siphash.hpp>
#include <poise/hashes/wt6.hpp>

#include <functional>
#include <string>
#include <string_view>

#include <benchmark/benchmark.h>

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

template <class Hash>
bool of(const char* name, Hash hash) {
    benchmark::RegisterBenchmark(name, hash_keys<Hash>, hash)->ArgName("bytes")->Arg(16)->Arg(32)->Arg(64)->Arg(256);
    return true;
}

using namespace poise::hashes;

[[maybe_unused]] const bool added = of("hash/default", default_hash{}) && of("hash/siphash", siphash{1, 2}) &&
                                    of("hash/crc32", crc32{}) && of("hash/sdbm", sdbm{}) &&
                                    of("hash/avalanched_sdbm", avalanched<sdbm>{}) && of("hash/djb2", djb2{}) &&
                                    of("hash/wt6", wt6{}) && of("hash/std", std::hash<std::string_view>{});

} // namespace
