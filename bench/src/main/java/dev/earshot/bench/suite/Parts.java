package dev.earshot.bench.suite;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The table of parts, in the order in which they run. */
final class Parts {
    private static final List<String> PLAIN = List.of("-Xmx2g");
    private static final double JMH_SECONDS = 220;

    /** All of them, of both devices. */
    static final List<Part> ALL = List.of(
            program("peaks", "what the machine does at best", false, "Peaks", "suite", List.of("-Xmx3g")),
            program("jmh", "single ops and whole passes, time and allocation", false, "JmhSuite", "suite", PLAIN),
            peers("cpu", PeerCall.CPU),
            program("scaling", "cost against size", false, "ScalingBench", "scaling", PLAIN),
            new Part("start", "start-up and loading", "cpu", false, Parts::start),
            program("footprint", "jars beside others", true, "FootprintBench", "footprint", PLAIN),
            card("device", "every op on the card", "dev.earshot.bench.device.DeviceBench", 120),
            card("models", "whole passes on the card", "dev.earshot.bench.peers.ModelBench", 300),
            new Part("jmh", "single ops as a caller on the host sees them", "cuda", false, Parts::jmhOfCard),
            peers("cuda", PeerCall.CUDA));

    private Parts() {}

    /** What {@code --only} takes of the parts that have many processes, as in {@code peers:vit}. */
    static List<String> calls() {
        return Stream.of(PeerCall.CPU, PeerCall.CUDA)
                .flatMap(List::stream)
                .map(call -> "peers:" + call.name())
                .distinct()
                .toList();
    }

    /** Names as {@code --only} takes them. */
    static List<String> names() {
        return ALL.stream().map(Part::name).distinct().toList();
    }

    private static Part program(
            String name, String question, boolean peersOnly, String mainClass, String area, List<String> flags) {
        String full = "dev.earshot.bench." + area + "." + mainClass;
        return new Part(
                name,
                question,
                "cpu",
                peersOnly,
                setting -> List.of(
                        new Step(name, name + ".json", setting.java(flags, full, setting.common(name + ".json")))));
    }

    /** In full also ImageBind-Huge: 4 GB of weights in the temporary folder for a minute or two. */
    private static List<Step> start(Setting setting) {
        List<String> arguments = new ArrayList<>(setting.common("start.json"));
        if (!setting.quick()) {
            arguments.add("--full");
        }
        return List.of(new Step(
                "start", "start.json", setting.java(PLAIN, "dev.earshot.bench.startup.StartBench", arguments)));
    }

    /** Programs of the card have a small form instead of a quick one. */
    private static Part card(String name, String question, String mainClass, double seconds) {
        return new Part(name, question, "cuda", false, setting -> {
            String file = "cuda-" + name + ".json";
            List<String> arguments = new ArrayList<>(List.of(
                    "--backend",
                    setting.card(),
                    "--out",
                    setting.raw().resolve(file).toString()));
            if (setting.quick()) {
                arguments.add("--small");
            }
            return List.of(new Step("card: " + name, file, setting.java(PLAIN, mainClass, arguments), seconds));
        });
    }

    /** One fork: time on a card is short, and varies less than a processor's. */
    private static List<Step> jmhOfCard(Setting setting) {
        List<String> arguments = new ArrayList<>(setting.common("cuda-jmh.json"));
        arguments.addAll(List.of("--backend", setting.card(), "--forks", "1"));
        return List.of(new Step(
                "card: jmh",
                "cuda-jmh.json",
                setting.java(PLAIN, "dev.earshot.bench.suite.JmhSuite", arguments),
                JMH_SECONDS));
    }

    private static Part peers(String device, List<PeerCall> calls) {
        return new Part(
                "peers",
                "beside other libraries, in turns",
                device,
                true,
                setting -> calls.stream()
                        .filter(call -> call.quick() || !setting.quick())
                        .map(call -> call.step(setting, device))
                        .toList());
    }
}
