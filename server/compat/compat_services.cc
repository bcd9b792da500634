// One service of each protocol.
#include "server/compat/compat_services.h"

#include "server/compat/google_service.h"
#include "server/compat/riva_service.h"

namespace oido::server {

std::vector<CompatService> NewCompatServices(
    const ServerOptions& options, const ServiceEnvironment& environment) {
  std::vector<CompatService> services;
  if (options.riva_api) {
    services.push_back({internal::RivaApi::service_full_name(),
                        std::make_unique<RivaService>(environment)});
  }
  if (options.google_api) {
    services.push_back({internal::GoogleV1Api::service_full_name(),
                        std::make_unique<GoogleV1Service>(environment)});
    services.push_back({internal::GoogleV2Api::service_full_name(),
                        std::make_unique<GoogleV2Service>(environment)});
  }
  return services;
}

}  // namespace oido::server
