import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import java.util.stream.Collectors;
import java.util.zip.InflaterInputStream;
import org.HdrHistogram.Histogram;

/**
 * Does with HdrHistogram's Java original what reader.js does with its port, and
 * prints the same:
 *
 *	java -cp /usr/share/java/hdrhistogram.jar Reader.java 50 99 99.9 < histograms
 */
class Reader {
	public static void main(String[] percentiles) throws Exception {
		var lines = new BufferedReader(new InputStreamReader(System.in));
		for (String line; (line = lines.readLine()) != null;) {
			byte[] encoded = Base64.getDecoder().decode(line);
			var histogram = Histogram.decodeFromCompressedByteBuffer(ByteBuffer.wrap(encoded), 0);
			System.out.printf("{\"offset\":%d,\"count\":%d,\"min\":%d,\"max\":%d,\"percentiles\":{%s}}%n",
				offset(encoded), histogram.getTotalCount(), histogram.getMinValue(), histogram.getMaxValue(),
				Arrays.stream(percentiles)
					.map(p -> "\"%s\":%d".formatted(p, histogram.getValueAtPercentile(Double.parseDouble(p))))
					.collect(Collectors.joining(",")));
		}
	}

	/** Bytes 8 to 11 of what is compressed behind a cookie and a length of four bytes each. */
	static int offset(byte[] encoded) throws Exception {
		var payload = new DataInputStream(new InflaterInputStream(new ByteArrayInputStream(encoded, 8, encoded.length - 8)));
		payload.skipNBytes(8);
		return payload.readInt();
	}
}
