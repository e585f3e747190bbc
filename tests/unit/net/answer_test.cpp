// SPDX-License-Identifier: Apache-2.0
// Bodies of answers: whole, cut, compressed, too large, too slow.
#include <zlib.h>

#include "unit/net/fixture.hpp"

namespace tq::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

std::string compressed(std::string_view text, int window_bits) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}
std::string gzip(std::string_view text) { return compressed(text, 15 + 16); }

std::string chunked(std::string_view body, size_t chunk) {
  std::string out;
  for (; !body.empty(); body.remove_prefix(std::min(chunk, body.size()))) {
    char size[32];
    std::snprintf(size, sizeof size, "%zX;ext=1\r\n", std::min(chunk, body.size()));
    out.append(size).append(body.substr(0, chunk)).append("\r\n");
  }
  return out;
}

const std::string kChunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

class AnswerTest : public ClientTest {
 protected:
  // What a GET comes to when the server sends these bytes and closes.
  std::string outcome_of(const std::string& bytes, uint64_t max_bytes = 1 << 20) {
    ScriptedServer server([&](Peer& peer) {
      peer.read_request();
      peer.send(bytes);
    });
    HttpRequest what = request(server.url("/page?secret=1"));
    what.max_response_bytes = max_bytes;
    what.no_retry = true;
    return outcome(what);
  }
};

TEST_F(AnswerTest, ChunksAreJoined) {
  const std::string text(200'000, 'c');
  for (const size_t size : {1'000u, 16'384u, 150'000u})
    EXPECT_EQ(outcome_of(kChunked + chunked(text, size) + "0\r\nTrailer: x\r\n\r\n"),
              "200 " + text);
}

TEST_F(AnswerTest, ACutBodyIsNeverAnEnd) {
  EXPECT_THAT(outcome_of("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhello"),
              AllOf(StartsWith("E_TRANSIENT GET http://127.0.0.1:"), HasSubstr("/page: "),
                    HasSubstr("5 of 1000 bytes")));
  for (const char* cut : {"", "5", "5\r\nhel", "5\r\nhello", "5\r\nhello\r\n", "5\r\nhello\r\n0",
                          "5\r\nhello\r\n0\r\n"})
    EXPECT_THAT(outcome_of(kChunked + cut), AllOf(StartsWith("E_TRANSIENT"), HasSubstr("cut")))
        << cut;
  const std::string packed = gzip(std::string(100'000, 'x') + "end");
  EXPECT_THAT(
      outcome_of(answer(200, packed.substr(0, packed.size() - 12), "Content-Encoding: gzip\r\n")),
      AllOf(StartsWith("E_TRANSIENT"), HasSubstr("cut")));
}

TEST_F(AnswerTest, ABodyWithoutLengthEndsWithItsConnection) {
  EXPECT_EQ(outcome_of("HTTP/1.0 200 OK\r\n\r\nall of it"), "200 all of it");
}

TEST_F(AnswerTest, AContradictoryHeadIsRefused) {
  EXPECT_THAT(outcome_of("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
              StartsWith("E_DATA"));
  EXPECT_THAT(outcome_of("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"), StartsWith("E_DATA"));
  EXPECT_THAT(outcome_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: zip\r\n\r\n"),
              StartsWith("E_DATA"));
  EXPECT_THAT(outcome_of(kChunked + "xyz\r\n"), StartsWith("E_DATA"));
  EXPECT_THAT(outcome_of(kChunked + "FFFFFFFFFFFFFFFFFF\r\n"), StartsWith("E_DATA"));
  EXPECT_THAT(outcome_of(kChunked + "1\r\nab\r\n"), StartsWith("E_DATA"));
}

TEST_F(AnswerTest, IsDecompressed) {
  std::string text;
  for (int i = 0; i < 30'000; ++i) text += std::to_string(i * 7919);
  const std::string header = "Content-Encoding: gzip\r\n";
  EXPECT_EQ(outcome_of(answer(200, gzip(text), header)), "200 " + text);
  EXPECT_EQ(outcome_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + header + "\r\n" +
                       chunked(gzip(text), 777) + "0\r\n\r\n"),
            "200 " + text);
  EXPECT_EQ(outcome_of(answer(200, gzip("two ") + gzip("members"), header)), "200 two members");
  EXPECT_EQ(outcome_of(answer(200, "", header)), "200 ");
  EXPECT_EQ(outcome_of(answer(200, compressed(text, 15), "Content-Encoding: deflate\r\n")),
            "200 " + text);
  EXPECT_EQ(outcome_of(answer(200, compressed(text, -15), "Content-Encoding: deflate\r\n")),
            "200 " + text);
  EXPECT_THAT(outcome_of(answer(200, "not gzip at all", header)), StartsWith("E_DATA"));
  EXPECT_THAT(outcome_of(answer(200, "x", "Content-Encoding: br\r\n")), StartsWith("E_DATA"));
}

TEST_F(AnswerTest, IsBoundedAfterDecompression) {
  EXPECT_EQ(outcome_of(answer(200, std::string(1000, 'x')), 1000), "200 " + std::string(1000, 'x'));
  EXPECT_THAT(outcome_of(answer(200, std::string(1001, 'x')), 1000), StartsWith("E_DATA"));
  const std::string bomb = gzip(std::string(50 << 20, '\0'));
  ASSERT_LT(bomb.size(), 100'000u);
  EXPECT_THAT(outcome_of(answer(200, bomb, "Content-Encoding: gzip\r\n"), 1 << 20),
              AllOf(StartsWith("E_DATA"), HasSubstr("larger than 1048576 bytes")));
}

TEST_F(AnswerTest, ASlowBodyEndsByTheTimeOut) {
  ScriptedServer server([&](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    for (int i = 0; i < 100; ++i) {
      peer.send("x");
      if (RealWorld().sleep_ms(20, cancel)) return;
    }
  });
  HttpRequest what = request(server.url());
  what.timeout_ms = 300;
  const uint64_t start = world.mono_ms();
  EXPECT_THAT(outcome(what), AllOf(StartsWith("E_TRANSIENT"), HasSubstr("timed out after 300 ms")));
  EXPECT_LT(world.mono_ms() - start, 1'500u);
  cancel.cancel();
}

TEST_F(AnswerTest, TheReadersOwnTimeDoesNotCount) {
  ScriptedServer server(ScriptedServer::serve(
      [](const Request&, int) { return answer(200, std::string(100, 'x')); }));
  HttpRequest what = request(server.url());
  auto response = send(what);
  ASSERT_TRUE(response);
  for (int i = 0; i < 100; ++i) {
    char byte = 0;
    auto size = (*response)->read(&byte, 1);
    ASSERT_TRUE(size) << size.error().message;
    world.sleep_ms(1'000, cancel);  // longer than the time-out in sum
  }
}

TEST_F(AnswerTest, FieldsOfOneNameAreJoined) {
  ScriptedServer server([](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Tag: a\r\nETag: e\r\nx-tag: b, c\r\n\r\n");
  });
  auto response = send(request(server.url()));
  ASSERT_TRUE(response) << response.error().message;
  const std::string_view first = (*response)->header("X-TAG");
  EXPECT_EQ(first, "a, b, c");
  EXPECT_EQ((*response)->header("etag"), "e");
  EXPECT_EQ((*response)->header("X-Other").data(), nullptr);
  EXPECT_EQ((*response)->header("x-tag").data(), first.data())
      << "views last as long as the answer";
}

}  // namespace
}  // namespace tq::test
