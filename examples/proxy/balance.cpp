// SPDX-License-Identifier: MIT
#include "balance.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/beast/core/string.hpp>

#include <poise/hashes/avalanche.hpp>
#include <poise/hashes/crc32.hpp>
#include <poise/hashes/djb2.hpp>
#include <poise/hashes/none.hpp>
#include <poise/hashes/sdbm.hpp>
#include <poise/hashes/wt6.hpp>
#include <poise/hashes/xor_words.hpp>
#include <poise/keys/header.hpp>
#include <poise/keys/source.hpp>
#include <poise/keys/uri.hpp>
#include <poise/keys/url_param.hpp>
#include <poise/selectors/ip_hash.hpp>

#include "options.hpp"

namespace proxy {

namespace {

using hash_function = std::uint32_t (*)(std::string_view) noexcept;

template <class Hash>
std::uint32_t hash_with(std::string_view bytes) noexcept {
    return Hash{}(bytes);
}

constexpr std::array<std::pair<std::string_view, hash_function>, 5> hash_functions{{
    {"sdbm", hash_with<poise::hashes::sdbm>},
    {"djb2", hash_with<poise::hashes::djb2>},
    {"wt6", hash_with<poise::hashes::wt6>},
    {"crc32", hash_with<poise::hashes::crc32>},
    {"none", hash_with<poise::hashes::none>},
}};

constexpr std::array<std::pair<std::string_view, algorithm>, 8> without_key{{
    {"smooth", algorithm::smooth},
    {"lvs-wrr", algorithm::lvs_wrr},
    {"least_conn", algorithm::least_conn},
    {"roundrobin", algorithm::roundrobin},
    {"static-rr", algorithm::static_rr},
    {"leastconn", algorithm::leastconn},
    {"first", algorithm::first},
    {"random", algorithm::random},
}};

// "name(argument) word word": what --balance is made of.
struct phrase {
    std::string name;
    std::string argument;
    std::vector<std::string> words;
};

[[noreturn]] void not_understood(const std::string& text, const std::string& expected) {
    throw usage_error("--balance " + text + ": expected " + expected);
}

phrase read_phrase(const std::string& text) {
    phrase result;
    const std::size_t end = std::min(text.find(' '), text.size());
    result.name = text.substr(0, end);
    const std::size_t open = result.name.find('(');
    if (open != std::string::npos && result.name.back() == ')') {
        result.argument = result.name.substr(open + 1, result.name.size() - open - 2);
        result.name.resize(open);
    }
    for (std::size_t from = end; from < text.size();) {
        const std::size_t to = std::min(text.find(' ', from + 1), text.size());
        if (to > from + 1) result.words.push_back(text.substr(from + 1, to - from - 1));
        from = to;
    }
    return result;
}

std::uint32_t positive(const std::string& text, std::vector<std::string>::const_iterator& word,
                       std::vector<std::string>::const_iterator end) {
    const std::string what = *word;
    std::uint32_t value = 0;
    const bool given = ++word != end;
    const char* const last = given ? word->data() + word->size() : nullptr;
    const bool read = given && std::from_chars(word->data(), last, value).ptr == last;
    if (!read || value == 0) not_understood(text, "a number above 0 after " + what);
    return value;
}

// Text of the request, still without a hash.
using text_source = std::function<std::optional<std::string_view>(const request_parser&)>;

text_source uri_source(const std::string& text, const phrase& read) {
    poise::keys::uri::options chosen;
    for (auto word = read.words.begin(); word != read.words.end(); ++word) {
        if (*word == "len") {
            chosen.len = positive(text, word, read.words.end());
        } else if (*word == "depth") {
            chosen.depth = positive(text, word, read.words.end());
        } else if (*word == "whole") {
            chosen.whole = true;
        } else if (*word == "path-only") {
            chosen.path_only = true;
        } else {
            not_understood(text, "uri, then any of: len N, depth N, whole, path-only");
        }
    }
    return [key = poise::keys::uri(chosen)](const request_parser& request) {
        return key(request.target);
    };
}

text_source url_param_source(const std::string& text, const phrase& read) {
    if (read.argument.empty() || !read.words.empty()) not_understood(text, "url_param(NAME)");
    return [name = read.argument](const request_parser& request) {
        return poise::keys::url_param(name)(request.target);
    };
}

text_source header_source(const std::string& text, const phrase& read) {
    poise::keys::header::options chosen;
    for (const std::string& word : read.words) {
        if (word != "use_domain_only") not_understood(text, "hdr(NAME), then perhaps use_domain_only");
        chosen.use_domain_only = true;
    }
    if (read.argument.empty()) not_understood(text, "hdr(NAME)");
    return [name = read.argument,
            key = poise::keys::header(chosen)](const request_parser& request) -> std::optional<std::string_view> {
        const auto found = std::ranges::find_if(request.fields, [&](const field& f) {
            return boost::beast::iequals({f.name.data(), f.name.size()}, name);
        });
        if (found == request.fields.end()) return std::nullopt;
        return key(found->value);
    };
}

// HAProxy hashes an address by its own rule, whatever --hash-function says.
std::optional<std::uint32_t> source_hash(const asio::ip::address& client) {
    const auto hash = [](const auto& bytes) -> std::optional<std::uint32_t> {
        const auto key = poise::keys::source()(bytes);
        if (!key) return std::nullopt;
        return poise::hashes::xor_words{}(*key);
    };
    return client.is_v4() ? hash(client.to_v4().to_bytes()) : hash(client.to_v6().to_bytes());
}

template <class Entry, std::size_t Count>
auto named(const std::array<Entry, Count>& entries, const std::string& option, const std::string& name) {
    const auto* const found = std::ranges::find(entries, name, &Entry::first);
    if (found != entries.end()) return found->second;
    std::string expected;
    for (const Entry& e : entries) expected.append(expected.empty() ? "" : ", ").append(e.first);
    throw usage_error(option + " " + name + ": expected one of " + expected);
}

algorithm read_type(const std::string& name) {
    static constexpr std::array<std::pair<std::string_view, algorithm>, 2> types{
        {{"map-based", algorithm::map_based}, {"consistent", algorithm::consistent}}};
    return named(types, "--hash-type", name.empty() ? "map-based" : name);
}

// Consistent hashing needs the spread unless the user has chosen the function: as in HAProxy.
bool read_modifier(const balance_options& text) {
    if (text.hash_modifier.empty()) return text.hash_function.empty() && text.hash_type == "consistent";
    static constexpr std::array<std::pair<std::string_view, bool>, 1> modifiers{{{"avalanche", true}}};
    return named(modifiers, "--hash-modifier", text.hash_modifier);
}

balance_rule read_keyless(const balance_options& text, const phrase& read, algorithm by, key_source key = {}) {
    if (!read.argument.empty() || !read.words.empty()) not_understood(text.balance, "nothing after " + read.name);
    for (const auto& [option, value] :
         {std::pair{"--hash-type ", text.hash_type}, std::pair{"--hash-function ", text.hash_function},
          std::pair{"--hash-modifier ", text.hash_modifier},
          std::pair{"--hash-balance-factor ", text.balance_factor}}) {
        if (value.empty()) continue;
        throw usage_error(option + value + ": expected only with --balance source, uri, url_param(NAME) or hdr(NAME)");
    }
    return {.by = by, .key = std::move(key)};
}

// nginx's, of the address as it is.
std::optional<poise::key_hash> ip_hash_key(const asio::ip::address& client) {
    return client.is_v4() ? poise::ip_hash::key(client.to_v4().to_bytes())
                          : poise::ip_hash::key(client.to_v6().to_bytes());
}

// HAProxy's hash-balance-factor: it bounds the loads of a ring.
void read_factor(const balance_options& text, balance_rule& rule) {
    if (text.balance_factor.empty()) return;
    const char* const last = text.balance_factor.data() + text.balance_factor.size();
    if (std::from_chars(text.balance_factor.data(), last, rule.balance_factor).ptr != last ||
        rule.balance_factor <= 100 || rule.balance_factor > 65535) {
        throw usage_error("--hash-balance-factor " + text.balance_factor + ": expected percent from 101 to 65535");
    }
    if (rule.by != algorithm::consistent) {
        throw usage_error("--hash-balance-factor " + text.balance_factor +
                          ": expected only with --hash-type consistent");
    }
    rule.by = algorithm::bounded;
}

text_source read_text_source(const std::string& text, const phrase& read) {
    if (read.name == "uri" && read.argument.empty()) return uri_source(text, read);
    if (read.name == "url_param") return url_param_source(text, read);
    if (read.name == "hdr") return header_source(text, read);
    not_understood(text, "one of " + balance_names());
}

balance_rule read_keyed(const balance_options& text, const phrase& read) {
    const algorithm by = read_type(text.hash_type);
    const hash_function hash =
        named(hash_functions, "--hash-function", text.hash_function.empty() ? "sdbm" : text.hash_function);
    const auto finished = [spread = read_modifier(text)](std::uint32_t value) {
        return poise::key_hash{spread ? poise::hashes::avalanche(value) : value};
    };
    if (read.name == "source") {
        if (!read.argument.empty() || !read.words.empty()) not_understood(text.balance, "nothing after source");
        return {by, 0, [finished](const request_parser&, const asio::ip::address& client) {
                    const auto value = source_hash(client);
                    return value ? std::optional(finished(*value)) : std::nullopt;
                }};
    }
    return {by, 0,
            [source = read_text_source(text.balance, read), hash, finished](const request_parser& request,
                                                                            const asio::ip::address&) {
                const auto key = source(request);
                return key ? std::optional(finished(hash(*key))) : std::nullopt;
            }};
}

} // namespace

std::string balance_names() {
    return "smooth, lvs-wrr, least_conn, roundrobin, static-rr, leastconn, first, random, ip_hash, source, uri, "
           "url_param(NAME), hdr(NAME)";
}

balance_rule read_balance(const balance_options& text) {
    const phrase read = read_phrase(text.balance);
    const auto* const found = std::ranges::find(without_key, read.name, &std::pair<std::string_view, algorithm>::first);
    if (found != without_key.end()) return read_keyless(text, read, found->second);
    if (read.name == "ip_hash") {
        return read_keyless(text, read, algorithm::ip_hash,
                            [](const request_parser&, const asio::ip::address& client) { return ip_hash_key(client); });
    }
    balance_rule rule = read_keyed(text, read);
    read_factor(text, rule);
    return rule;
}

} // namespace proxy
