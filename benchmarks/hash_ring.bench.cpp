// SPDX-License-Identifier: MIT
// Rings: choices, with all members and with one disabled; building one; and from a key of 32 bytes to its member,
// beside libmemcached's ketama.
#include <poise/hashes/crc32.hpp>
#include <poise/hashes/hashed.hpp>
#include <poise/layouts/haproxy.hpp>
#include <poise/layouts/ketama.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#ifdef POISE_BENCH_LIBMEMCACHED
#include <libmemcached/memcached.h>
#endif

#include "bench.hpp"
#include "textbook.hpp"

namespace {

/// The points of ketama_layout, sorted.
std::size_t textbook_build(std::span<const poise::member> members) {
    struct point {
        std::uint32_t hash;
        std::uint32_t slot;
    };
    std::vector<point> points;
    for (std::uint32_t i = 0; i < members.size(); ++i) {
        std::uint32_t hash = 0;
        for (std::uint32_t n = 0; n < 160 * members[i].weight; ++n) {
            const std::array<std::uint8_t, 4> bytes{
                static_cast<std::uint8_t>(hash), static_cast<std::uint8_t>(hash >> 8U),
                static_cast<std::uint8_t>(hash >> 16U), static_cast<std::uint8_t>(hash >> 24U)};
            hash = ~poise::hashes::crc32::update(static_cast<std::uint32_t>(members[i].id), bytes);
            points.push_back({hash, i});
        }
    }
    std::sort(points.begin(), points.end(), [](const point& a, const point& b) { return a.hash < b.hash; });
    benchmark::DoNotOptimize(points.data());
    return points.size();
}

std::size_t ketama_build(std::span<const poise::member> members) {
    poise::ketama_ring ring;
    ring.assign(members);
    return ring.positions();
}

template <class Build>
void build(benchmark::State& state, Build build_ring) {
    const auto members = bench::members(state.range(0), state.range(1) != 0);
    for (auto _ : state) benchmark::DoNotOptimize(build_ring(members));
}

/// Of 512 members with 160 points each.
bool builds() {
    for (auto* b :
         {benchmark::RegisterBenchmark("ring_build", build<decltype(&ketama_build)>, &ketama_build),
          benchmark::RegisterBenchmark("ring_build/textbook", build<decltype(&textbook_build)>, &textbook_build)}) {
        b->ArgNames({"members", "mixed"})->Args({512, 0})->Unit(benchmark::kMillisecond);
    }
    return true;
}

/// A key of 32 bytes that differs from others in its last 8; no hash can know the others before.
class bytes_of {
  public:
    explicit bytes_of(std::uint64_t number) {
        bytes_.fill('/');
        std::memcpy(bytes_.data() + bytes_.size() - sizeof number, &number, sizeof number);
        benchmark::DoNotOptimize(bytes_.data());
        benchmark::ClobberMemory();
    }
    [[nodiscard]] std::string_view text() const { return {bytes_.data(), bytes_.size()}; }

  private:
    std::array<char, 32> bytes_{};
};

/// A ring that takes a number as the bytes of a key, of which it makes a hash of its own.
template <class Hash>
class ring_of_bytes {
  public:
    void assign(std::span<const poise::member> members) { ring_.assign(members); }
    std::optional<poise::slot> select(poise::key_hash number) const {
        const bytes_of key(static_cast<std::uint64_t>(number));
        return ring_.select(poise::hashed<Hash>(key.text()));
    }

  private:
    poise::ketama_ring ring_;
};

template <class Ring>
void select_by_bytes(benchmark::State& state) {
    Ring ring;
    ring.assign(bench::members(state.range(0), state.range(1) != 0));
    bench::count_quality<Ring>(state);
    bench::select_on(state, ring);
    state.SetLabel("by a key of 32 bytes");
}

/// The most members that libmemcached has are 100.
template <class Ring>
bool by_bytes(const char* name) {
    benchmark::RegisterBenchmark(name, select_by_bytes<Ring>)
        ->ArgNames({"members", "mixed"})
        ->ArgsProduct({{8, 64}, {0}});
    return true;
}

[[maybe_unused]] const bool added = bench::beside_textbook<poise::haproxy_ring, textbook::ring<16>>("haproxy_ring") &&
                                    bench::beside_textbook<poise::ketama_ring, textbook::ring<160>>("ketama_ring") &&
                                    bench::one_down<poise::haproxy_ring>("haproxy_ring") &&
                                    bench::one_down<poise::ketama_ring>("ketama_ring") && builds() &&
                                    by_bytes<ring_of_bytes<poise::hashes::default_hash>>("ring_of_bytes/default") &&
                                    by_bytes<ring_of_bytes<poise::hashes::crc32>>("ring_of_bytes/crc32");

#ifdef POISE_BENCH_LIBMEMCACHED
/// libmemcached's weighted ketama, 160 points a server, with a hash that is quick for it: FNV-1a of 32 bits.
class libmemcached_ring {
  public:
    void assign(std::span<const poise::member> members) {
        memcached_.reset(memcached_create(nullptr));
        need(memcached_behavior_set(memcached_.get(), MEMCACHED_BEHAVIOR_KETAMA_WEIGHTED, 1));
        need(memcached_behavior_set(memcached_.get(), MEMCACHED_BEHAVIOR_HASH, MEMCACHED_HASH_FNV1A_32));
        for (const poise::member& m : members) {
            const std::string host = "10.0.0." + std::to_string(m.id + 1);
            need(memcached_server_add_with_weight(memcached_.get(), host.c_str(), 11211, m.weight));
        }
    }
    std::optional<poise::slot> select(poise::key_hash number) const {
        const bytes_of key(static_cast<std::uint64_t>(number));
        const std::string_view text = key.text();
        return static_cast<poise::slot>(memcached_generate_hash(memcached_.get(), text.data(), text.size()));
    }

  private:
    struct freed {
        void operator()(memcached_st* memcached) const { memcached_free(memcached); }
    };
    static void need(memcached_return_t result) {
        if (result != MEMCACHED_SUCCESS) std::abort();
    }

    std::unique_ptr<memcached_st, freed> memcached_;
};

[[maybe_unused]] const bool libmemcached_added = by_bytes<libmemcached_ring>("ring_of_bytes/libmemcached");
#endif

} // namespace
