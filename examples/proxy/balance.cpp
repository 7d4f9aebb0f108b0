// SPDX-License-Identifier: MIT
#include "balance.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <boost/beast/core/string.hpp>

#include <poise/any_selector.hpp>

#include "options.hpp"

namespace proxy {

namespace {

// Names from before there was a catalogue, and those of one system where two have the same.
std::string_view catalogue_name(std::string_view name) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 3> older{
        {{"smooth", "nginx/round_robin"}, {"lvs-wrr", "lvs/wrr"}, {"random", "haproxy/random"}}};
    const auto* const found = std::ranges::find(older, name, &std::pair<std::string_view, std::string_view>::first);
    return found == older.end() ? name : found->second;
}

} // namespace

poise::balancer read_balance(const balance_options& text) {
    const std::string_view balance = text.balance;
    const std::size_t end = std::min(balance.find(' '), balance.size());
    std::string options(balance.substr(end));
    std::string given = "--balance " + text.balance;
    for (const auto& [name, value] :
         {std::pair{"hash-type", text.hash_type}, std::pair{"hash-function", text.hash_function},
          std::pair{"hash-modifier", text.hash_modifier}, std::pair{"hash-balance-factor", text.balance_factor}}) {
        if (value.empty()) continue;
        options.append(" ").append(name).append(" ").append(value);
        given.append(" --").append(name).append(" ").append(value);
    }
    try {
        // every proxy draws differently: drawn alike, all would turn to the same server at the same time
        return poise::make(catalogue_name(balance.substr(0, end)), options, std::random_device{}());
    } catch (const std::invalid_argument& e) {
        throw usage_error(given + ": " + e.what());
    }
}

bool is_smooth(const balance_options& text, const poise::balancer& read) {
    return text.balance.find(' ') == std::string::npos &&
           read.selector == poise::any_selector(poise::smooth_weighted_round_robin());
}

std::string balance_help() {
    std::string help = "--balance NAME or \"NAME OPTION ...\". The second column is another name for the same; of a "
                       "system's name,\nthe part behind the slash is enough where no other system has it.\n\n";
    const auto padded = [](std::string_view word, std::size_t width) {
        return std::string(word) + std::string(width - std::min(width, word.size()) + 1, ' ');
    };
    for (const poise::algorithm_name& algorithm : poise::names()) {
        help.append(padded(algorithm.name, 21)).append(padded(algorithm.own, 34)).append(algorithm.summary);
        if (!algorithm.options.empty()) help.append("\n" + padded("", 55) + "options: ").append(algorithm.options);
        help.append("\n");
    }
    return help +
           "\nKEY  key source|destination|uri|url_param(NAME)|header(NAME)|cookie(NAME)|rdp_cookie(NAME); source if "
           "not "
           "given.\n     uri takes len N, depth N, whole, path-only; header use_domain_only; the addresses ipv4_prefix "
           "N, ipv6_prefix N\nHASH hash-type map-based|consistent, hash-function sdbm|djb2|wt6|crc32|none, "
           "hash-modifier avalanche,\n     hash-balance-factor N\n";
}

peers::address::address(const tcp::endpoint& from) : port(from.port()) {
    const auto copy = [this](const auto& octets) {
        std::ranges::copy(octets, bytes.begin());
        size = octets.size();
    };
    from.address().is_v4() ? copy(from.address().to_v4().to_bytes()) : copy(from.address().to_v6().to_bytes());
}

peers::peers(const tcp::endpoint& client, const tcp::endpoint& called) : client_(client), called_(called) {}

poise::attributes peers::attributes() const {
    return {.source = client_.view(),
            .source_port = client_.port,
            .destination = called_.view(),
            .destination_port = called_.port};
}

std::optional<poise::key_hash> peers::key(const poise::key_source& source, const request_parser& request) const {
    const auto lookup = [&request](std::string_view name) -> std::optional<std::string_view> {
        const auto found = std::ranges::find_if(request.fields, [name](const field& f) {
            return boost::beast::iequals({f.name.data(), f.name.size()}, {name.data(), name.size()});
        });
        return found == request.fields.end() ? std::nullopt : std::optional<std::string_view>(found->value);
    };
    poise::attributes known = attributes();
    known.target = request.target;
    known.fields = lookup;
    return source(known);
}

std::optional<poise::key_hash> peers::key(const poise::key_source& source, std::string_view first_bytes) const {
    poise::attributes known = attributes();
    known.first_bytes = first_bytes;
    return source(known);
}

std::uint64_t id_of(const poise::balancer& by, const std::string& name, const tcp::endpoint& at, std::size_t place) {
    const auto with = [&](const auto& octets) {
        return by.id_of(
            {.name = name, .place = static_cast<std::uint32_t>(place), .address = octets, .port = at.port()});
    };
    return at.address().is_v4() ? with(at.address().to_v4().to_bytes()) : with(at.address().to_v6().to_bytes());
}

} // namespace proxy
