// TLS, client certificates and tokens as clients and operators meet them, with
// certificates that OpenSSL makes here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "client/connect.h"
#include "client/streaming_client.h"
#include "server/log.h"
#include "server/token_access.h"
#include "tests/support/certificate_maker.h"
#include "tests/support/scrape.h"
#include "tests/support/service_harness.h"

namespace oido::test {
namespace {

using client::ConnectionOptions;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr char kToken[] = "correct-horse-battery-staple";
constexpr char kOtherToken[] = "tr0ub4dor-and-three-more-words";

class SecurityTest : public testing::Test {
 protected:
  SecurityTest() {
    server::SetLogSink([this](const std::string& line) {
      const std::lock_guard<std::mutex> lock(mutex_);
      log_ += line;
    });
    WriteFile(files_.File("ca"), authority_.certificate());
    UseCertificate(CertificateSettings());
  }
  ~SecurityTest() override { server::SetLogSink(nullptr); }

  void UseCertificate(const CertificateSettings& settings) {
    UsePair(authority_.Issue(settings));
  }
  void UsePair(const CertificateAndKey& pair) {
    WriteFile(files_.File("cert"), pair.certificate);
    WriteFile(files_.File("key"), pair.key);
  }
  void UseTokens(const std::string& name, const char* token, int max_streams) {
    std::string line = *server::TokenLine(name, token);
    line.insert(line.find('}'),
                "max_streams: " + std::to_string(max_streams) + " ");
    WriteFile(files_.File("tokens"), line);
  }

  server::ServerOptions Tls() const {
    server::ServerOptions options;
    options.tls_certificate = files_.File("cert");
    options.tls_key = files_.File("key");
    return options;
  }
  server::ServerOptions Tokens() const {
    server::ServerOptions options;
    options.token_file = files_.File("tokens");
    return options;
  }
  ConnectionOptions To(const TestServer& server) const {
    ConnectionOptions options;
    options.address = server.address();
    return options;
  }
  ConnectionOptions TlsTo(const TestServer& server) const {
    ConnectionOptions options = To(server);
    options.ca_path = files_.File("ca");
    return options;
  }
  ConnectionOptions With(ConnectionOptions options, const char* token) const {
    WriteFile(files_.File("token"), std::string(token) + "\n");
    options.token_path = files_.File("token");
    return options;
  }
  ConnectionOptions WithCertificate(ConnectionOptions options,
                                    const CertificateAndKey& pair) const {
    WriteFile(files_.File("client_cert"), pair.certificate);
    WriteFile(files_.File("client_key"), pair.key);
    options.cert_path = files_.File("client_cert");
    options.key_path = files_.File("client_key");
    return options;
  }

  // How a stream of some audio ends.
  static absl::Status Try(const ConnectionOptions& options) {
    auto channel = client::ConnectSeparately(options, absl::Seconds(60));
    if (!channel.ok()) return channel.status();
    client::StreamingClient stream(*channel, StreamConfig(),
                                   [](const auto&) {});
    stream.Write(MakeAudio(1, 500)).IgnoreError();
    return stream.Finish();
  }
  static v1::StreamingRecognitionConfig StreamConfig() {
    return ConfigRequest().streaming_config();
  }

  std::string log() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return log_;
  }

