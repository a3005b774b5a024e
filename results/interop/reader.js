// Reads histograms with hdr-histogram-js as they stand in a result, one a line on
// standard input, and prints a line of JSON for each: bytes 8 to 11 of the inflated
// payload, how many values there are, where they begin and end, and percentiles:
//
//	jq -r .summary.operations.all.service_time.histogram RESULT.json | node reader.js 50 99 99.9
const readline = require('node:readline');
const zlib = require('node:zlib');
const hdr = require('hdr-histogram-js');

// Counts in doubles: the default's 32 bits would wrap.
const countBits = 64;

const percentiles = process.argv.slice(2);

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const histogram = hdr.decodeFromCompressedBase64(line, countBits);
  const payload = zlib.inflateSync(Buffer.from(line, 'base64').subarray(8));
  console.log(JSON.stringify({
    offset: payload.readInt32BE(8),
    count: histogram.totalCount,
    min: histogram.getValueAtPercentile(0),
    max: histogram.maxValue,
    percentiles: Object.fromEntries(percentiles.map((p) => [p, histogram.getValueAtPercentile(Number(p))])),
  }));
});
