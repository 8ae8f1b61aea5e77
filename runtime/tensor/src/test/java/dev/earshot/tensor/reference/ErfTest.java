package dev.earshot.tensor.reference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ErfTest {
    /** x, erf(x), erfc(x) of the C library. */
    private static final double[][] KNOWN = {
        {1e-300, 1.1283791670955126e-300, 1.0},
        {1e-05, 1.1283791670579e-05, 0.9999887162083294},
        {0.1, 0.1124629160182849, 0.8875370839817152},
        {0.3, 0.3286267594591274, 0.6713732405408726},
        {0.46875, 0.49261347321793797, 0.507386526782062},
        {0.5, 0.5204998778130465, 0.4795001221869535},
        {1, 0.8427007929497149, 0.15729920705028513},
        {1.5, 0.9661051464753108, 0.033894853524689274},
        {2, 0.9953222650189527, 0.004677734981047265},
        {2.5, 0.999593047982555, 0.0004069520174449589},
        {3, 0.9999779095030014, 2.2090496998585438e-05},
        {3.9, 0.9999999652077514, 3.479224859723177e-08},
        {4, 0.9999999845827421, 1.541725790028002e-08},
        {4.1, 0.9999999932999724, 6.700027654084918e-09},
        {5, 0.9999999999984626, 1.5374597944280351e-12},
        {5.8, 0.9999999999999998, 2.3555893751564417e-16},
        {6, 1.0, 2.1519736712498916e-17},
        {8, 1.0, 1.1224297172982928e-29},
        {10, 1.0, 2.088487583762545e-45},
        {15, 1.0, 7.212994172451206e-100},
        {20, 1.0, 5.3958656116079005e-176},
        {26, 1.0, 5.663192408856143e-296},
    };

    @Test
    void knownValuesAreMetToFourteenDigits() {
        for (double[] row : KNOWN) {
            assertEquals(row[1], Erf.erf(row[0]), 1e-14 * row[1]);
            assertEquals(-row[1], Erf.erf(-row[0]), 1e-14 * row[1]);
            assertEquals(row[2], Erf.erfc(row[0]), 1e-14 * row[2]);
            assertEquals(2 - row[2], Erf.erfc(-row[0]), 1e-14);
        }
    }

    @Test
    void limitsAreExact() {
        assertEquals(0.0, Erf.erf(0.0));
        assertEquals(1.0, Erf.erf(Double.POSITIVE_INFINITY));
        assertEquals(-1.0, Erf.erf(Double.NEGATIVE_INFINITY));
        assertEquals(0.0, Erf.erfc(40));
        assertTrue(Double.isNaN(Erf.erf(Double.NaN)));
    }
}
