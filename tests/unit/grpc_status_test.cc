// Tests of server/grpc_status.
#include "server/grpc_status.h"

#include <gtest/gtest.h>

#include <string>

#include "google_rpc/error_details.pb.h"
#include "server/errors.h"

namespace oido::server {
namespace {

TEST(GrpcStatusTest, OkIsOk) {
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
}

TEST(GrpcStatusTest, CodeAndMessageStay) {
  const grpc::Status status = ToGrpcStatus(absl::OutOfRangeError("too long"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_EQ(status.error_message(), "too long");
  EXPECT_EQ(status.error_details(), "");
}

TEST(GrpcStatusTest, FieldErrorHasABadRequest) {
  const grpc::Status status =
      ToGrpcStatus(FieldError("config.model", "config.model: no"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  EXPECT_EQ(details.code(), 3);
  ASSERT_EQ(details.details_size(), 1);
  EXPECT_EQ(details.details(0).type_url(),
            "type.googleapis.com/google.rpc.BadRequest");
  google::rpc::BadRequest detail;
  ASSERT_TRUE(details.details(0).UnpackTo(&detail));
  EXPECT_EQ(detail.field_violations(0).field(), "config.model");
  EXPECT_EQ(detail.field_violations(0).description(), "config.model: no");
}

TEST(GrpcStatusTest, FullErrorSaysWhenToRetry) {
  const grpc::Status status =
      ToGrpcStatus(FullError("full", absl::Milliseconds(1500)));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  google::rpc::RetryInfo detail;
  ASSERT_EQ(details.details_size(), 1);
  ASSERT_TRUE(details.details(0).UnpackTo(&detail));
  EXPECT_EQ(detail.retry_delay().seconds(), 1);
  EXPECT_EQ(detail.retry_delay().nanos(), 500000000);
}

TEST(GrpcStatusTest, LongMessagesAreCut) {
  const grpc::Status status =
      ToGrpcStatus(absl::InternalError(std::string(100000, 'x')));
  EXPECT_LE(status.error_message().size(), 2000u);
}

}  // namespace
}  // namespace oido::server
