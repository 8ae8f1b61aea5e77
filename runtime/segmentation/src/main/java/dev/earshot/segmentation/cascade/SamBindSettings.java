package dev.earshot.segmentation.cascade;

import dev.earshot.tensor.DType;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * Everything that can be chosen about SAM-BIND but its proposals, which bring settings of their own. The papers leave most
 * of it open; the defaults are this project's.
 *
 * @param frameSide side to which whole frames are resized before anything else looks at them; the papers' 224
 * @param maxArea proposals that cover a larger share of the frame are left out; 1 keeps all
 * @param crop how ImageBind gets to see a proposal
 * @param choice which proposals are taken to sound
 * @param gate which sounds count as silence
 * @param batch most crops per pass
 * @param compute type of ImageBind's matrix products: F32 or BF16
 */
public record SamBindSettings(
        int frameSide,
        double maxArea,
        RegionCrop crop,
        ProposalChoice choice,
        SilenceGate gate,
        int batch,
        DType compute) {
    /** The project's defaults. */
    public static final SamBindSettings DEFAULT =
            new SamBindSettings(224, 1, RegionCrop.DEFAULT, ProposalChoice.DEFAULT, SilenceGate.DEFAULT, 8, DType.F32);

    /** The overlap above which SAM-BIND drops the worse of two proposals; the papers'. */
    public static final double BOX_NMS_THRESHOLD = 0.5;

    /** Checks sizes. */
    public SamBindSettings {
        Objects.requireNonNull(crop, "crop");
        Objects.requireNonNull(choice, "choice");
        Objects.requireNonNull(gate, "gate");
        if (frameSide < 2 || batch < 1) {
            throw new IllegalArgumentException(
                    "SAM-BIND: expected a frame side of at least 2 and a positive batch, got %d and %d"
                            .formatted(frameSide, batch));
        }
        if (!(maxArea > 0 && maxArea <= 1)) {
            throw new IllegalArgumentException("SAM-BIND max area: expected a share in (0, 1], got " + maxArea);
        }
        if (compute != DType.F32 && compute != DType.BF16) {
            throw new IllegalArgumentException("SAM-BIND compute type: expected F32 or BF16, got " + compute);
        }
    }

    /** In words, for result files. */
    Map<String, String> words() {
        Map<String, String> words = new LinkedHashMap<>();
        words.put("frameSide", String.valueOf(frameSide));
        words.put("maxArea", String.valueOf(maxArea));
        words.put("cropMode", crop.mode().name().toLowerCase(Locale.ROOT));
        words.put("cropMargin", String.valueOf(crop.margin()));
        words.put("masked", String.valueOf(crop.masked()));
        words.put("scoreScale", choice.scale().name().toLowerCase(Locale.ROOT));
        words.put("tauBind", String.valueOf(choice.threshold()));
        words.put("topOneIfEmpty", String.valueOf(choice.topOneIfEmpty()));
        words.put("silenceGate", gate.on() ? "rms below " + gate.leastRms() : "off");
        return words;
    }
}
