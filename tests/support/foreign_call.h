// Calls of services other than the native one, with the blocking client API.
#ifndef OIDO_TESTS_SUPPORT_FOREIGN_CALL_H_
#define OIDO_TESTS_SUPPORT_FOREIGN_CALL_H_

#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <string>
#include <vector>

namespace oido::test {

template <typename Response>
struct ForeignStream {
  std::vector<Response> responses;
  grpc::Status status;
};

// Sends all, half-closes, and reads what comes.
template <typename Response, typename Stub, typename Request>
ForeignStream<Response> StreamAll(Stub* stub,
                                  const std::vector<Request>& requests) {
  ForeignStream<Response> result;
  grpc::ClientContext context;
  const auto stream = stub->StreamingRecognize(&context);
  for (const Request& request : requests)
    if (!stream->Write(request)) break;
  stream->WritesDone();
  Response response;
  while (stream->Read(&response)) result.responses.push_back(response);
  result.status = stream->Finish();
  return result;
}

// The finals' best alternatives, joined as they come.
template <typename Response>
std::string FinalText(const std::vector<Response>& responses) {
  std::string text;
  for (const Response& response : responses) {
    for (const auto& result : response.results())
      if (result.is_final()) text += result.alternatives(0).transcript();
  }
  return text;
}

}  // namespace oido::test

#endif  // OIDO_TESTS_SUPPORT_FOREIGN_CALL_H_
