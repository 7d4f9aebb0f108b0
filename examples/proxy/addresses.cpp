// SPDX-License-Identifier: MIT
#include "addresses.hpp"

#include <sys/socket.h>

namespace proxy {

namespace {

void share_port(acceptor& door) {
    const int yes = 1;
    if (::setsockopt(door.native_handle(), SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes) != 0) {
        throw boost::system::system_error(errno, boost::system::system_category());
    }
}

} // namespace

tcp::endpoint resolve(const std::string& option, const host_port& at) {
    asio::io_context context(one_thread);
    asio::ip::basic_resolver<tcp, executor> resolver(context.get_executor());
    error_code ec;
    const auto found = resolver.resolve(at.host, std::to_string(at.port), tcp::resolver::numeric_service, ec);
    if (ec || found.empty())
        throw usage_error(option + " " + at.text() + ": expected a host that resolves (" + ec.message() + ")");
    return found.begin()->endpoint();
}

// A socket for each thread, among which the kernel shares connections evenly, by a hash of their addresses. From one
// socket in the epolls of all, the thread that is woken first takes nearly all as long as the proxy is idle: 180 of 200
// beside 20, for as long as these clients stay. What is queued at a socket when it is closed is reset, but at the end they
// are closed together, so not one connection more than the only socket of a single thread would lose.
void listen(std::span<acceptor* const> all, const host_port& at) {
    tcp::endpoint where = resolve("--listen", at);
    try {
        for (acceptor* const door : all) {
            door->open(where.protocol());
            door->set_option(acceptor::reuse_address(true));
            // The first shares its port once it has it: with another proxy that has it already it does not.
            if (door != all.front()) share_port(*door);
            door->bind(where);
            if (all.size() > 1) share_port(*door);
            where = door->local_endpoint(); // the system has picked port 0
        }
        for (acceptor* const door : all) door->listen();
    } catch (const boost::system::system_error& e) {
        throw usage_error("--listen " + at.text() + ": expected a free address of this machine (" + e.code().message() +
                          ")");
    }
}

} // namespace proxy
