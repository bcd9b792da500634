// Command line options of all clients alike.
#include "client/connection_options.h"

#include "CLI/CLI.hpp"

namespace oido::client {

void AddConnectionOptions(CLI::App& app, ConnectionOptions& options) {
  app.add_option("--server", options.address, "HOST:PORT of the server")
      ->envname("OIDO_SERVER")
      ->capture_default_str();
  app.add_flag_callback(
         "--tls",
         [&options] { options.security = ConnectionOptions::Security::kTls; },
         "Encrypt, and trust the system's authorities (default: plain text)")
      ->envname("OIDO_TLS");
  app.add_option("--ca", options.ca_path,
                 "Encrypt, and trust the authorities in this file (PEM)")
      ->envname("OIDO_CA");
  app.add_option("--cert", options.cert_path,
                 "This client's certificate (PEM), if the server asks for one")
      ->envname("OIDO_CERT");
  app.add_option("--key", options.key_path, "Its private key (PEM)")
      ->envname("OIDO_KEY");
  app.add_option("--server-name", options.server_name,
                 "Name in the server's certificate (default: the host)")
      ->envname("OIDO_SERVER_NAME");
  app.add_option("--token-file", options.token_path,
                 "File with the bearer token to show")
      ->envname("OIDO_TOKEN_FILE");
}

}  // namespace oido::client
