// Fetches a server's figures as Prometheus does.
#ifndef OIDO_TESTS_SUPPORT_SCRAPE_H_
#define OIDO_TESTS_SUPPORT_SCRAPE_H_

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "absl/strings/numbers.h"

namespace oido::test {

// The body of GET http://`address`/metrics, on 127.0.0.1.
inline std::string Scrape(const std::string& address) {
  sockaddr_in to = {};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int port = 0;
  EXPECT_TRUE(absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port));
  to.sin_port = htons(static_cast<uint16_t>(port));
  const int connection = socket(AF_INET, SOCK_STREAM, 0);
  EXPECT_EQ(connect(connection, reinterpret_cast<sockaddr*>(&to), sizeof(to)),
            0);
  const std::string request =
      "GET /metrics HTTP/1.1\r\nHost: oido\r\nConnection: close\r\n\r\n";
  EXPECT_EQ(write(connection, request.data(), request.size()),
            static_cast<ssize_t>(request.size()));
  std::string answer;
  char buffer[4096];
  for (ssize_t size = read(connection, buffer, sizeof(buffer)); size > 0;
       size = read(connection, buffer, sizeof(buffer))) {
    answer.append(buffer, static_cast<size_t>(size));
  }
  close(connection);
  EXPECT_THAT(answer, testing::StartsWith("HTTP/1.1 200"));
  return answer.substr(answer.find("\r\n\r\n") + 4);
}

}  // namespace oido::test

#endif  // OIDO_TESTS_SUPPORT_SCRAPE_H_
