import java.util.Arrays;
import java.util.stream.Collectors;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogReader;

/**
 * Reads an interval log from standard input with the reader of HdrHistogram's
 * Java original, and prints a line of JSON for each histogram in it:
 *
 *	java -cp /usr/share/java/hdrhistogram.jar Log.java 50 99 99.9 < report.hlog
 */
class Log {
	public static void main(String[] percentiles) {
		var log = new HistogramLogReader(System.in);
		while (log.hasNext()) {
			var histogram = (Histogram) log.nextIntervalHistogram();
			if (histogram == null) {
				break;
			}
			System.out.printf("{\"tag\":\"%s\",\"start\":%d,\"end\":%d,\"count\":%d,\"min\":%d,\"max\":%d,\"percentiles\":{%s}}%n",
				histogram.getTag(), histogram.getStartTimeStamp(), histogram.getEndTimeStamp(),
				histogram.getTotalCount(), histogram.getMinValue(), histogram.getMaxValue(),
				Arrays.stream(percentiles)
					.map(p -> "\"%s\":%d".formatted(p, histogram.getValueAtPercentile(Double.parseDouble(p))))
					.collect(Collectors.joining(",")));
		}
	}
}
