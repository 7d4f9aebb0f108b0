// SPDX-License-Identifier: MIT
// --balance and what belongs to it: which algorithm chooses, and what of a request it goes by.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <boost/asio/ip/address.hpp>

#include <poise/member.hpp>

#include "head.hpp"

namespace proxy {

enum class algorithm {
    smooth,
    lvs_wrr,
    least_conn,
    roundrobin,
    static_rr,
    leastconn,
    first,
    random,
    ip_hash,
    map_based,
    consistent,
    bounded,
};

/// A request's key; none when the request does not have what it is hashed by.
using key_source =
    std::function<std::optional<poise::key_hash>(const request_parser& request, const asio::ip::address& client)>;

struct balance_rule {
    algorithm by = algorithm::smooth;
    std::uint32_t balance_factor = 0; ///< of algorithm::bounded
    key_source key;                   ///< empty for algorithms that look at no request
};

/// The text of the options; names and meaning are HAProxy's, and so are the defaults for those left empty.
struct balance_options {
    std::string balance = "smooth";
    std::string hash_type;      ///< map-based or consistent
    std::string hash_function;  ///< sdbm, djb2, wt6, crc32 or none
    std::string hash_modifier;  ///< avalanche
    std::string balance_factor; ///< percent
};

/// Throws usage_error when one of them is not understood.
balance_rule read_balance(const balance_options& text);

/// What --balance takes, in one line.
std::string balance_names();

} // namespace proxy
