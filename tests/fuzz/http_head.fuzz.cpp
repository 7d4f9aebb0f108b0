// SPDX-License-Identifier: MIT
// Input: request or response and what becomes of the connection (1 byte), how the head comes in pieces (1 byte), how
// many bytes are put in and where (2 bytes: for heads longer than the fuzzer's inputs), then the head.
// What the proxy does not refuse, it writes again so that everybody understands it as the proxy did.
#include "../../examples/proxy/head.hpp"
#include "../../examples/proxy/rewrite.hpp"

#include "fuzz.hpp"
#include "http_text.hpp"

namespace {

using fuzz::plain_field;
using fuzz::plain_head;
using fuzz::require;
using proxy::head_scanner;
using state = head_scanner::state;

constexpr std::string_view client = "192.0.2.1";

struct scanned {
    state how = state::more;
    std::size_t size = 0;
    bool in_first_line = true;

    friend bool operator==(const scanned&, const scanned&) = default;
};

scanned result_of(const head_scanner& scanner, state how) {
    return {how, how == state::complete ? scanner.size() : 0, scanner.in_first_line()};
}

scanned scan(std::string_view text) {
    head_scanner scanner;
    return result_of(scanner, scanner.scan(text));
}

scanned scan_in_pieces(std::string_view text, fuzz::pieces sizes) {
    head_scanner scanner;
    auto how = scanner.scan({});
    for (std::size_t there = 0; how == state::more && there < text.size();) {
        there += std::min(sizes.next(), text.size() - there);
        how = scanner.scan(text.substr(0, there));
    }
    return result_of(scanner, how);
}

/// What a scanner must find in the end, looked for in another way.
scanned plain_scan(std::string_view text) {
    for (std::size_t start = 0;;) {
        const std::size_t end = text.substr(0, proxy::max_head).find('\n', start);
        const bool too_large = text.size() > proxy::max_head;
        if (end == std::string_view::npos) return {too_large ? state::too_large : state::more, 0, start == 0};
        const std::string_view line = text.substr(start, end - start);
        if (!line.ends_with('\r')) return {state::malformed, 0, start == 0};
        if (line == "\r") return {state::complete, end + 1, start == 0};
        start = end + 1;
    }
}

std::vector<plain_field> named(const plain_head& head, std::string_view name) {
    std::vector<plain_field> result;
    std::ranges::copy_if(head.fields, std::back_inserter(result), [&](const plain_field& f) { return f.name == name; });
    return result;
}

bool contains(const std::vector<std::string>& list, std::string_view name) {
    return std::ranges::find(list, name) != list.end();
}

bool is_framing(std::string_view name) {
    return name == "content-length" || name == "transfer-encoding";
}

bool is_of_this_hop(std::string_view name) {
    return name == "connection" || name == "proxy-connection" || name == "keep-alive" || name == "te" ||
           name == "upgrade";
}

/// The fields that every hop passes on as they are.
std::vector<plain_field> passed_on(const plain_head& head, const std::vector<std::string>& connection) {
    std::vector<plain_field> result;
    std::ranges::copy_if(head.fields, std::back_inserter(result), [&](const plain_field& f) {
        if (f.name == "host" || f.name == "via" || f.name == "x-forwarded-for") return false;
        return is_framing(f.name) || (!is_of_this_hop(f.name) && !contains(connection, f.name));
    });
    return result;
}

/// The head that was written, read without Beast; what holds for requests and responses alike is checked.
plain_head reread(const plain_head& before, std::string_view written, bool upgrade, bool close) {
    require(proxy::is_clean(written), "what is written is clean");
    require(scan(written) == scanned{state::complete, written.size(), false}, "it is one head");
    const auto after = fuzz::read_head(written);
    require(after.has_value(), "a strict reader reads it");
    const std::vector<std::string> connection = fuzz::list_of(before, "connection");
    require(passed_on(before, connection) == passed_on(*after, connection), "the other fields are passed on");
    for (const plain_field& f : after->fields) {
        const bool own = f.name == "via" || f.name == "x-forwarded-for" || f.name == "host" || is_framing(f.name);
        require(own || is_of_this_hop(f.name) || !contains(connection, f.name), "no field that Connection names");
    }
    const auto its_connection = named(*after, "connection");
    require(its_connection.size() == (upgrade || close ? 1U : 0U), "Connection stands there when it is needed");
    if (upgrade) require(its_connection[0].value == "upgrade", "and says upgrade");
    if (close) require(its_connection[0].value == "close", "and says close");
    require(named(*after, "upgrade") == (upgrade ? named(before, "upgrade") : std::vector<plain_field>()), "Upgrade");
    for (const std::string_view name : {"proxy-connection", "keep-alive", "te"}) {
        require(named(*after, name).empty(), "nothing else of the last hop");
    }
    const std::size_t passed = contains(connection, "via") ? 0 : named(before, "via").size();
    require(named(*after, "via").size() == passed + 1, "one more Via");
    return *after;
}

template <class Parser>
void require_same_framing(const Parser& a, const Parser& b) {
    require(a.chunked() == b.chunked(), "chunked as before");
    require(a.content_length() == b.content_length(), "as long as before");
    require(a.is_done() == b.is_done(), "with or without a body as before");
}

void check_request(std::string_view head) {
    proxy::request_parser request;
    const proxy::error_code ec = request.parse_head(head);
    if (proxy::refusal(head, request, ec)) return;
    const auto before = fuzz::read_head(head);
    require(before.has_value(), "a strict reader reads what is not refused");

    const bool upgrade = proxy::asks_for_upgrade(request);
    require(!upgrade || request.version >= 11, "HTTP/1.0 knows no upgrade");

    std::string written;
    proxy::write_request_head(written, request, client);
    const plain_head after = reread(*before, written, upgrade, false);

    const std::string exact(written);
    proxy::request_parser again;
    const proxy::error_code again_ec = again.parse_head(exact);
    require(!proxy::refusal(exact, again, again_ec), "what is written is not refused");
    require_same_framing(request, again);
    require(request.version == again.version, "the version stays");
    require(request.method_text == again.method_text, "the method stays");
    require(upgrade == proxy::asks_for_upgrade(again), "so does the wish to upgrade");

    const proxy::destination to = proxy::destination_of(request);
    require(std::string(to.slash).append(to.path) == again.target, "the target is the path");
    require(again.target.starts_with('/') || again.target == "*", "a path or all of the server");
    const auto hosts = named(after, "host");
    require(hosts.size() == 1 || (hosts.empty() && request.version < 11), "one Host");
    const auto old_hosts = named(*before, "host");
    if (!to.host.empty()) require(hosts[0].value == to.host, "the target's host counts");
    if (to.host.empty() && !hosts.empty()) require(hosts == old_hosts, "else the Host's");
    const auto forwarded = named(after, "x-forwarded-for");
    require(forwarded.size() == 1 && forwarded[0].value.ends_with(client), "one X-Forwarded-For, the client last");
}

void check_response(std::string_view head, proxy::after what, bool to_head) {
    proxy::response_parser response;
    response.skip(to_head);
    const proxy::error_code ec = response.parse_head(head);
    if (!proxy::is_sound(head, response, ec)) return;
    const auto before = fuzz::read_head(head);
    require(before.has_value(), "a strict reader reads what is sound");

    std::string written;
    proxy::write_response_head(written, response, what);
    reread(*before, written, what == proxy::after::upgrade, what == proxy::after::close);

    const std::string exact(written);
    proxy::response_parser again;
    again.skip(to_head);
    const proxy::error_code again_ec = again.parse_head(exact);
    require(proxy::is_sound(exact, again, again_ec), "what is written is sound");
    require_same_framing(response, again);
    require(response.need_eof() == again.need_eof(), "ends with the connection as before");
    require(response.status == again.status, "the status stays");
    require(response.reason == again.reason, "the reason stays");
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input in(data, size);
    const std::uint8_t kind = in.byte();
    const fuzz::pieces sizes(in.byte());
    const std::uint8_t longer = in.byte();
    const std::size_t more = longer < 192 ? 0 : (longer - 192U) * 512U;
    const std::size_t where = in.byte();
    std::string text(in.rest());
    text.insert(std::min(where, text.size()), more, 'x');
    text.shrink_to_fit();

    const scanned found = scan(text);
    require(found == plain_scan(text), "a head ends with the first empty line");
    require(found == scan_in_pieces(text, sizes), "a head in pieces is the same head");
    if (found.how != state::complete) return 0;
    const std::string head = text.substr(0, found.size);
    if (kind % 2 == 0) {
        check_request(head);
    } else {
        check_response(head, static_cast<proxy::after>(kind / 2 % 3), kind >= 128);
    }
    return 0;
}
