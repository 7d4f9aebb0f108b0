// SPDX-License-Identifier: MIT
// All of Poise but what is for many threads, shared/, and any_selector.hpp: includes only.
#ifndef POISE_POISE_HPP
#define POISE_POISE_HPP

#include <poise/version.hpp>

#include <poise/accept.hpp>
#include <poise/member.hpp>
#include <poise/random.hpp>
#include <poise/selector.hpp>

#include <poise/selectors/alias_table.hpp>
#include <poise/selectors/bounded_load.hpp>
#include <poise/selectors/fast_weighted_round_robin.hpp>
#include <poise/selectors/first_available.hpp>
#include <poise/selectors/hash_ring.hpp>
#include <poise/selectors/interleaved_weighted_round_robin.hpp>
#include <poise/selectors/ip_hash.hpp>
#include <poise/selectors/keyed_or.hpp>
#include <poise/selectors/least_connections.hpp>
#include <poise/selectors/least_loaded.hpp>
#include <poise/selectors/loaded_draws.hpp>
#include <poise/selectors/lvs_hash.hpp>
#include <poise/selectors/lvs_least_connections.hpp>
#include <poise/selectors/lvs_locality.hpp>
#include <poise/selectors/lvs_maglev.hpp>
#include <poise/selectors/lvs_twos.hpp>
#include <poise/selectors/modulo_hash.hpp>
#include <poise/selectors/nginx_consistent_hash.hpp>
#include <poise/selectors/nginx_hash.hpp>
#include <poise/selectors/nginx_random.hpp>
#include <poise/selectors/random_draws.hpp>
#include <poise/selectors/round_robin.hpp>
#include <poise/selectors/smooth_weighted_round_robin.hpp>
#include <poise/selectors/static_round_robin.hpp>
#include <poise/selectors/weighted_failover.hpp>
#include <poise/selectors/weighted_overflow.hpp>
#include <poise/selectors/with_backup.hpp>

#include <poise/layouts/haproxy.hpp>
#include <poise/layouts/ketama.hpp>
#include <poise/layouts/ring_layout.hpp>

#include <poise/hashes/avalanche.hpp>
#include <poise/hashes/byte_hash.hpp>
#include <poise/hashes/crc32.hpp>
#include <poise/hashes/djb2.hpp>
#include <poise/hashes/hashed.hpp>
#include <poise/hashes/none.hpp>
#include <poise/hashes/sdbm.hpp>
#include <poise/hashes/siphash.hpp>
#include <poise/hashes/wt6.hpp>
#include <poise/hashes/wyhash.hpp>
#include <poise/hashes/xor_words.hpp>

#include <poise/keys/cookie.hpp>
#include <poise/keys/header.hpp>
#include <poise/keys/rdp_cookie.hpp>
#include <poise/keys/source.hpp>
#include <poise/keys/uri.hpp>
#include <poise/keys/url_param.hpp>

#include <poise/health/always_healthy.hpp>
#include <poise/health/health_layer.hpp>
#include <poise/health/nginx_passive.hpp>

#include <poise/lease.hpp>
#include <poise/pool.hpp>

#endif
