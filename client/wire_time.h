// Converts the wire's durations.
#ifndef OIDO_CLIENT_WIRE_TIME_H_
#define OIDO_CLIENT_WIRE_TIME_H_

#include "google/protobuf/duration.pb.h"

namespace oido::client {

inline double Seconds(const google::protobuf::Duration& duration) {
  return static_cast<double>(duration.seconds()) + duration.nanos() / 1e9;
}

}  // namespace oido::client

#endif  // OIDO_CLIENT_WIRE_TIME_H_
