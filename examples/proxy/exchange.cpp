// SPDX-License-Identifier: MIT
#include "exchange.hpp"

#include <sys/socket.h>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/write.hpp>

namespace proxy {

namespace {

// How long a client may wait to be told to go on, and how long a server must wait for a client's bytes before it is
// the client's fault that it leaves.
constexpr std::chrono::seconds patience{1};

} // namespace

bool request::can_be_sent_again() const {
    switch (parser.method) {
    case http::verb::get:
    case http::verb::head:
    case http::verb::put:
    case http::verb::delete_:
    case http::verb::options:
    case http::verb::trace: return whole;
    default: return false;
    }
}

// The first end is the one that counts; whatever else still runs on the two sockets stops.
void exchange::end(verdict how) {
    if (ended_) return;
    ended_ = true;
    verdict_ = how;
    error_code ignored;
    client_.socket.cancel(ignored);
    server_.socket.cancel(ignored);
}

task<verdict> exchange::run() {
    using namespace asio::experimental::awaitable_operators;
    request_.body.send_again();
    until_.set(allowed_.response);
    // The last attempt may have read more of the body than it came to frame.
    if (!request_.body.frame(request_.parser, client_.in)) co_return verdict::client_bad;
    co_await send_first();
    if (until_.expired) {
        end(verdict::late);
    } else if (request_.complete()) {
        co_await receive();
    } else {
        co_await (send_rest() && receive());
    }
    until_.clear();
    if (verdict_ != verdict::answered || !request_.complete()) client_can_go_on_ = server_can_go_on_ = false;
    if (owes_server_) server_can_go_on_ = false; // it would take the next request for the rest of this one
    co_return verdict_;
}

task<bool> exchange::write_to_server(std::array<asio::const_buffer, 2> parts) {
    owes_server_ = true;
    const auto [ec, n] = co_await asio::async_write(server_.socket, parts, as_result);
    owes_server_ = static_cast<bool>(ec);
    co_return !ec;
}

// One write for the head and what there is of the body. If it fails, an answer may have come all the same.
task<void> exchange::send_first() {
    co_await write_to_server({asio::buffer(request_.head), request_.body.unsent(client_.in)});
    request_.body.all_sent();
}

task<void> exchange::send_rest() {
    while (!request_.complete() && !ended_) {
        if (client_.in.size() == client_.in.max_size()) {
            request_.whole = false;
            if (request_.body.drop_sent(client_.in) == 0) co_return end(verdict::client_bad); // a chunk's head so large
        }
        waits_for_client_ = true;
        waits_since_ = clock::now();
        if (!begun_) until_.set(allowed_.idle);
        const auto [ec, n] = co_await client_.socket.async_read_some(
            client_.in.prepare(client_.in.max_size() - client_.in.size()), as_result);
        if (n > 0) request_.expects_to_continue = false;
        client_.in.commit(n); // first: what was read must be there for the next attempt
        if (ended_) co_return;
        if (ec) co_return end(verdict::client_gone);
        if (!request_.body.frame(request_.parser, client_.in)) co_return end(verdict::client_bad);
        waits_for_client_ = false;
        if (!begun_) until_.set(allowed_.response);
        // If it listens no more, what it has to say about that is being received.
        if (!co_await write_to_server({asio::const_buffer(), request_.body.unsent(client_.in)})) co_return;
        request_.body.all_sent();
    }
}

void exchange::look_at_expectation(clock::time_point now) {
    if (!request_.expects_to_continue || !waits_for_client_ || begun_ || now < waits_since_ + patience) return;
    request_.expects_to_continue = false;
    constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    // Nothing else is on its way to the client, so there is room for these few bytes; if not, it has stopped reading.
    const auto sent = ::send(client_.socket.native_handle(), go_on.data(), go_on.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(go_on.size())) end(verdict::client_gone);
}

task<bool> exchange::read_from_server() {
    const auto [ec, n] = co_await server_.socket.async_read_some(
        server_.in.prepare(server_.in.max_size() - server_.in.size()), as_result);
    server_.in.commit(n);
    server_closed_ = ec == asio::error::eof;
    co_return !ec;
}

// One write for the head, if it is still to be sent, and a piece of the body.
task<bool> exchange::write_to_client(asio::const_buffer body) {
    begun_ = true;
    until_.set(allowed_.idle);
    const std::array<asio::const_buffer, 2> parts{asio::buffer(head_), body};
    writes_to_client_ = true;
    const auto [ec, n] = co_await asio::async_write(client_.socket, parts, as_result);
    writes_to_client_ = false;
    last_told_ = clock::now();
    head_.clear();
    if (ec) end(verdict::client_gone);
    co_return !ec;
}

// Reads until a head is complete.
task<bool> exchange::receive_head() {
    head_scanner scanner;
    for (;;) {
        switch (scanner.scan(view(server_.in))) {
        case head_scanner::state::complete: head_size_ = scanner.size(); co_return true;
        case head_scanner::state::more: break;
        default: end(verdict::invalid); co_return false;
        }
        if (co_await read_from_server()) continue;
        end(why_silent());
        co_return false;
    }
}

bool exchange::still_expects(const response_parser& interim) const {
    return request_.expects_to_continue && interim.status != 100;
}

verdict exchange::why_silent() const {
    if (until_.client_left || (until_.expired && waits_for_client_)) return verdict::client_gone;
    if (until_.expired) return verdict::late;
    const bool kept_waiting = waits_for_client_ && clock::now() >= waits_since_ + patience;
    return kept_waiting ? verdict::stale : verdict::no_answer;
}

task<void> exchange::receive() {
    for (;;) {
        if (!co_await receive_head()) co_return;
        response_parser response;
        const std::string_view head = view(server_.in).substr(0, head_size_);
        response.skip(request_.parser.method == http::verb::head);
        const error_code ec = response.parse_head(head);
        if (!is_sound(head, response, ec)) co_return end(verdict::invalid);
        const bool old_client = request_.parser.version < 11; // knows no chunks and no interim responses
        if (old_client && response.chunked()) co_return end(verdict::invalid);
        if (response.status == 101) {
            if (!request_.upgrade || !request_.complete()) co_return end(verdict::invalid);
            write_response_head(head_, response, after::upgrade);
            server_.in.consume(head_size_);
            if (co_await write_to_client({})) co_await tunnel();
            co_return end(verdict_);
        }
        if (response.status >= 200) co_return co_await receive_body(response);
        request_.expects_to_continue = still_expects(response);
        if (!old_client) {
            write_response_head(head_, response, after::keep);
            if (!co_await write_to_client({})) co_return;
            begun_ = false;
            until_.set(allowed_.response);
        }
        server_.in.consume(head_size_);
    }
}

task<void> exchange::receive_body(response_parser& response) {
    server_.in.consume(head_size_);
    body_window body;
    if (!body.frame(response, server_.in)) co_return end(verdict::invalid);
    const bool early = response.is_done() && !request_.complete(); // nobody wants the rest of the request
    const bool last = last_ || response.need_eof() || early;
    write_response_head(head_, response, last ? after::close : after::keep);
    for (;;) {
        if (!co_await write_to_client(body.unsent(server_.in))) co_return;
        body.all_sent();
        body.drop_sent(server_.in);
        if (response.is_done()) break;
        if (server_.in.size() == server_.in.max_size()) co_return end(verdict::cut);
        if (!co_await read_from_server()) {
            if (response.need_eof() && server_closed_) break;
            co_return end(until_.client_left ? verdict::client_gone : verdict::cut);
        }
        if (!body.frame(response, server_.in)) co_return end(verdict::cut);
    }
    client_can_go_on_ = !last;
    // What came behind the response would be taken for the next client's answer.
    server_can_go_on_ = response.keep_alive() && !response.need_eof() && server_.in.size() == 0;
    end(verdict::answered);
}

task<void> exchange::one_way(socket_type& from, socket_type& to, buffer_type& through) {
    error_code ec;
    while (!ec) {
        const auto [write_error, written] = co_await asio::async_write(to, through.data(), as_result);
        through.consume(through.size());
        if (write_error) co_return end(verdict::answered);
        const auto [read_error, n] = co_await from.async_read_some(through.prepare(through.max_size()), as_result);
        through.commit(n);
        ec = read_error;
    }
    if (ec != asio::error::eof) co_return end(verdict::answered);
    to.shutdown(socket_type::shutdown_send, ec); // half closed: the other way goes on
}

task<void> exchange::tunnel() {
    using namespace asio::experimental::awaitable_operators;
    until_.clear();
    writes_to_client_ = true;
    request_.body.drop_sent(client_.in);
    co_await (one_way(client_.socket, server_.socket, client_.in) &&
              one_way(server_.socket, client_.socket, server_.in));
}

} // namespace proxy
