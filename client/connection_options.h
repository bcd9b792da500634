// Where a server is, and how to speak to it.
#ifndef OIDO_CLIENT_CONNECTION_OPTIONS_H_
#define OIDO_CLIENT_CONNECTION_OPTIONS_H_

#include <string>

namespace CLI {
class App;
}

namespace oido::client {

struct ConnectionOptions {
  // Plain text unless asked for TLS, as a path below does too.
  enum class Security { kPlain, kTls };

  std::string address = "127.0.0.1:50051";  // HOST:PORT
  Security security = Security::kPlain;
  std::string ca_path;    // PEM; empty: the system's
  std::string cert_path;  // PEM, of this client, where the server asks for one
  std::string key_path;
  // In the server's certificate, where that is not the address's host.
  std::string server_name;
  std::string token_path;  // a file with a bearer token; empty: none

  bool tls() const {
    return security == Security::kTls || !ca_path.empty() ||
           !cert_path.empty() || !key_path.empty() || !server_name.empty();
  }
};

// --server, --tls, --ca, --cert, --key, --server-name and --token-file, which
// the environment may hold too. `options` outlives the parsing.
void AddConnectionOptions(CLI::App& app, ConnectionOptions& options);

}  // namespace oido::client

#endif  // OIDO_CLIENT_CONNECTION_OPTIONS_H_
