// SPDX-License-Identifier: MIT
// What the command line says.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "balance.hpp"
#include "net.hpp"

namespace proxy {

struct host_port {
    std::string host;
    std::uint16_t port = 0;
    [[nodiscard]] std::string text() const;
};

struct server_option {
    host_port at;
    std::uint32_t weight = 1;
};

/// --mode http, or tcp.
enum class forwards { requests, bytes };

struct options {
    forwards mode = forwards::requests;
    host_port listen;
    poise::balancer balance = read_balance({});
    bool is_smooth = false; ///< --balance is smooth as it is, without an option
    std::vector<server_option> servers;
    unsigned threads = 1;
    std::chrono::milliseconds connect_timeout{1'000};
    std::chrono::milliseconds response_timeout{60'000}; ///< until a server's answer begins
    std::chrono::milliseconds head_timeout{10'000};     ///< from the first byte of a request's head to its last
    std::chrono::milliseconds idle_timeout{60'000};     ///< between two requests, or two pieces of a body
    std::chrono::milliseconds drain_timeout{10'000};    ///< from SIGTERM to the end, whoever is still there
};

/// A wrong command line. `what()` is one line that names the value and what was expected.
class usage_error : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Reads the command line. Throws usage_error; prints the help and returns false for --help.
bool read_options(int argc, char** argv, options& out);

/// "HOST:PORT" or "[IPV6]:PORT". Throws usage_error in the name of `option`.
host_port read_host_port(const std::string& text, const std::string& option);

} // namespace proxy
