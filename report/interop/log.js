// Does with hdr-histogram-js what Log.java does with the original:
//
//	node log.js 50 99 99.9 < report.hlog
const fs = require('node:fs');
const hdr = require('hdr-histogram-js');

// Counts in doubles: the default's 32 bits would wrap.
const countBits = 64;

const percentiles = process.argv.slice(2);
const log = new hdr.HistogramLogReader(fs.readFileSync(0, 'utf8'), countBits);

for (let histogram; (histogram = log.nextIntervalHistogram());) {
  console.log(JSON.stringify({
    tag: histogram.tag,
    start: Math.round(histogram.startTimeStampMsec),
    end: Math.round(histogram.endTimeStampMsec),
    count: histogram.totalCount,
    min: histogram.getValueAtPercentile(0),
    max: histogram.maxValue,
    percentiles: Object.fromEntries(percentiles.map((p) => [p, histogram.getValueAtPercentile(Number(p))])),
  }));
}
