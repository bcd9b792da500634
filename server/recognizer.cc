// Joins the parts of features/ and model/ for one stream.
#include "server/recognizer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/window_runner.h"

namespace oido::server {
namespace {

// Decoded audio that is held before it goes through the model, of the model's
// rate; a codec may go over it once.
constexpr size_t kSamplesAtOnce = 16000;

}  // namespace

absl::StatusOr<std::unique_ptr<Recognizer>> Recognizer::Create(
    std::shared_ptr<const LoadedModel> model,
    const features::AudioFormat& format, const Decoding& decoding,
    int max_audio_seconds, const SpeechRules& speech) {
  auto audio_decoder = features::AudioDecoder::Create(
      format, model->bundle->frontend->sample_rate_hz);
  if (!audio_decoder.ok()) return audio_decoder.status();
  return std::unique_ptr<Recognizer>(new Recognizer(std::move(model), decoding,
                                                    max_audio_seconds, speech,
                                                    *std::move(audio_decoder)));
}

Recognizer::Recognizer(std::shared_ptr<const LoadedModel> model,
                       const Decoding& decoding, int max_audio_seconds,
                       const SpeechRules& speech,
                       std::unique_ptr<features::AudioDecoder> audio_decoder)
    : model_(std::move(model)),
      max_samples_(int64_t{max_audio_seconds} *
                   model_->bundle->frontend->sample_rate_hz),
      audio_decoder_(std::move(audio_decoder)),
      frontend_(model_->bundle->frontend),
      state_(model_->bundle->acoustic_model),
      decoding_(decoding),
      decoder_(MakeDecoder(model_->bundle, decoding)),
      watch_(speech, model_->bundle->decoder) {
  if (model_->offline()) window_.emplace(WindowsOf(*model_->bundle));
}

absl::Status Recognizer::AcceptAudio(absl::string_view bytes,
                                     Workbench& bench) {
  if (bytes.empty()) return absl::OkStatus();
  has_audio_ = true;
  const absl::Status status = Decode(&bytes, bench);
  rest_ = std::string(bytes);
  return status;
}

absl::Status Recognizer::AcceptMoreAudio(Workbench& bench) {
  absl::string_view bytes = rest_;
  const absl::Status status = Decode(&bytes, bench);
  rest_.erase(0, rest_.size() - bytes.size());
  if (rest_.empty()) rest_.shrink_to_fit();
  return status;
}

absl::Status Recognizer::Decode(absl::string_view* bytes, Workbench& bench) {
  bench.samples.clear();
  do {
    const absl::Status status =
        audio_decoder_->DecodeSome(bytes, &bench.samples);
    if (!status.ok()) return status;
  } while (bench.samples.size() < kSamplesAtOnce &&
           (!bytes->empty() || audio_decoder_->has_more()));
  bool too_long = false;
  if (max_samples_ > 0) {
    const auto room = static_cast<size_t>(max_samples_ - samples_decoded_);
    too_long = bench.samples.size() > room;
    if (too_long) bench.samples.resize(room);
  }
  frontend_.AcceptWaveform(bench.samples, bench.log_mel);
  FillWindow();
  samples_decoded_ += static_cast<int64_t>(bench.samples.size());
  if (!too_long) return absl::OkStatus();
  return absl::OutOfRangeError(
      absl::StrCat("Exceeded maximum allowed stream duration of ",
                   max_samples_ / model_rate_hz(), " seconds."));
}

absl::Status Recognizer::EndUtterance(features::AudioEnd end,
                                      Workbench& bench) {
  if (!has_audio_) return absl::OkStatus();
  ending_ = true;
  rest_.clear();
  bench.samples.clear();
  const absl::Status status = audio_decoder_->Finish(end, &bench.samples);
  if (max_samples_ > 0) {
    const auto room = static_cast<size_t>(max_samples_ - samples_decoded_);
    bench.samples.resize(std::min(bench.samples.size(), room));
  }
  frontend_.AcceptWaveform(bench.samples, bench.log_mel);
  samples_decoded_ += static_cast<int64_t>(bench.samples.size());
  frontend_.Flush(model_->bundle->decoder.flush_padding_ms, bench.log_mel);
  FillWindow();
  return status;
}

void Recognizer::CompleteUtterance(std::vector<Result>& finals) {
  EmitFinal(decoder_->Finish(), finals);
  audio_decoder_->Reset();
  frontend_.Reset();
  decoder_->Reset();
  state_ = model::StreamState(model_->bundle->acoustic_model);
  ending_ = has_audio_ = false;
  utterance_begin_ = samples_decoded_;
  steps_ = 0;
  watch_.Restart(ToMs(utterance_begin_));
}

bool Recognizer::has_step() const {
  if (over()) return false;
  if (frontend_.steps_ready() > 0) return true;  // of a full window, if any
  return window_.has_value() && ending_ && !window_->empty();
}

void Recognizer::FillWindow() {
  if (!window_.has_value()) return;
  while (!window_->full() && frontend_.steps_ready() > 0)
    frontend_.PopStep(window_->AddStep());
}

void Recognizer::Advance(absl::Span<const float> log_probs, Workbench& bench,
                         std::vector<Result>& finals) {
  if (window_.has_value()) {
    AdvanceWindow(log_probs, bench, finals);
  } else {
    AdvanceStep(log_probs, bench, finals);
  }
}

void Recognizer::AdvanceWindow(absl::Span<const float> log_probs,
                               Workbench& bench, std::vector<Result>& finals) {
  const size_t outputs =
      static_cast<size_t>(model_->bundle->acoustic_model.outputs());
  const bool more = frontend_.steps_ready() > 0;
  const model::WindowBuffer::Range counting =
      more ? window_->CountingBeforeMore() : window_->CountingAtTheEnd();
  for (int i = counting.begin; i < counting.end; ++i)
    AdvanceStep(log_probs.subspan(i * outputs, outputs), bench, finals);
  if (more) {
    window_->Advance();
    FillWindow();
  } else {
    window_->Reset();
  }
}

void Recognizer::AdvanceStep(absl::Span<const float> log_probs,
                             Workbench& bench, std::vector<Result>& finals) {
  const absl::Span<const float> head =
      HeadOf(log_probs, model_->bundle->acoustic_model, decoding_);
  decoder_->Advance(head, bench.beam);
  ++steps_;
  const bool of_audio =
      utterance_begin_ + samples_stepped() <= samples_decoded_;
  if (of_audio) {
    watch_.Advance(head[model::kBlank]);
  } else {
    watch_.AdvancePadding(head[model::kBlank], ToMs(samples_decoded_));
  }
  const bool endpoint = decoder_->AtEndpoint();
  if (endpoint && of_audio) watch_.Endpoint();
  if (endpoint) {
    EmitFinal(decoder_->Finalize(), finals);
  } else if (over()) {
    EmitFinal(decoder_->Finish(), finals);
  } else {
    EmitFinal(decoder_->TakeOverdue(), finals);
  }
  if (over()) ending_ = false;
}

Result Recognizer::Interim() const { return ToResult(decoder_->Partial()); }

int64_t Recognizer::samples_stepped() const {
  const features::FrontendOptions& options = *model_->bundle->frontend;
  return steps_ * options.stride_frames * options.hop_samples();
}

int64_t Recognizer::samples_processed() const {
  // The padding behind the end of an utterance is none of the client's audio.
  return std::min(utterance_begin_ + samples_stepped(), samples_decoded_);
}

size_t Recognizer::size_bytes() const {
  return sizeof(*this) - sizeof(frontend_) - sizeof(state_) +
         audio_decoder_->size_bytes() + rest_.capacity() + frontend_.size_bytes() +
         state_.size_bytes() + decoder_->size_bytes() +
         (window_.has_value() ? window_->size_bytes() - sizeof(*window_) : 0);
}

void Recognizer::EmitFinal(model::Hypothesis hypothesis,
                           std::vector<Result>& finals) {
  Result result = ToResult(std::move(hypothesis));
  if (result.hypothesis.words.empty()) return;
  words_sent_ += static_cast<uint32_t>(result.hypothesis.words.size());
  finals.push_back(std::move(result));
}

Result Recognizer::ToResult(model::Hypothesis hypothesis) const {
  Result result;
  result.end_ms = ToMs(samples_processed());
  Place(&hypothesis);
  for (model::Hypothesis& other : hypothesis.alternatives) Place(&other);
  for (size_t i = 0; i < hypothesis.words.size(); ++i)
    hypothesis.words[i].id = words_sent_ + static_cast<uint32_t>(i) + 1;
  result.hypothesis = std::move(hypothesis);
  result.continues = words_sent_ > 0;
  return result;
}

// From the decoder's time to the stream's.
void Recognizer::Place(model::Hypothesis* hypothesis) const {
  const int begin_ms = ToMs(utterance_begin_);
  // A late token may fall into the padding, which is none of the client's
  // audio.
  const int audio_ms = ToMs(samples_decoded_);
  for (model::Word& word : hypothesis->words) {
    word.start_ms = std::min(word.start_ms + begin_ms, audio_ms);
    word.end_ms = std::min(word.end_ms + begin_ms, audio_ms);
  }
}

int Recognizer::ToMs(int64_t samples) const {
  return static_cast<int>(samples * 1000 / model_rate_hz());
}

}  // namespace oido::server
