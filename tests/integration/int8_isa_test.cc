// An int8 model says the same, to the bit, whatever instructions the CPU has:
// each set that this one can leave unused, in a process of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <omp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"
#include "features/audio_file.h"
#include "features/feature_matrix.h"
#include "model/acoustic_model.h"
#include "model/ctc_greedy.h"
#include "model/sha256.h"
#include "tests/support/test_bundle.h"

namespace oido::model {
namespace {

constexpr char kRecording[] =
    "/usr/share/pocketsphinx/test/data/librivox/"
    "sense_and_sensibility_01_austen_64kb-0880.wav";

template <typename Value>
absl::string_view Bytes(const std::vector<Value>& values) {
  return {reinterpret_cast<const char*>(values.data()),
          values.size() * sizeof(Value)};
}

// What `say` says in a new process whose oneDNN uses `isa` at most. The parent
// must not have used oneDNN before: it looks at the variable once.
template <typename Say>
std::string SaidWith(const std::string& isa, const Say& say) {
  int ends[2];
  if (pipe(ends) != 0) return "no pipe";
  const pid_t child = fork();
  if (child == 0) {
    setenv("ONEDNN_MAX_CPU_ISA", isa.c_str(), 1);
    const std::string said = say();
    const ssize_t written = write(ends[1], said.data(), said.size());
    _exit(written == static_cast<ssize_t>(said.size()) ? 0 : 1);
  }
  close(ends[1]);
  std::string said;
  char buffer[4096];
  ssize_t count = 0;
  while ((count = read(ends[0], buffer, sizeof(buffer))) > 0)
    said.append(buffer, static_cast<size_t>(count));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (status != 0) said += " (the process failed)";
  return said;
}

// Steps `inputs` [steps, input_size] in `batch` streams at once; the bits of
// all log-probs and of the states at the end, and the first stream's text.
std::string Say(const std::shared_ptr<const Bundle>& bundle,
                absl::Span<const float> inputs, size_t batch) {
  const AcousticModelOptions& options = bundle->acoustic_model;
  // As in a server, where another thread packs the weights.
  omp_set_num_threads(2);
  const auto model = AcousticModel::Create(*bundle);
  if (!model.ok()) return model.status().ToString();
  omp_set_num_threads(1);
  const auto runner =
      AcousticModelRunner::Create(*model, static_cast<int>(batch));
  if (!runner.ok()) return runner.status().ToString();
  const size_t outputs = static_cast<size_t>(options.outputs());
  std::vector<StreamState> states(batch, StreamState(options));
  std::vector<float> log_probs(batch * outputs);
  CtcGreedyDecoder decoder(bundle);
  std::string bits;
  const size_t width = static_cast<size_t>(options.input_size);
  for (size_t at = 0; at + width <= inputs.size(); at += width) {
    std::vector<StepSlot> slots;
    for (size_t i = 0; i < batch; ++i) {
      slots.push_back({inputs.subspan(at, width), &states[i],
                       absl::MakeSpan(&log_probs[i * outputs], outputs)});
    }
    const absl::Status status = (*runner)->Step(slots);
    if (!status.ok()) return status.ToString();
    decoder.Advance(absl::MakeConstSpan(log_probs).first(
        static_cast<size_t>(options.tokens)));
    bits = *Sha256Hex(bits + std::string(Bytes(log_probs)));
  }
  for (const StreamState& state : states)
    bits = *Sha256Hex(bits + std::string(Bytes(state.h)) +
                      std::string(Bytes(state.c)));
  std::string text;
  for (const Word& word : decoder.Partial().words) text += word.text + " ";
  return text + bits;
}

// `say` must say the same with every set of instructions.
template <typename SayIt>
void ExpectTheSameEverywhere(const SayIt& say) {
  const std::string expected = SaidWith("DEFAULT", say);
  std::printf("%s\n", expected.c_str());
  EXPECT_THAT(expected, ::testing::Not(::testing::HasSubstr("fail")));
  for (const char* isa :
       {"AVX2", "AVX2_VNNI", "AVX512_CORE", "AVX512_CORE_VNNI"}) {
    EXPECT_EQ(SaidWith(isa, say), expected) << isa;
  }
}

TEST(Int8IsaTest, RandomModelGivesTheSameBits) {
  const auto bundle = test::LoadRandomBundle(
      {3, 80, 512, 29, Direction::kUnidirectional, 40, Precision::kInt8}, 8);
  std::mt19937 random(9);
  std::normal_distribution<float> normal;
  std::vector<float> inputs(20 * 240);
  for (float& value : inputs) value = normal(random);
  for (const size_t batch : {1, 33})
    ExpectTheSameEverywhere([&] { return Say(bundle, inputs, batch); });
}

TEST(Int8IsaTest, ShippedModelSaysTheSameOfARecording) {
  const auto bundle = LoadBundle(OIDO_MODELS_DIR "/oido-en");
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  const auto samples =
      features::ReadAudioFile(kRecording, (*bundle)->frontend->sample_rate_hz);
  ASSERT_TRUE(samples.ok()) << samples.status();
  auto computer = features::FeatureComputer::Create(
      *(*bundle)->frontend, (*bundle)->decoder.flush_padding_ms,
      features::FeatureLayout::kSteps);
  ASSERT_TRUE(computer.ok()) << computer.status();
  const features::FeatureMatrix inputs = computer->Compute(*samples);
  ASSERT_EQ((*bundle)->acoustic_model.precision, Precision::kInt8);
  ExpectTheSameEverywhere([&] { return Say(*bundle, inputs.values, 1); });
}

}  // namespace
}  // namespace oido::model
