package load

import "math"

// hash mixes its arguments into 64 uniform bits (SplitMix64's finaliser over a
// Weyl sequence). Traffic is drawn with it, so that operation k is a pure
// function of the seed and k.
func hash(seed uint64, parts ...uint64) uint64 {
	h := seed
	for _, p := range parts {
		h = mix(h + 0x9e3779b97f4a7c15*(p+1))
	}
	return h
}

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// unit maps 64 bits to [0, 1).
func unit(h uint64) float64 { return float64(h>>11) / (1 << 53) }

// exponential maps 64 bits to an exponentially distributed value of mean 1.
func exponential(h uint64) float64 { return -math.Log1p(-unit(h)) }

// normal maps 64 bits to a standard normally distributed value.
func normal(h uint64) float64 {
	return math.Sqrt(2*exponential(h)) * math.Cos(2*math.Pi*unit(mix(h+1)))
}
