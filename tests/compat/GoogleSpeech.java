// The stock Java client of Google Speech-to-Text: streams a WAV file to a server, prints what comes as JSON.
//   java -cp 'JARS/*' GoogleSpeech.java v1|v2 ADDRESS FILE
import com.google.api.gax.core.NoCredentialsProvider;
import com.google.api.gax.grpc.InstantiatingGrpcChannelProvider;
import com.google.gson.Gson;
import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import io.grpc.ManagedChannelBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

public final class GoogleSpeech {
  private static final int CHUNK_BYTES = 3200; // 100 ms

  private static final List<String> finals = new ArrayList<>();
  private static final List<double[]> words = new ArrayList<>();
  private static int interims = 0;

  public static void main(String[] arguments) throws Exception {
    String address = arguments[1];
    byte[] audio = Files.readAllBytes(Path.of(arguments[2]));
    if (arguments[0].equals("v1")) {
      recogniseV1(address, audio);
    } else {
      recogniseV2(address, audio);
    }
    System.out.println(new Gson().toJson(Map.of("finals", finals, "words", words, "interims", interims)));
    System.exit(0);
  }

  private static InstantiatingGrpcChannelProvider channel(String address) {
    return InstantiatingGrpcChannelProvider.newBuilder()
        .setEndpoint(address)
        .setChannelConfigurator(ManagedChannelBuilder::usePlaintext)
        .build();
  }

  private static List<ByteString> chunks(byte[] audio) {
    List<ByteString> chunks = new ArrayList<>();
    for (int begin = 0; begin < audio.length; begin += CHUNK_BYTES) {
      chunks.add(ByteString.copyFrom(audio, begin, Math.min(CHUNK_BYTES, audio.length - begin)));
    }
    return chunks;
  }

  private static double seconds(Duration time) {
    return time.getSeconds() + time.getNanos() / 1e9;
  }

  private static void recogniseV1(String address, byte[] audio) throws IOException {
    var settings =
        com.google.cloud.speech.v1.SpeechSettings.newBuilder()
            .setCredentialsProvider(NoCredentialsProvider.create())
            .setTransportChannelProvider(channel(address))
            .build();
    var config =
        com.google.cloud.speech.v1.RecognitionConfig.newBuilder()
            .setEncoding(com.google.cloud.speech.v1.RecognitionConfig.AudioEncoding.LINEAR16)
            .setSampleRateHertz(16000)
            .setLanguageCode("en-US")
            .setEnableWordTimeOffsets(true);
    var streaming =
        com.google.cloud.speech.v1.StreamingRecognitionConfig.newBuilder().setConfig(config).setInterimResults(true);
    try (var client = com.google.cloud.speech.v1.SpeechClient.create(settings)) {
      var stream = client.streamingRecognizeCallable().call();
      stream.send(
          com.google.cloud.speech.v1.StreamingRecognizeRequest.newBuilder().setStreamingConfig(streaming).build());
      for (ByteString chunk : chunks(audio)) {
        stream.send(
            com.google.cloud.speech.v1.StreamingRecognizeRequest.newBuilder().setAudioContent(chunk).build());
      }
      stream.closeSend();
      for (var response : stream) {
        for (var result : response.getResultsList()) {
          var best = result.getAlternatives(0);
          if (!result.getIsFinal()) {
            interims++;
            continue;
          }
          finals.add(best.getTranscript());
          for (var word : best.getWordsList()) {
            words.add(new double[] {seconds(word.getStartTime()), seconds(word.getEndTime())});
          }
        }
      }
    }
  }

  private static void recogniseV2(String address, byte[] audio) throws IOException {
    var settings =
        com.google.cloud.speech.v2.SpeechSettings.newBuilder()
            .setCredentialsProvider(NoCredentialsProvider.create())
            .setTransportChannelProvider(channel(address))
            .build();
    var config =
        com.google.cloud.speech.v2.RecognitionConfig.newBuilder()
            .setAutoDecodingConfig(com.google.cloud.speech.v2.AutoDetectDecodingConfig.getDefaultInstance())
            .addLanguageCodes("en-US")
            .setFeatures(
                com.google.cloud.speech.v2.RecognitionFeatures.newBuilder().setEnableWordTimeOffsets(true));
    var streaming =
        com.google.cloud.speech.v2.StreamingRecognitionConfig.newBuilder()
            .setConfig(config)
            .setStreamingFeatures(
                com.google.cloud.speech.v2.StreamingRecognitionFeatures.newBuilder().setInterimResults(true));
    try (var client = com.google.cloud.speech.v2.SpeechClient.create(settings)) {
      var stream = client.streamingRecognizeCallable().call();
      stream.send(
          com.google.cloud.speech.v2.StreamingRecognizeRequest.newBuilder()
              .setRecognizer("projects/p/locations/global/recognizers/_")
              .setStreamingConfig(streaming)
              .build());
      for (ByteString chunk : chunks(audio)) {
        stream.send(com.google.cloud.speech.v2.StreamingRecognizeRequest.newBuilder().setAudio(chunk).build());
      }
      stream.closeSend();
      for (var response : stream) {
        for (var result : response.getResultsList()) {
          var best = result.getAlternatives(0);
          if (!result.getIsFinal()) {
            interims++;
            continue;
          }
          finals.add(best.getTranscript());
          for (var word : best.getWordsList()) {
            words.add(new double[] {seconds(word.getStartOffset()), seconds(word.getEndOffset())});
          }
        }
      }
    }
  }
}
