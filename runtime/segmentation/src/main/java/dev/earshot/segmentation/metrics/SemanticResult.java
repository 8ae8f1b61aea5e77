package dev.earshot.segmentation.metrics;

import java.util.List;

/**
 * The outcome on AVSBench-semantic; all figures are fractions.
 *
 * @param classes class by class
 * @param all means over all classes, never seen ones counting as 0: the published mIoU and F-score
 * @param foreground means over the classes but the background
 * @param present means over the classes that occur, the script's running figure
 * @param scriptNoBg the script's "noBg" figures, which leave out the last class and not the background
 * @param frames frames that counted, without padding
 * @param paddedFrames frames of padding that counted
 * @param videos video by video, in the order of the test set
 */
public record SemanticResult(
        List<ClassScore> classes,
        Means all,
        Means foreground,
        Means present,
        Means scriptNoBg,
        long frames,
        long paddedFrames,
        List<VideoScore> videos) {
    public SemanticResult {
        classes = List.copyOf(classes);
        videos = List.copyOf(videos);
    }

    /** Published mIoU: the mean over all classes. */
    public double miou() {
        return all.miou();
    }

    /** Published F-score: the mean over all classes. */
    public double fscore() {
        return all.fscore();
    }

    /** Means over some of the classes. */
    public record Means(double miou, double fscore) {}

    /**
     * One class.
     *
     * @param index its number
     * @param count frames in which it occurs in the prediction or in the target
     * @param iouSum sum of the IoU over these frames
     * @param fSum sum of F over these frames
     */
    public record ClassScore(int index, long count, double iouSum, double fSum) {
        /** Mean IoU; 0 if the class never occurs. */
        public double iou() {
            return count == 0 ? 0 : iouSum / count;
        }

        /** Mean F; 0 if the class never occurs. */
        public double f() {
            return count == 0 ? 0 : fSum / count;
        }
    }

    /**
     * One video, for finding good and bad ones; enters no published figure.
     *
     * @param id its name
     * @param category its class or subset
     * @param iou mean over the real frames of the mean IoU over the classes in the frame
     * @param f the same for F
     * @param frameIou the mean IoU over the classes of each real frame
     */
    public record VideoScore(String id, String category, double iou, double f, List<Double> frameIou) {
        public VideoScore {
            frameIou = List.copyOf(frameIou);
        }
    }
}
