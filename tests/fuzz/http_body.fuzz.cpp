// SPDX-License-Identifier: MIT
// Input: how the message is framed, and whether each piece is framed twice, as happens when a request goes to another
// server (1 byte); how the body comes in pieces (1 byte); a length (1 byte); then the body and what follows it.
// The proxy passes on the same bytes however they come, never one behind the body, and what it takes for chunks ends
// where a strict reader says.
#include "../../examples/proxy/body.hpp"
#include "../../examples/proxy/head.hpp"

#include "fuzz.hpp"
#include "http_text.hpp"

namespace {

using fuzz::end_of;
using fuzz::require;

struct arrival {
    bool twice;
    fuzz::pieces sizes;
};

enum class verdict { done, unfinished, malformed };

struct passage {
    verdict how;
    std::string out;

    friend bool operator==(const passage&, const passage&) = default;
};

template <class Parser>
passage pass(const std::string& head, std::string_view body, bool twice, fuzz::pieces* sizes) {
    Parser parser;
    require(!parser.parse_head(head), "the target's own head is sound");
    passage result{verdict::unfinished, {}};
    proxy::body_window window;
    proxy::buffer_type in(proxy::buffer_size);
    std::size_t given = 0;
    do {
        const std::size_t more = std::min(sizes == nullptr ? body.size() : sizes->next(), body.size() - given);
        in.commit(boost::asio::buffer_copy(in.prepare(more), boost::asio::buffer(body.data() + given, more)));
        given += more;
        if (!window.frame(parser, in) || (twice && !window.frame(parser, in))) {
            result.how = verdict::malformed;
            return result;
        }
        const auto ready = window.unsent(in);
        result.out.append(static_cast<const char*>(ready.data()), ready.size());
        window.all_sent();
        window.drop_sent(in);
        require(given >= result.out.size(), "nothing is passed on before it is there");
        if (parser.is_done()) result.how = verdict::done;
    } while (result.how == verdict::unfinished && given < body.size());
    require(result.out.size() + in.size() >= given, "nothing is lost");
    return result;
}

template <class Parser>
passage check(const std::string& head, std::string_view body, arrival how) {
    const passage whole = pass<Parser>(head, body, false, nullptr);
    const passage cut = pass<Parser>(head, body, how.twice, &how.sizes);
    require(body.starts_with(whole.out) && body.starts_with(cut.out), "what is passed on is what came");
    require(whole.how == cut.how, "the verdict is the same in pieces");
    if (whole.how == verdict::done) require(whole.out == cut.out, "the body is the same in pieces");
    return cut;
}

template <class Parser>
void check_chunked(std::string head, std::string_view body, arrival how) {
    head += "Transfer-Encoding: chunked\r\n\r\n";
    const passage found = check<Parser>(head, body, how);
    const fuzz::chunked_body strict = fuzz::read_chunks(body);
    require(found.out.size() <= strict.size, "nothing is passed on that a strict reader refuses");
    if (found.how == verdict::done) {
        require(strict.how == end_of::chunks && strict.size == found.out.size(), "they end where a strict reader says");
    } else if (strict.how == end_of::chunks) {
        require(found.how == verdict::malformed && strict.has_trailers, "only a trailer is refused that others take");
    }
}

template <class Parser>
void check_counted(std::string head, std::string_view body, std::size_t length, arrival how) {
    head += "Content-Length: " + std::to_string(length) + "\r\n\r\n";
    const passage found = check<Parser>(head, body, how);
    require(found.out == body.substr(0, length), "so many bytes and no more");
    require(found.how == (length <= body.size() ? verdict::done : verdict::unfinished), "done when they are there");
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input in(data, size);
    const std::uint8_t kind = in.byte();
    const arrival how{kind >= 128, fuzz::pieces(in.byte())};
    const std::size_t length = in.byte();
    const std::string_view body = in.rest().substr(0, proxy::buffer_size);
    const std::string request = "POST / HTTP/1.1\r\nHost: a\r\n";
    const std::string response = "HTTP/1.1 200 OK\r\n";
    switch (kind % 8) {
    case 0: check_counted<proxy::request_parser>(request, body, length, how); break;
    case 1: check_counted<proxy::response_parser>(response, body, length, how); break;
    case 2: {
        const passage found = check<proxy::response_parser>(response + "\r\n", body, how);
        require(found == passage{verdict::unfinished, std::string(body)}, "all of it, to the connection's end");
        break;
    }
    case 3: check_chunked<proxy::response_parser>(response, body, how); break;
    default: check_chunked<proxy::request_parser>(request, body, how);
    }
    return 0;
}
