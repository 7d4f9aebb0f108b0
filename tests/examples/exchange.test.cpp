// SPDX-License-Identifier: MIT
// What no test from outside can bring about at will: a response that comes while the last piece of its request is still
// being written.
#include "../../examples/proxy/exchange.hpp"

#include <catch2/catch_test_macros.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/write.hpp>

namespace {

namespace asio = boost::asio;
using proxy::socket_type;
using proxy::tcp;
using proxy::verdict;

constexpr std::size_t small = 4096; // the kernel rounds it up, but not to what the client sends at once
constexpr std::size_t large = 30'000;
static_assert(large < proxy::buffer_size);

/// Two ends of a connection; what the first sends and the second does not read soon fills it when `narrow`.
std::pair<socket_type, socket_type> connected(asio::io_context& context, bool narrow) {
    asio::basic_socket_acceptor<tcp, proxy::executor> acceptor(context.get_executor(),
                                                               {asio::ip::address_v4::loopback(), 0});
    if (narrow) acceptor.set_option(asio::socket_base::receive_buffer_size(small));
    socket_type first(context.get_executor());
    first.open(tcp::v4());
    if (narrow) first.set_option(asio::socket_base::send_buffer_size(small));
    first.connect(acceptor.local_endpoint());
    return {std::move(first), acceptor.accept()};
}

struct outcome {
    verdict how = verdict::cut;
    bool client_can_go_on = false;
    bool server_can_go_on = false;
};

/// A client sends its head, then all of its body at once; the server answers when the proxy has read both.
outcome post(std::size_t body_size) {
    asio::io_context context(1);
    auto [proxy_in, client_end] = connected(context, false);
    auto [proxy_out, server_end] = connected(context, true);
    proxy::client client(std::move(proxy_in));
    proxy::connection server(context.get_executor());
    server.socket = std::move(proxy_out);
    const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body_size) + "\r\n\r\n";
    proxy::request what;
    REQUIRE_FALSE(what.parser.parse_head(head));
    proxy::write_request_head(what.head, what.parser, "127.0.0.1");
    proxy::deadline until;
    proxy::exchange attempt(client, server, what, until,
                            {.response = std::chrono::hours(1), .idle = std::chrono::hours(1)}, false);
    outcome result;
    bool over = false;
    asio::co_spawn(
        context.get_executor(),
        [&]() -> proxy::task<void> {
            result.how = co_await attempt.run();
            over = true;
        },
        asio::detached);
    asio::write(client_end, asio::buffer(std::string(body_size, 'x')));
    while (!what.complete()) context.run_one();
    asio::write(server_end, asio::buffer(std::string("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")));
    while (!over) context.run_one();
    result.client_can_go_on = attempt.client_can_go_on();
    result.server_can_go_on = attempt.server_can_go_on();
    return result;
}

} // namespace

TEST_CASE("exchange: a server that has got all of the request can take another") {
    const outcome small_one = post(100);
    CHECK(small_one.how == verdict::answered);
    CHECK(small_one.client_can_go_on);
    CHECK(small_one.server_can_go_on);
}

// It would take the next client's request for the rest of this body.
TEST_CASE("exchange: a server that answers before it has got all of the request takes no other") {
    const outcome large_one = post(large);
    CHECK(large_one.how == verdict::answered);
    CHECK(large_one.client_can_go_on);
    CHECK_FALSE(large_one.server_can_go_on);
}
