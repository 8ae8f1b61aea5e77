package dev.earshot.bench.scaling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.bench.result.Series;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

final class PowerLawTest {
    private static List<Series.Point> points(DoubleUnaryOperator law, double... sizes) {
        List<Series.Point> points = new ArrayList<>();
        for (double x : sizes) {
            points.add(Series.Point.of(x, law.applyAsDouble(x)));
        }
        return points;
    }

    private static final double[] SIZES = {1, 4, 16, 64, 256, 1024, 3600};

    @Test
    void exponentOfAnExactPowerLawIsItsExponent() {
        for (double exponent : new double[] {-1, 0.5, 1, 2}) {
            PowerLaw law = PowerLaw.of(points(x -> 3 * Math.pow(x, exponent), SIZES));
            assertEquals(exponent, law.exponent(), 1e-12);
            assertEquals(Optional.empty(), law.bend());
        }
    }

    @Test
    void aConstantHasExponentZeroAndNoBend() {
        PowerLaw law = PowerLaw.of(points(_ -> 240, SIZES));
        assertEquals(0, law.exponent(), 1e-12);
        assertEquals(Optional.empty(), law.bend());
    }

    @Test
    void twoPointsHaveNoExponent() {
        assertTrue(Double.isNaN(PowerLaw.of(points(x -> x, 1, 2)).exponent()));
        assertTrue(Double.isNaN(PowerLaw.of(points(x -> x, 1)).exponent()));
        assertEquals(1, PowerLaw.of(points(x -> x, 1, 2, 3)).exponent(), 1e-12);
    }

    @Test
    void twoPiecesAreFoundWithTheirKnotAndExponents() {
        double knot = 64;
        DoubleUnaryOperator law = x -> x < knot ? Math.pow(x / knot, 0.2) : x / knot;
        PowerLaw.Bend bend = PowerLaw.of(points(law, SIZES)).bend().orElseThrow();
        assertEquals(knot, bend.x(), 1e-6);
        assertEquals(0.2, bend.below(), 1e-9);
        assertEquals(1.0, bend.above(), 1e-9);
        assertEquals("from 0.2 below 64 to 1.0 above", bend.words());
    }

    @Test
    void aFixedCostBendsFromFlatToLinearNearWhereBothAreEqual() {
        PowerLaw.Bend bend =
                PowerLaw.of(points(x -> 1.5 + 0.03 * x, SIZES)).bend().orElseThrow();
        assertTrue(bend.below() < 0.25, bend.words());
        assertTrue(bend.above() > 0.85, bend.words());
        assertTrue(bend.x() > 10 && bend.x() < 250, bend.words() + ", equal at 50");
    }

    @Test
    void noiseOfSomePercentIsNoBend() {
        for (int seed = 0; seed < 500; seed++) {
            Random random = new Random(seed);
            PowerLaw law = PowerLaw.of(points(x -> x * Math.exp(0.06 * random.nextGaussian()), SIZES));
            assertEquals(1, law.exponent(), 0.05);
            assertEquals(Optional.empty(), law.bend(), "seed " + seed);
        }
    }

    @Test
    void aBendIsFoundThroughNoise() {
        for (int seed = 0; seed < 100; seed++) {
            Random random = new Random(seed);
            DoubleUnaryOperator law = x -> (x < 64 ? 1 : x / 64) * Math.exp(0.05 * random.nextGaussian());
            PowerLaw.Bend bend = PowerLaw.of(points(law, SIZES)).bend().orElseThrow();
            assertEquals(0, bend.below(), 0.1);
            assertEquals(1, bend.above(), 0.1);
            assertTrue(bend.x() > 32 && bend.x() < 128, bend.words());
        }
    }

    @Test
    void aMissWithinTheSpreadOfThePointsIsNoBend() {
        List<Series.Point> exact = points(x -> x < 64 ? 1 : x / 64, SIZES);
        List<Series.Point> noisy = exact.stream()
                .map(each -> new Series.Point(each.x(), each.value(), each.value() / 9, 9 * each.value()))
                .toList();
        assertTrue(PowerLaw.of(exact).bend().isPresent());
        assertFalse(PowerLaw.of(noisy).bend().isPresent());
    }

    @Test
    void fourPointsAreTooFewForABend() {
        DoubleUnaryOperator law = x -> x < 16 ? 1 : x;
        assertFalse(PowerLaw.of(points(law, 1, 4, 16, 64)).bend().isPresent());
    }

    @Test
    void valuesWithoutALogarithmAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> PowerLaw.of(points(_ -> 0, 1, 2, 3)));
        assertThrows(IllegalArgumentException.class, () -> PowerLaw.of(points(x -> x, 0, 1, 2)));
        assertThrows(IllegalArgumentException.class, () -> PowerLaw.of(points(x -> x, 2, 1)));
    }

    @Test
    void fixedCostAndRateAreFoundOverThreeOrdersOfSize() {
        FixedCost cost = FixedCost.of(points(x -> 1.5 + 0.03 * x, SIZES));
        assertEquals(1.5, cost.fixed(), 1e-9);
        assertEquals(0.03, cost.rate(), 1e-12);
    }
}
