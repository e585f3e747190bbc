// SPDX-License-Identifier: Apache-2.0
#include "decisions/trials.hpp"

#include <zlib.h>

#include <stdexcept>
#include <utility>

#include "unit/net/certificate.hpp"

namespace decision {
namespace {

namespace fs = std::filesystem;
using tq::test::answer;
using tq::test::Peer;
using tq::test::Request;
using tq::test::ScriptedServer;
using tq::test::self_signed;
using tq::test::ServerTls;
using Server = std::unique_ptr<ScriptedServer>;

constexpr size_t kBombBytes = 256ULL << 20;  // of zeros; the same in a thousandth
constexpr size_t kLargeBytes = 32ULL << 20;

std::string gzip(const std::string& text) {
  z_stream stream{};
  constexpr int kGzip = 15 + 16, kMemory = 8;
  if (::deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzip, kMemory, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("cannot compress");
  std::string out(::deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  ::deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  return out;
}

Trial fetch(std::string name, std::string response) {
  Trial trial{std::move(name), "fetch"};
  trial.serve = [response = std::move(response)](std::atomic<int>*) {
    return std::make_unique<ScriptedServer>([response](Peer& peer) {
      peer.read_request();
      peer.send(response);
    });
  };
  return trial;
}

Trial zipped(std::string name, const std::string& body) {
  return fetch(std::move(name), answer(200, body, "Content-Encoding: gzip\r\n"));
}

// The first connection answers a GET, takes the next request whole, and dies.
Trial dies_after_request(std::string name, std::string method, bool by_reset) {
  Trial trial{std::move(name), "twice", std::move(method)};
  trial.body_bytes = trial.method == "GET" ? 0 : 5;
  trial.counts = true;
  trial.serve = [method = trial.method, by_reset](std::atomic<int>* seen) {
    const auto connections = std::make_shared<std::atomic<int>>(0);
    return std::make_unique<ScriptedServer>([=](Peer& peer) {
      const bool first = ++*connections == 1;
      if (first) {
        peer.read_request();
        peer.send(answer(200, "first"));
      }
      const Request request = peer.read_request();
      if (request.head.starts_with(method)) ++*seen;
      if (!first) peer.send(answer(200, "done"));
      if (first && by_reset) peer.reset();
    });
  };
  return trial;
}

Trial early_answer(std::string name, bool hang_up) {
  Trial trial{std::move(name), "fetch", "PUT", kLargeBytes};
  trial.serve = [hang_up](std::atomic<int>*) {
    return std::make_unique<ScriptedServer>([hang_up](Peer& peer) {
      peer.read_head();
      peer.send(answer(413, "too large"));
      if (!hang_up) peer.wait_for_end();
    });
  };
  return trial;
}

Trial stalls() {
  Trial trial{"cancelled in the middle of a body", "cancel"};
  trial.serve = [](std::atomic<int>*) {
    return std::make_unique<ScriptedServer>([](Peer& peer) {
      peer.read_request();
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhello");
      peer.wait_for_end();
    });
  };
  return trial;
}

Trial bomb() {
  Trial trial{"256 MiB in 1 MiB of gzip, of which 64 KiB are read", "pause"};
  const auto body = std::make_shared<std::string>(gzip(std::string(kBombBytes, '\0')));
  trial.serve = [body](std::atomic<int>*) {
    return std::make_unique<ScriptedServer>([body](Peer& peer) {
      peer.read_request();
      peer.send(answer(200, *body, "Content-Encoding: gzip\r\n"));
      peer.wait_for_end();
    });
  };
  return trial;
}

Trial certificate(std::string name, const ServerTls& tls, const fs::path& ca_file) {
  Trial trial{std::move(name), "fetch"};
  trial.ca_file = ca_file;
  trial.serve = [tls](std::atomic<int>*) {
    return std::make_unique<ScriptedServer>(
        ScriptedServer::serve([](const Request&, int) { return answer(200, "ok"); }), &tls);
  };
  return trial;
}

ServerTls made(const fs::path& folder, const std::string& name, int from_days, int to_days) {
  fs::create_directories(folder);
  return self_signed(folder, name, from_days, to_days);
}

}  // namespace

std::vector<Trial> trials(const fs::path& folder) {
  const ServerTls old = made(folder / "old", "IP:127.0.0.1", -10, -1);
  const ServerTls other = made(folder / "other", "DNS:other.example", -1, 10);
  const ServerTls good = made(folder / "good", "IP:127.0.0.1", -1, 10);
  const std::string whole = gzip("hello, world, hello, world");
  const std::string head = "HTTP/1.1 200 OK\r\n";
  std::vector<Trial> out;
  out.push_back(fetch("a body of 1000 bytes, cut after 500",
                      head + "Content-Length: 1000\r\n\r\n" + std::string(500, 'x')));
  out.push_back(fetch("a chunked body, cut between two chunks",
                      head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"));
  out.push_back(
      zipped("a gzip body without its end, the framing whole", whole.substr(0, whole.size() - 12)));
  out.push_back(zipped("a body of two gzip members", gzip("hello, ") + gzip("world")));
  out.push_back(fetch("Content-Length twice, equal",
                      head + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"));
  out.push_back(fetch("Content-Length twice, 5 and 7",
                      head + "Content-Length: 5\r\nContent-Length: 7\r\n\r\nhello, world"));
  out.push_back(early_answer("413 while 32 MiB are sent, connection held", false));
  out.push_back(early_answer("413 while 32 MiB are sent, then a reset", true));
  out.push_back(dies_after_request("a kept connection ends after a GET was sent", "GET", false));
  out.push_back(dies_after_request("... after a POST was sent", "POST", false));
  out.push_back(dies_after_request("... is reset after a POST was sent", "POST", true));
  out.push_back(stalls());
  out.push_back(certificate("a certificate that has expired", old, old.certificate));
  out.push_back(certificate("a certificate for another host", other, other.certificate));
  out.push_back(certificate("a certificate of an unknown CA", good, other.certificate));
  out.push_back(bomb());
  return out;
}

std::unique_ptr<ScriptedServer> stream_server(const ServerTls* tls) {
  const auto response = std::make_shared<std::string>(answer(200, std::string(kStreamBytes, 'x')));
  return std::make_unique<ScriptedServer>(
      [response](Peer& peer) {
        while (!peer.read_request().head.empty()) peer.send(*response);
      },
      tls);
}

}  // namespace decision
