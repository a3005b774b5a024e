import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.util.Base64;
import org.HdrHistogram.Histogram;

/**
 * Prints the percentile distribution, in nanoseconds, of each histogram on standard
 * input, one a line in base64, as HdrHistogram's Java original does it, and an
 * empty line after each.
 */
class Percentiles {
	public static void main(String[] args) throws Exception {
		var lines = new BufferedReader(new InputStreamReader(System.in));
		for (String line; (line = lines.readLine()) != null;) {
			var histogram = Histogram.decodeFromCompressedByteBuffer(ByteBuffer.wrap(Base64.getDecoder().decode(line)), 0);
			histogram.outputPercentileDistribution(System.out, 5, 1.0);
			System.out.println();
		}
	}
}
