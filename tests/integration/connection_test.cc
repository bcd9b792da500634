// Limits of connections, seen from a client that speaks HTTP/2 by hand.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "tests/support/service_harness.h"

namespace oido::test {
namespace {

// A connection that says hello and then nothing: it answers no ping.
class SilentConnection {
 public:
  explicit SilentConnection(const std::string& address)
      : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to = {};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<uint16_t>(
        std::stoi(address.substr(address.rfind(':') + 1))));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof(to)),
              0);
    // RFC 9113, 3.4: the preface and an empty SETTINGS frame.
    const std::string hello(
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 24 + 9);
    EXPECT_EQ(send(fd_, hello.data(), hello.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(hello.size()));
  }
  ~SilentConnection() { close(fd_); }

  // Reads until the server closes it. False: it has not within `seconds`.
  bool IsClosed(int seconds) {
    const timeval limit = {seconds, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    char buffer[4096];
    ssize_t size = 1;
    while (size > 0) size = recv(fd_, buffer, sizeof(buffer), 0);
    return size == 0;
  }

  // Reads until the server says that it takes no more streams here. False: the
  // connection has ended without.
  bool HearsGoAway() {
    while (true) {
      const Frame frame = Read();
      if (frame.type == kGoAway) return true;
      if (frame.type == kNone) return false;
    }
  }

  // SETTINGS_MAX_CONCURRENT_STREAMS of the server's first frame; 0: not there.
  uint32_t MaxConcurrentStreams() {
    const Frame settings = Read();
    EXPECT_EQ(settings.type, kSettings);
    for (size_t i = 0; i + 6 <= settings.payload.size(); i += 6) {
      const std::string& bytes = settings.payload;
      uint32_t value = 0;
      for (size_t j = 2; j < 6; ++j)
        value = value << 8 | static_cast<unsigned char>(bytes[i + j]);
      if (bytes[i] == 0 && bytes[i + 1] == 3) return value;
    }
    return 0;
  }

 private:
  static constexpr int kNone = -1;
  static constexpr int kSettings = 4;
  static constexpr int kGoAway = 7;
  struct Frame {
    int type = kNone;
    std::string payload;
  };

  Frame Read() {
    std::string header(9, '\0');
    if (recv(fd_, header.data(), 9, MSG_WAITALL) != 9) return {};
    const size_t size = static_cast<unsigned char>(header[1]) * 256u +
                        static_cast<unsigned char>(header[2]);
    Frame frame{header[3], std::string(size, '\0')};
    EXPECT_EQ(recv(fd_, frame.payload.data(), size, MSG_WAITALL),
              static_cast<ssize_t>(size));
    return frame;
  }

  const int fd_;
};

constexpr int kLongSeconds = 120;

TEST(ConnectionTest, OneThatAnswersNoPingIsClosed) {
  server::ServerOptions options;
  TestServer patient(options);
  options.keepalive_seconds = 1;
  options.keepalive_timeout_seconds = 1;
  TestServer server(options);
  SilentConnection kept(patient.address());
  EXPECT_TRUE(SilentConnection(server.address()).IsClosed(kLongSeconds));
  EXPECT_FALSE(kept.IsClosed(1));
}

TEST(ConnectionTest, OneWithoutStreamsIsClosed) {
  server::ServerOptions options;
  options.max_connection_idle_seconds = 1;
  TestServer server(options);
  const auto stub = server.NewStub();
  ClientStream stream(stub.get());
  stream.Send(ConfigRequest());
  EXPECT_TRUE(SilentConnection(server.address()).IsClosed(kLongSeconds));
  // One with a stream is not.
  stream.HalfClose();
  EXPECT_TRUE(stream.Finish().ok());
}

TEST(ConnectionTest, AnOldOneTakesNoNewStreamsAndKeepsItsOwn) {
  server::ServerOptions options;
  options.max_connection_age_seconds = 1;
  TestServer server(options);
  const auto stub = server.NewStub();
  ClientStream stream(stub.get());
  stream.Send(ConfigRequest());
  EXPECT_TRUE(SilentConnection(server.address()).HearsGoAway());
  stream.Send(AudioRequest(MakeAudio(1, 1000)));
  stream.HalfClose();
  EXPECT_TRUE(stream.Finish().ok());
  EXPECT_FALSE(stream.Finals().empty());
}

TEST(ConnectionTest, ClientsAreToldHowManyStreamsOneTakes) {
  server::ServerOptions options;
  options.max_connection_streams = 7;
  TestServer server(options);
  EXPECT_EQ(SilentConnection(server.address()).MaxConcurrentStreams(), 7u);
}

}  // namespace
}  // namespace oido::test
