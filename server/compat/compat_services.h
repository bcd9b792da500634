// The services of other products that this server offers too.
#ifndef OIDO_SERVER_COMPAT_COMPAT_SERVICES_H_
#define OIDO_SERVER_COMPAT_COMPAT_SERVICES_H_

#include <grpcpp/impl/service_type.h>

#include <memory>
#include <string>
#include <vector>

#include "server/server_options.h"
#include "server/service_environment.h"

namespace oido::server {

struct CompatService {
  std::string name;  // as health checks ask for it
  std::unique_ptr<grpc::Service> service;
};

// Those that `options` switch on.
std::vector<CompatService> NewCompatServices(
    const ServerOptions& options, const ServiceEnvironment& environment);

}  // namespace oido::server

#endif  // OIDO_SERVER_COMPAT_COMPAT_SERVICES_H_
