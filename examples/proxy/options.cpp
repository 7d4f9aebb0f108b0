// SPDX-License-Identifier: MIT
#include "options.hpp"

#include <algorithm>
#include <charconv>
#include <iostream>
#include <map>
#include <optional>

#include <CLI/CLI.hpp>

namespace proxy {

namespace {

template <class Number>
std::optional<Number> number(std::string_view text) {
    Number value{};
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
    return value;
}

unsigned read_threads(const std::string& text) {
    constexpr unsigned most = 256;
    const auto threads = number<unsigned>(text);
    if (!threads || *threads == 0 || *threads > most) {
        throw usage_error("--threads " + text + ": expected a number from 1 to " + std::to_string(most));
    }
    return *threads;
}

std::string listed(const std::vector<std::string>& words) {
    std::string result;
    for (const std::string& word : words) result.append(result.empty() ? "" : ", ").append(word);
    return result;
}

server_option read_server(const std::string& text) {
    constexpr std::string_view expected = "expected HOST:PORT or HOST:PORT,weight=N with N from 0 to 4294967295";
    const std::size_t comma = text.find(',');
    server_option server{.at = read_host_port(text.substr(0, comma), "--server")};
    if (server.at.port == 0) throw usage_error("--server " + text + ": expected a port from 1 to 65535");
    if (comma == std::string::npos) return server;
    constexpr std::string_view key = "weight=";
    const std::string_view rest = std::string_view(text).substr(comma + 1);
    const auto weight = rest.starts_with(key) ? number<std::uint32_t>(rest.substr(key.size())) : std::nullopt;
    if (!weight) throw usage_error("--server " + text + ": " + std::string(expected));
    server.weight = *weight;
    return server;
}

// A key is made of what is there: a request, or the first bytes of a connection.
void require_fit(const options& chosen, const std::string& balance) {
    const poise::key_needs needs = chosen.balance.key.needs();
    if (needs == poise::key_needs::http && chosen.mode == forwards::bytes) {
        throw usage_error("--mode tcp --balance " + balance + ": expected a key that needs no HTTP request");
    }
    if (needs == poise::key_needs::first_bytes && chosen.mode == forwards::requests) {
        throw usage_error("--balance " + balance + ": expected only with --mode tcp");
    }
}

} // namespace

std::string host_port::text() const {
    const bool v6 = host.find(':') != std::string::npos;
    return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

host_port read_host_port(const std::string& text, const std::string& option) {
    const std::size_t colon = text.rfind(':');
    const auto port = colon == std::string::npos ? std::nullopt : number<std::uint16_t>(text.substr(colon + 1));
    std::string host = text.substr(0, colon);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    if (!port || host.empty() || (!bracketed && host.find(':') != std::string::npos)) {
        throw usage_error(option + " " + text + ": expected HOST:PORT, or [IPV6]:PORT, with a port up to 65535");
    }
    return {host, *port};
}

bool read_options(int argc, char** argv, options& out) {
    CLI::App app("A reverse proxy for HTTP/1.1 and TCP that balances by Poise's selectors.", "poise-proxy");
    std::string listen;
    balance_options balance;
    std::vector<std::string> servers;
    app.add_option("--listen", listen, "HOST:PORT to accept clients at; port 0 lets the system pick")->required();
    app.add_option("--mode", out.mode, "http, or tcp: connections forwarded as they are")
        ->transform(CLI::CheckedTransformer(
            std::map<std::string, forwards>{{"http", forwards::requests}, {"tcp", forwards::bytes}}))
        ->option_text("http|tcp, default http");
    app.add_option("--balance", balance.balance,
                   "how to choose a server, such as smooth, lvs-wrr, leastconn, \"uri depth 2\"; help lists all names "
                   "and options")
        ->capture_default_str();
    app.add_option("--hash-type", balance.hash_type,
                   "for HAProxy's source, uri, url_param, hdr and rdp-cookie: map-based (default) or consistent");
    app.add_option("--hash-function", balance.hash_function,
                   "for the same but source: sdbm (default), djb2, wt6, crc32, none");
    app.add_option("--hash-modifier", balance.hash_modifier,
                   "avalanche spreads the hash; it is the default for consistent without a --hash-function");
    app.add_option("--hash-balance-factor", balance.balance_factor,
                   "for --hash-type consistent: percent of its share that a server may have in flight, above 100");
    app.add_option("--server", servers, "HOST:PORT[,weight=N], once for each server")
        ->required()
        ->allow_extra_args(false);
    std::string threads = "1";
    app.add_option("--threads", threads,
                   "how many serve clients; more than one take the turns of smooth by ticket: exact shares of all, but "
                   "failures cost no weight; \"smooth max_fails 1\" is nginx's way for any number")
        ->capture_default_str();
    const auto milliseconds = [&app](const std::string& name, std::chrono::milliseconds& value,
                                     const std::string& help) {
        const auto set = [&value](const std::int64_t& ms) {
            value = std::chrono::milliseconds(ms);
        };
        return app
            .add_option_function<std::int64_t>(name, set, help + "; ms, default " + std::to_string(value.count()))
            ->check(CLI::Range(std::int64_t{1}, std::int64_t{86'400'000}));
    };
    milliseconds("--connect-timeout", out.connect_timeout, "for connecting to a server");
    milliseconds("--response-timeout", out.response_timeout, "until a server's response begins");
    milliseconds("--head-timeout", out.head_timeout, "for a client to send a request's head");
    const CLI::Option* idle =
        milliseconds("--idle-timeout", out.idle_timeout,
                     "between two requests or two pieces of a body; with --mode tcp, without a byte either way, then "
                     "3600000 if not given");
    milliseconds("--drain-timeout", out.drain_timeout, "from SIGTERM to the end");

    std::vector<std::string> known;
    for (const CLI::Option* option : app.get_options()) known.push_back(option->get_name());
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        std::cout << app.help();
        return false;
    } catch (const CLI::ExtrasError& e) {
        throw usage_error(std::string(e.what()) + " (expected only " + listed(known) + ")");
    } catch (const CLI::ParseError& e) {
        if (balance.balance != "help") throw usage_error(e.what()); // whoever asks that needs no servers yet
    }
    if (balance.balance == "help") {
        std::cout << balance_help();
        return false;
    }
    out.threads = read_threads(threads);
    out.balance = read_balance(balance);
    out.is_smooth = is_smooth(balance, out.balance);
    require_fit(out, balance.balance);
    if (out.mode == forwards::bytes && idle->count() == 0) out.idle_timeout = std::chrono::hours(1);
    out.listen = read_host_port(listen, "--listen");
    for (const std::string& server : servers) {
        out.servers.push_back(read_server(server));
        const auto same = [&](const server_option& s) {
            return s.at.text() == out.servers.back().at.text();
        };
        if (std::ranges::count_if(out.servers, same) > 1) {
            throw usage_error("--server " + server + ": expected each server once");
        }
    }
    return true;
}

} // namespace proxy
