// The stock Node client of Google Speech-to-Text: streams a WAV file to a server, prints what comes as JSON.
//   node google_speech.js v1|v2 HOST PORT FILE
'use strict';
const fs = require('fs');
const speech = require('@google-cloud/speech');
const grpc = require('@grpc/grpc-js');

const [version, host, port, file] = process.argv.slice(2);
const client = new speech[version].SpeechClient({
  apiEndpoint: host,
  port: Number(port),
  sslCreds: grpc.credentials.createInsecure(),
});
const seconds = (time) => Number(time?.seconds ?? 0) + (time?.nanos ?? 0) / 1e9;
const finals = [];
const words = [];
let interims = 0;

function hear(response) {
  for (const result of response.results) {
    const best = result.alternatives[0];
    if (!result.isFinal) {
      interims += 1;
      continue;
    }
    finals.push(best.transcript);
    for (const word of best.words) {
      words.push([seconds(word.startTime ?? word.startOffset), seconds(word.endTime ?? word.endOffset)]);
    }
  }
}

const audio = fs.readFileSync(file);
const pieces = [];
for (let begin = 0; begin < audio.length; begin += 3200) pieces.push(audio.subarray(begin, begin + 3200));

// The helper of v1 sends the configuration and takes audio; there is none for v2.
const stream = version === 'v1'
  ? client.streamingRecognize({
      config: {encoding: 'LINEAR16', sampleRateHertz: 16000, languageCode: 'en-US', enableWordTimeOffsets: true},
      interimResults: true,
    })
  : client._streamingRecognize();
stream.on('data', hear);
stream.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
stream.on('end', () => {
  console.log(JSON.stringify({finals, words, interims}));
  process.exit(0);
});
if (version === 'v1') {
  for (const piece of pieces) stream.write(piece);
} else {
  stream.write({
    recognizer: 'projects/p/locations/global/recognizers/_',
    streamingConfig: {
      config: {autoDecodingConfig: {}, languageCodes: ['en-US'], features: {enableWordTimeOffsets: true}},
      streamingFeatures: {interimResults: true},
    },
  });
  for (const piece of pieces) stream.write({audio: piece});
}
stream.end();
