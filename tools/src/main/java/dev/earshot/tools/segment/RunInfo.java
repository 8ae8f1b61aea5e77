package dev.earshot.tools.segment;

import dev.earshot.tensor.BackendInfo;
import java.util.Map;

/**
 * What is the same for all results of one run.
 *
 * @param method name of the method
 * @param settings its settings in words
 * @param backend what it ran on
 * @param weights the weight files
 * @param weightsNote what a reader of pictures should know about the weights, for example that they are demo weights
 * @param versions of Earshot and its libraries
 * @param framesPerSecond frames taken of each second
 * @param pictures whether overlay video and contact sheet are made
 */
public record RunInfo(
        String method,
        Map<String, String> settings,
        BackendInfo backend,
        WeightHashes weights,
        String weightsNote,
        Map<String, String> versions,
        double framesPerSecond,
        boolean pictures) {}
