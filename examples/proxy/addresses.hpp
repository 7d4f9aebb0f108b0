// SPDX-License-Identifier: MIT
// What the addresses of the command line stand for.
#pragma once

#include <span>
#include <string>

#include <boost/asio/basic_socket_acceptor.hpp>

#include "options.hpp"

namespace proxy {

using acceptor = asio::basic_socket_acceptor<tcp, executor>;

/// Throws usage_error in the name of `option` when the host has no address.
tcp::endpoint resolve(const std::string& option, const host_port& at);

/// Makes all of them, each of a thread, listen at one address: who connects gets to one of them. Throws usage_error when
/// that address cannot be had.
void listen(std::span<acceptor* const> all, const host_port& at);

} // namespace proxy
