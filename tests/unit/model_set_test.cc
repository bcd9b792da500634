// Tests of server/model_set.
#include "server/model_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/support/session_harness.h"

namespace oido::test {
namespace {

using server::ModelSet;

TEST(ModelSetTest, TwoBundlesOfOneNameAreRefused) {
  const TempDir first;
  const TempDir second;
  WriteBundle(BabblingBundle("same"), first.path());
  WriteBundle(BabblingBundle("same"), second.path());
  const auto models = ModelSet::Load({first.path(), second.path()});
  EXPECT_EQ(models.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(models.status().message()),
              testing::HasSubstr(second.path()));
}

TEST(ModelSetTest, FindBundlesLooksOneLevelDownAndSorts) {
  const TempDir directory;
  EXPECT_EQ(server::FindBundles(directory.path()).status().code(),
            absl::StatusCode::kNotFound);
  for (const char* name : {"b", "a"}) {
    std::filesystem::create_directory(directory.File(name));
    WriteBundle(BabblingBundle(name), directory.File(name));
  }
  std::filesystem::create_directory(directory.File("c-is-no-bundle"));
  const auto found = server::FindBundles(directory.path());
  ASSERT_TRUE(found.ok());
  EXPECT_THAT(*found,
              testing::ElementsAre(directory.File("a"), directory.File("b")));
  EXPECT_EQ(server::FindBundles("/nowhere").status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace oido::test
