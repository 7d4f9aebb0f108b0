// SPDX-License-Identifier: MIT
// The few names of Boost.Asio that the proxy uses. A context for each thread, so the executor is the context's own.
#pragma once

#include <chrono>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>

namespace proxy {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using executor = asio::io_context::executor_type;
using socket_type = asio::basic_stream_socket<tcp, executor>;
using clock = std::chrono::steady_clock;
using timer = asio::basic_waitable_timer<clock, asio::wait_traits<clock>, executor>;

/// For a context that one thread runs, which alone uses its sockets; others may post to it and stop it.
inline constexpr int one_thread = BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO;

template <class T>
using task = asio::awaitable<T, executor>;

/// co_await gives a tuple that starts with the error: nothing on the request path throws.
inline constexpr auto as_result = asio::as_tuple(asio::use_awaitable_t<executor>{});

/// Bytes read and not yet passed on. Fixed capacity: Beast's buffer would otherwise grow by 512 bytes a read.
inline constexpr std::size_t buffer_size = std::size_t{32} * 1024;
using buffer_type = boost::beast::flat_buffer;

} // namespace proxy
