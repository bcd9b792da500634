// Tests of bundle.textproto: every field out of range is refused by name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "model/bundle.h"
#include "tests/support/test_bundle.h"

namespace oido::model {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class BundleConfigTest : public ::testing::Test {
 protected:
  BundleConfigTest() : bundle_(test::RandomBundle({}, 7)) {}

  // Writes bundle_ and loads it.
  absl::StatusOr<std::shared_ptr<const Bundle>> Load() {
    test::WriteBundle(bundle_, directory_.path());
    return LoadBundle(directory_.path());
  }

  test::TempDir directory_;
  test::TestBundle bundle_;
};

TEST_F(BundleConfigTest, UnknownKeyIsReportedWithItsLine) {
  test::WriteBundle(bundle_, directory_.path());
  const std::string path = directory_.File("bundle.textproto");
  test::WriteFile(path, "format_version: 1\nname: \"x\"\nlayerz: 3\n");
  EXPECT_THAT(LoadBundle(directory_.path()).status().ToString(),
              AllOf(HasSubstr(absl::StrCat(path, ": line 3, column ")),
                    HasSubstr("layerz")));
}

TEST_F(BundleConfigTest, UnknownDirectionIsReportedWithItsLine) {
  test::WriteBundle(bundle_, directory_.path());
  test::WriteFile(
      directory_.File("bundle.textproto"),
      "format_version: 1\nacoustic_model {\n  direction: SIDEWAYS\n}");
  EXPECT_THAT(LoadBundle(directory_.path()).status().ToString(),
              AllOf(HasSubstr(": line 4, column 1: "), HasSubstr("SIDEWAYS")));
}

TEST_F(BundleConfigTest, SyntaxErrorIsReportedWithItsLine) {
  test::WriteBundle(bundle_, directory_.path());
  test::WriteFile(directory_.File("bundle.textproto"),
                  "format_version: 1\n\nname: \"x\n");
  EXPECT_THAT(LoadBundle(directory_.path()).status().ToString(),
              HasSubstr(": line 3, column "));
}

TEST_F(BundleConfigTest, OversizedConfigIsRefused) {
  test::WriteBundle(bundle_, directory_.path());
  test::WriteFile(directory_.File("bundle.textproto"),
                  std::string((1 << 20) + 1, '\n'));
  EXPECT_THAT(LoadBundle(directory_.path()).status().ToString(),
              HasSubstr("1048577 bytes long"));
}

struct BadField {
  std::string name;
  std::function<void(config::ModelBundle*)> change;
  std::string message;
};

class BadFieldTest : public BundleConfigTest,
                     public ::testing::WithParamInterface<BadField> {};

TEST_P(BadFieldTest, IsRefusedWithValueAndLimit) {
  GetParam().change(&bundle_.config);
  const auto loaded = Load();
  EXPECT_EQ(loaded.status().code(), absl::StatusCode::kInvalidArgument)
      << loaded.status();
  EXPECT_THAT(
      loaded.status().ToString(),
      AllOf(HasSubstr("/bundle.textproto: "), HasSubstr(GetParam().message)));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadFieldTest,
    ::testing::Values(
        BadField{"version", [](auto* c) { c->set_format_version(2); },
                 "format_version is 2"},
        BadField{"noName", [](auto* c) { c->clear_name(); }, "name is \"\""},
        BadField{"badName", [](auto* c) { c->set_name("a/b"); },
                 "name is \"a/b\""},
        BadField{"noVersion", [](auto* c) { c->clear_version(); },
                 "version is \"\""},
        BadField{"noLanguage", [](auto* c) { c->clear_language_code(); },
                 "language_code is \"\""},
        BadField{"description",
                 [](auto* c) { c->set_description("two\nlines"); },
                 "description"},
        BadField{"frontend", [](auto* c) { c->clear_frontend(); },
                 "frontend: sample_rate_hz is 0"},
        BadField{"hop", [](auto* c) { c->mutable_frontend()->set_hop_ms(-1); },
                 "frontend: hop_ms is -1"},
        BadField{"nan",
                 [](auto* c) {
                   c->mutable_frontend()->set_mel_high_hz(
                       std::numeric_limits<float>::quiet_NaN());
                 },
                 "frontend: mel_"},
        BadField{"noLayers",
                 [](auto* c) { c->mutable_acoustic_model()->set_layers(0); },
                 "acoustic_model.layers is 0, must be in 1..8"},
        BadField{"layers",
                 [](auto* c) { c->mutable_acoustic_model()->set_layers(9); },
                 "acoustic_model.layers is 9"},
        BadField{
            "hidden",
            [](auto* c) { c->mutable_acoustic_model()->set_hidden_size(4097); },
            "acoustic_model.hidden_size is 4097, must be in 1..4096"},
        BadField{"tokens",
                 [](auto* c) { c->mutable_acoustic_model()->set_tokens(1); },
                 "acoustic_model.tokens is 1, must be in 2..65536"},
        BadField{"direction",
                 [](auto* c) {
                   c->mutable_acoustic_model()->set_direction(
                       static_cast<config::AcousticModelConfig::Direction>(2));
                 },
                 "acoustic_model.direction is 2, must be UNIDIRECTIONAL (0) or "
                 "BIDIRECTIONAL (1)"},
        BadField{
            "forwardLayersOfAStreamingModel",
            [](auto* c) { c->mutable_acoustic_model()->set_forward_layers(1); },
            "acoustic_model.forward_layers is 1, must be in 0..0"},
        BadField{"onlyForwardLayers",
                 [](auto* c) {
                   c->mutable_acoustic_model()->set_direction(
                       config::AcousticModelConfig::BIDIRECTIONAL);
                   c->mutable_acoustic_model()->set_forward_layers(
                       c->acoustic_model().layers());
                 },
                 "acoustic_model.forward_layers is 2, must be in 0..1"},
        BadField{
            "padding",
            [](auto* c) { c->mutable_decoder()->set_flush_padding_ms(-1); },
            "decoder.flush_padding_ms is -1"},
        BadField{
            "delay",
            [](auto* c) { c->mutable_decoder()->set_emission_delay_ms(5001); },
            "decoder.emission_delay_ms is 5001"},
        BadField{"silence",
                 [](auto* c) {
                   c->mutable_decoder()->set_endpoint_silence_ms(-800);
                 },
                 "decoder.endpoint_silence_ms is -800"},
        BadField{
            "utterance",
            [](auto* c) { c->mutable_decoder()->set_max_utterance_ms(999); },
            "decoder.max_utterance_ms is 999"},
        BadField{"twice", [](auto* c) { *c->add_tensors() = c->tensors(0); },
                 "tensors: frontend.inverse_stddev: is described twice"},
        BadField{"missing", [](auto* c) { c->mutable_tensors()->RemoveLast(); },
                 "tensors: output.weight: is missing"},
        BadField{"extra",
                 [](auto* c) { c->add_tensors()->set_name("lstm.2.bias"); },
                 "tensors: lstm.2.bias: is not a tensor of this model"},
        BadField{
            "shape", [](auto* c) { c->mutable_tensors(4)->set_shape(1, 23); },
            "tensors: lstm.0.weight_ih: shape is [64, 23], [64, 24] expected"},
        BadField{"dtype",
                 [](auto* c) { c->mutable_tensors(4)->set_dtype("F64"); },
                 "tensors: lstm.0.weight_ih: dtype is \"F64\""}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace oido::model