  const CertificateAuthority authority_{"authority"};
  const CertificateAuthority stranger_{"stranger"};
  const CertificateAuthority impostor_{"authority"};  // with another key
  const TempDir files_;
  std::mutex mutex_;
  std::string log_;
};

TEST_F(SecurityTest, TlsWithTheRightAuthority) {
  TestServer server(Tls());
  EXPECT_TRUE(Try(TlsTo(server)).ok()) << Try(TlsTo(server));
  EXPECT_THAT(std::string(Try(To(server)).message()), HasSubstr("--tls"));
}

TEST_F(SecurityTest, ClientsRefuseAnotherAuthorityAndAnotherName) {
  TestServer server(Tls());
  ConnectionOptions options = TlsTo(server);
  for (const CertificateAuthority* other : {&stranger_, &impostor_}) {
    WriteFile(files_.File("ca"), other->certificate());
    EXPECT_THAT(std::string(Try(options).message()),
                HasSubstr("not signed by an authority that is trusted here"));
  }
  WriteFile(files_.File("ca"), authority_.certificate());
  options.server_name = "elsewhere.example";
  EXPECT_THAT(std::string(Try(options).message()), HasSubstr("--server-name"));
  options.server_name = "localhost";
  EXPECT_TRUE(Try(options).ok());
}

TEST_F(SecurityTest, TlsClientsOfAPlainServerAreToldSo) {
  TestServer server;
  EXPECT_THAT(std::string(Try(TlsTo(server)).message()),
              HasSubstr("speaks plain text"));
}

TEST_F(SecurityTest, ServersDoNotStartWithBadCertificates) {
  const server::SteadyClock clock;
  const auto refusal = [&] {
    return std::string(server::Server::Start(Tls(), BabblingModels(), &clock)
                           .status()
                           .message());
  };
  UseCertificate({.begin_seconds = -7200, .end_seconds = -3600});
  EXPECT_THAT(refusal(),
              AllOf(HasSubstr("tls_certificate"), HasSubstr("expired")));
  UseCertificate({.begin_seconds = 3600, .end_seconds = 7200});
  EXPECT_THAT(refusal(), HasSubstr("is valid from"));
  UsePair({authority_.Issue().certificate, authority_.Issue().key});
  EXPECT_THAT(refusal(),
              AllOf(HasSubstr("tls_key"), HasSubstr("is not the key of")));
  UsePair({"no PEM", "none"});
  EXPECT_THAT(refusal(), HasSubstr("no certificate in PEM"));
}

TEST_F(SecurityTest, ClientsMustShowACertificateThatWasAskedFor) {
  server::ServerOptions options = Tls();
  options.tls_client_ca = files_.File("ca");
  TestServer server(options);
  EXPECT_THAT(std::string(Try(TlsTo(server)).message()), HasSubstr("--cert"));
  EXPECT_FALSE(Try(WithCertificate(TlsTo(server), stranger_.Issue())).ok());
  EXPECT_FALSE(Try(WithCertificate(TlsTo(server),
                                   authority_.Issue({.begin_seconds = -7200,
                                                     .end_seconds = -3600})))
                   .ok());
  EXPECT_TRUE(Try(WithCertificate(TlsTo(server),
                                  authority_.Issue({.common_name = "phone"})))
                  .ok());
  server.Stop();
  EXPECT_THAT(log(), HasSubstr("certificate=phone"));
}

TEST_F(SecurityTest, NewCertificatesAreForNewConnections) {
  server::ServerOptions options = Tls();
  options.metrics_listen = "127.0.0.1:0";
  TestServer server(options);
  ConnectionOptions old = TlsTo(server);
  auto channel = client::ConnectSeparately(old, absl::Seconds(60));
  ASSERT_TRUE(channel.ok()) << channel.status();
  client::StreamingClient running(*channel, StreamConfig(), [](const auto&) {});
  ASSERT_TRUE(running.Write(MakeAudio(1, 300)).ok());

  UsePair(stranger_.Issue());
  server.server().security().Reload();
  WriteFile(files_.File("new_ca"), stranger_.certificate());
  ConnectionOptions fresh = old;
  fresh.ca_path = files_.File("new_ca");
  EXPECT_TRUE(Try(fresh).ok()) << Try(fresh);
  EXPECT_FALSE(Try(old).ok());

  // A mistake changes nothing.
  UseCertificate({.begin_seconds = -7200, .end_seconds = -3600});
  server.server().security().Reload();
  EXPECT_TRUE(Try(fresh).ok()) << Try(fresh);
  EXPECT_THAT(
      Scrape(server.server().metrics_address()),
      AllOf(HasSubstr("\noido_certificate_expiry_timestamp_seconds 1"),
            HasSubstr("oido_last_reload_successful{what=\"certificates\"} 0")));
  EXPECT_THAT(log(), AllOf(HasSubstr("certificates_reloaded"),
                           HasSubstr("certificates_not_reloaded"),
                           HasSubstr("expired")));
  ASSERT_TRUE(running.Write(MakeAudio(2, 300)).ok());
  EXPECT_TRUE(running.Finish().ok());
}

TEST_F(SecurityTest, NewAuthoritiesOfClientsAreForNewConnections) {
  server::ServerOptions options = Tls();
  options.tls_client_ca = files_.File("client_ca");
  WriteFile(files_.File("client_ca"), authority_.certificate());
  TestServer server(options);
  const CertificateAndKey old = authority_.Issue();
  const CertificateAndKey fresh = stranger_.Issue();
  EXPECT_TRUE(Try(WithCertificate(TlsTo(server), old)).ok());
  EXPECT_FALSE(Try(WithCertificate(TlsTo(server), fresh)).ok());
  WriteFile(files_.File("client_ca"), stranger_.certificate());
  server.server().security().Reload();
  EXPECT_FALSE(Try(WithCertificate(TlsTo(server), old)).ok());
  EXPECT_TRUE(Try(WithCertificate(TlsTo(server), fresh)).ok());
}

TEST_F(SecurityTest, TokensLetIn) {
  UseTokens("phones", kToken, 0);
  TestServer server(Tokens());
  EXPECT_TRUE(Try(With(To(server), kToken)).ok())
      << Try(With(To(server), kToken));
  const absl::Status missing = Try(To(server));
  EXPECT_EQ(missing.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_THAT(std::string(missing.message()), HasSubstr("missing"));
  EXPECT_EQ(Try(With(To(server), kOtherToken)).code(),
            absl::StatusCode::kUnauthenticated);
  const auto channel = client::Connect(To(server), absl::Seconds(60));
  EXPECT_EQ(client::ListModels(*channel, absl::Seconds(60)).status().code(),
            absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(CheckHealth(server.address()), "\x08\x01");
}

TEST_F(SecurityTest, TokensWorkOverTlsToo) {
  UseTokens("phones", kToken, 0);
  server::ServerOptions options = Tls();
  options.token_file = files_.File("tokens");
  TestServer server(options);
  EXPECT_TRUE(Try(With(TlsTo(server), kToken)).ok());
  EXPECT_EQ(Try(TlsTo(server)).code(), absl::StatusCode::kUnauthenticated);
}

// One call with these metadata.
grpc::StatusCode CallWith(
    const TestServer& server,
    const std::vector<std::pair<std::string, std::string>>& metadata) {
  grpc::ClientContext context;
  for (const auto& [key, value] : metadata) context.AddMetadata(key, value);
  v1::RecognizeRequest request;
  *request.mutable_config() = ConfigRequest().streaming_config().config();
  v1::RecognizeResponse response;
  return server.NewStub()->Recognize(&context, request, &response).error_code();
}

TEST_F(SecurityTest, TokensElsewhereThanInAuthorizationDoNotCount) {
  UseTokens("phones", kToken, 0);
  TestServer server(Tokens());
  const std::string good = std::string("Bearer ") + kToken;
  const auto refused = grpc::StatusCode::UNAUTHENTICATED;
  EXPECT_EQ(CallWith(server, {{"authorization", good}}), grpc::StatusCode::OK);
  EXPECT_EQ(
      CallWith(server, {{"authorization", std::string("bearer ") + kToken}}),
      grpc::StatusCode::OK);
  EXPECT_EQ(CallWith(server, {{"x-api-key", kToken}}), refused);
  EXPECT_EQ(CallWith(server, {{"token", good}}), refused);
  EXPECT_EQ(CallWith(server, {{"authorization", kToken}}), refused);
  EXPECT_EQ(
      CallWith(server, {{"authorization", std::string("Basic ") + kToken}}),
      refused);
  EXPECT_EQ(CallWith(server, {{"authorization", good + "x"}}), refused);
  EXPECT_EQ(CallWith(server, {{"authorization", "Bearer "}}), refused);
  EXPECT_EQ(
      CallWith(server, {{"authorization", good}, {"authorization", good}}),
      refused);
  EXPECT_EQ(
      CallWith(server, {{"authorization", "Bearer " + std::string(7000, 'a')}}),
      refused);
}

TEST_F(SecurityTest, LimitOfATokenIsItsOwn) {
  WriteFile(files_.File("tokens"),
            *server::TokenLine("free", kOtherToken) +
                "token { max_streams: 1 " +
                server::TokenLine("phones", kToken)->substr(7));
  TestServer server(Tokens());
  auto channel =
      client::ConnectSeparately(With(To(server), kToken), absl::Seconds(60));
  client::StreamingClient running(*channel, StreamConfig(), [](const auto&) {});
  // Its place is taken once the server has answered.
  ASSERT_TRUE(running.Write(MakeAudio(1, 300)).ok());
  while (server.server().registry().size() == 0)
    absl::SleepFor(absl::Milliseconds(1));
  const absl::Status full = Try(With(To(server), kToken));
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(full.message()),
              AllOf(HasSubstr("\"phones\""), HasSubstr("limit 1")));
  EXPECT_TRUE(Try(With(To(server), kOtherToken)).ok());
  // One call after another needs one place.
  EXPECT_TRUE(running.Finish().ok());
  for (int i = 0; i < 20; ++i)
    EXPECT_TRUE(Try(With(To(server), kToken)).ok()) << i;
}

TEST_F(SecurityTest, TokensAreReloadedWhileAStreamRuns) {
  UseTokens("phones", kToken, 0);
  TestServer server(Tokens());
  auto channel =
      client::ConnectSeparately(With(To(server), kToken), absl::Seconds(60));
  client::StreamingClient running(*channel, StreamConfig(), [](const auto&) {});
  ASSERT_TRUE(running.Write(MakeAudio(1, 300)).ok());
  while (server.server().registry().size() == 0)
    absl::SleepFor(absl::Milliseconds(1));
  UseTokens("tablets", kOtherToken, 0);
  server.server().security().Poll();  // it may still be written...
  EXPECT_TRUE(Try(With(To(server), kToken)).ok());
  server.server().security().Poll();  // ...now it has settled
  EXPECT_EQ(Try(With(To(server), kToken)).code(),
            absl::StatusCode::kUnauthenticated);
  EXPECT_TRUE(Try(With(To(server), kOtherToken)).ok());
  WriteFile(files_.File("tokens"), "token { nam: \"x\" }");
  server.server().security().Reload();
  EXPECT_TRUE(Try(With(To(server), kOtherToken)).ok());
  EXPECT_THAT(log(), AllOf(HasSubstr("tokens_not_reloaded"),
                           HasSubstr("did you mean name?")));
  ASSERT_TRUE(running.Write(MakeAudio(2, 300)).ok());
  EXPECT_TRUE(running.Finish().ok());
}

TEST_F(SecurityTest, TheLogNamesTokensAndNeverShowsThem) {
  UseTokens("phones", kToken, 0);
  TestServer server(Tokens());
  EXPECT_TRUE(Try(With(To(server), kToken)).ok());
  EXPECT_FALSE(Try(With(To(server), kOtherToken)).ok());
  EXPECT_EQ(CallWith(server, {{"authorization", kOtherToken}}),
            grpc::StatusCode::UNAUTHENTICATED);
  server.Stop();
  EXPECT_THAT(log(), AllOf(HasSubstr("call_start"), HasSubstr("token=phones"),
                           HasSubstr("call_refused"),
                           HasSubstr("status=UNAUTHENTICATED")));
  EXPECT_THAT(log(), AllOf(Not(HasSubstr(kToken)), Not(HasSubstr(kOtherToken)),
                           Not(HasSubstr("earer correct"))));
}

TEST_F(SecurityTest, TheAuditLogSaysWhoWithWhatHowLongAndHowItEnded) {
  UseTokens("phones", kToken, 0);
  server::ServerOptions options = Tls();
  options.tls_client_ca = files_.File("ca");
  options.token_file = files_.File("tokens");
  TestServer server(options);
  EXPECT_TRUE(
      Try(With(WithCertificate(TlsTo(server),
                               authority_.Issue({.common_name = "gateway"})),
               kToken))
          .ok());
  server.Stop();
  const std::string who =
      " method=StreamingRecognize peer=ipv4:127\\.0\\.0\\.1:[0-9]+ "
      "certificate=gateway token=phones model=babble version=1 ";
  EXPECT_THAT(log(), testing::ContainsRegex("call_start" + who));
  EXPECT_THAT(log(), testing::ContainsRegex(
                         "call_end" + who +
                         ".*status=OK message=\"\" audio_s=0\\.500 "));
}

TEST_F(SecurityTest, ClientsKeepTheirTokenOffTheWireInPlainText) {
  ConnectionOptions options = With({}, kToken);
  options.address = "192.0.2.1:50051";  // of nobody (RFC 5737)
  const absl::Status status = Try(options);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("in plain text"));
}

TEST_F(SecurityTest, ClientsNameFilesTheyCannotUse) {
  ConnectionOptions options;
  options.ca_path = files_.File("nowhere");
  EXPECT_THAT(std::string(Try(options).message()),
              AllOf(HasSubstr("--ca"), HasSubstr("nowhere")));
  options = {};
  options.cert_path = files_.File("cert");
  EXPECT_THAT(std::string(Try(options).message()), HasSubstr("--key"));
  options = {};
  options.token_path = files_.File("nowhere");
  EXPECT_THAT(std::string(Try(options).message()), HasSubstr("--token-file"));
}

TEST(TokenLineTest, RefusesWhatIsNoToken) {
  EXPECT_TRUE(server::TokenLine("a", kToken).ok());
  EXPECT_EQ(*server::TokenLine("a", kToken),
            *server::TokenLine("a", std::string(kToken) + "\r\n"));
  for (const char* bad :
       {"", "short", "two words of a token", "tab\tinside-it....."})
    EXPECT_FALSE(server::TokenLine("a", bad).ok()) << bad;
  for (const char* bad : {"", "a b", "\"", "a\nb"})
    EXPECT_FALSE(server::TokenLine(bad, kToken).ok()) << bad;
}

}  // namespace
}  // namespace oido::test
