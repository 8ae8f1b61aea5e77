package dev.earshot.segmentation.moca;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SoundingClustersTest {
    private static final SoundingClusters RULE = new SoundingClusters(0.05, 0.5);
    private static final float[] SOUND = {2, 0, 0};

    /** Three clusters along the axes of a plane: cosines 1, 0 and -1 to the sound. */
    @Test
    void scoresAreTheCosinesOfTheMeanTokens() {
        int[] labels = {0, 0, 1, 1, 2, 2};
        float[] joint = {3, 0, 0, 1, 0, 0, 0, 5, 0, 0, 1, 0, -1, 0, 0, -2, 0, 0};

        ClusterChoice choice = RULE.byJointSpace(labels, 3, joint, 0, SOUND);

        assertArrayEquals(new double[] {1, 0, -1}, choice.scores(), 1e-6);
        assertEquals(0, choice.base(), 1e-6);
        assertArrayEquals(new boolean[] {true, false, false}, choice.selected());
        assertEquals(1, choice.bestScore(), 1e-6);
    }

    @Test
    void aSecondClusterWithHalfOfTheLeadSoundsToo() {
        int[] labels = {0, 1, 2, 2};
        float[] joint = {1, 0, 0, 0.8f, 0.6f, 0, 0, 1, 0, 0, 1, 0}; // cosines 1, 0.8, 0, 0; base 0.45

        assertArrayEquals(
                new boolean[] {true, true, false},
                RULE.byJointSpace(labels, 3, joint, 0, SOUND).selected());
        assertArrayEquals(
                new boolean[] {true, false, false},
                new SoundingClusters(0.05, 0.9)
                        .byJointSpace(labels, 3, joint, 0, SOUND)
                        .selected());
    }

    @Test
    void nothingIsSelectedBelowTheLeastScore() {
        int[] labels = {0, 1};
        float[] joint = {0.01f, 1, 0, 0, 1, 0};
        assertTrue(RULE.byJointSpace(labels, 2, joint, 0, SOUND).isEmpty());
    }

    @Test
    void aClusterOverNinetyPercentIsBackgroundUnlessItIsTheOnlyOne() {
        int[] labels = new int[20];
        labels[19] = 1;
        float[] joint = new float[60];
        for (int i = 0; i < 20; i++) {
            joint[3 * i] = 1; // towards the sound
        }
        joint[57] = 0;
        joint[58] = 1; // the lone other token: away from it
        assertFalse(RULE.byJointSpace(labels, 2, joint, 0, SOUND).selected()[0]);

        float[] tilted = joint.clone();
        tilted[58] = 0;
        tilted[57] = 0.5f;
        tilted[1] = 0.1f; // keeps the mean token shorter than 1, so that the cluster leads the mean
        ClusterChoice only = RULE.byJointSpace(new int[20], 2, tilted, 0, SOUND);
        assertTrue(only.selected()[0]);
        assertEquals(-1, only.scores()[1]);
    }

    @Test
    void centringRemovesWhatAllTokensShare() {
        int[] labels = {0, 0, 1, 1};
        float[] joint = {0.8f, 0.6f, 0, 0.8f, 0.6f, 0, 0.8f, 0, 0.6f, 0.8f, 0, 0.6f};
        float[] sound = {0.8f, 0.6f, 0};
        JointCentre centre = new JointCentre(new float[] {0.8f, 0, 0}, new float[] {0.8f, 0, 0});

        ClusterChoice plain = RULE.byJointSpace(labels, 2, joint, 0, sound);
        ClusterChoice centred = RULE.byJointSpace(labels, 2, joint, 0, sound, Optional.of(centre));

        assertEquals(0.64, plain.scores()[1], 1e-6);
        assertArrayEquals(new double[] {1, 0}, centred.scores(), 1e-6);
    }

    @Test
    void changeScoreIsTheMeanRelativeChangeOfTheTokens() {
        int[] labels = {0, 1, 1};
        float[] plain = {9, 9, 3, 4, 1, 0, 0, 2};
        float[] withSound = {9, 9, 3, 4, 1, 1, 0, 5};

        ClusterChoice choice = RULE.byChange(labels, 2, withSound, plain, 2, 2);

        assertArrayEquals(new double[] {0, (1 + 1.5) / 2}, choice.scores(), 1e-9);
        assertEquals(2.5 / 3, choice.base(), 1e-9);
        assertEquals("[false, true]", Arrays.toString(choice.selected()));
    }
}
