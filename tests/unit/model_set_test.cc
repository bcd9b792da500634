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
using server::ModelUse;

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

TEST(ModelSetTest, VersionsOfOneNameAreServedSideBySide) {
  const TempDir first;
  const TempDir second;
  WriteBundle(BabblingBundle("same"), first.path());
  TestBundle other = BabblingBundle("same");
  other.config.set_version("2");
  WriteBundle(other, second.path());
  const auto models = ModelSet::Load({first.path(), second.path()});
  ASSERT_TRUE(models.ok()) << models.status();
  const auto version = [&](const char* name) {
    const auto model = models->Find(name);
    return model.ok() ? (*model)->bundle->version : "none";
  };
  EXPECT_EQ(version("same"), "1");
  EXPECT_EQ(version("same@1"), "1");
  EXPECT_EQ(version("same@2"), "2");
  EXPECT_EQ(version("same@3"), "none");
  EXPECT_EQ(models->Names(ModelUse::kStream), "\"same@1\", \"same@2\"");
}

TEST(ModelSetTest, DefaultIsTheFirstOfItsKind) {
  const TempDir first;
  const TempDir second;
  WriteBundle(BabblingBundle("streams"), first.path());
  WriteBundle(BabblingOfflineBundle("whole"), second.path());
  const auto name = [](const ModelSet& models, ModelUse use) {
    const auto model = models.Default(use);
    return model == nullptr ? "none" : model->bundle->name;
  };
  const auto both = ModelSet::Load({first.path(), second.path()});
  ASSERT_TRUE(both.ok()) << both.status();
  EXPECT_EQ(name(*both, ModelUse::kStream), "streams");
  EXPECT_EQ(name(*both, ModelUse::kRecording), "whole");
  EXPECT_EQ(both->Names(ModelUse::kStream), "\"streams\"");
  EXPECT_EQ(both->Names(ModelUse::kRecording), "\"streams\", \"whole\"");
  const auto streaming = ModelSet::Load({first.path()});
  EXPECT_EQ(name(*streaming, ModelUse::kRecording), "streams");
  const auto offline = ModelSet::Load({second.path()});
  EXPECT_EQ(name(*offline, ModelUse::kStream), "none");
  EXPECT_EQ(offline->Names(ModelUse::kStream), "none");
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
