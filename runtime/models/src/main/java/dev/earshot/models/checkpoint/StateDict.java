package dev.earshot.models.checkpoint;

import dev.earshot.models.checkpoint.PickleValue.Dict;
import dev.earshot.models.checkpoint.PickleValue.TensorView;
import dev.earshot.models.checkpoint.PickleValue.Text;
import dev.earshot.tensor.weights.WeightsException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The tensors of a checkpoint under the names that model loaders expect, and what was left out on the way.
 *
 * @param tensors by name, in the order of the file
 * @param warnings one line for each thing that was dropped
 */
record StateDict(Map<String, TensorView> tensors, List<String> warnings) {
    /** Where training code puts the weights, in the order of preference; {@code teacher} is DINO's. */
    private static final List<String> WRAPPERS = List.of("model", "state_dict", "model_state_dict", "teacher");

    private static final int MAX_WRAPPERS = 4;
    private static final int MAX_TENSORS = 100_000;
    private static final int MAX_NAME_CHARS = 1_024;
    private static final int MAX_WARNINGS = 50;

    /** Unwraps, strips prefixes and drops what is no tensor. */
    static StateDict of(ByteSource source, PickleValue root) {
        return new Extraction(source).extract(root);
    }

    private static final class Extraction {
        private final ByteSource source;
        private final List<String> warnings = new ArrayList<>();

        Extraction(ByteSource source) {
            this.source = source;
        }

        StateDict extract(PickleValue root) {
            Dict dict = dictionary(root);
            boolean isTeacher = false;
            for (int depth = 0; depth < MAX_WRAPPERS; depth++) {
                String wrapper = wrapper(dict);
                if (wrapper.isEmpty()) {
                    break;
                }
                warnOfSiblings(dict, wrapper);
                dict = (Dict) dict.get(wrapper);
                isTeacher |= wrapper.equals("teacher");
            }
            Map<String, TensorView> tensors = stripModule(collect(dict));
            if (isTeacher) {
                tensors = stripBackbone(tensors);
            }
            if (tensors.isEmpty()) {
                throw CheckpointContainer.refuse(
                        source, "checkpoint", "a dictionary of tensors", "none in " + dict.what() + keys(dict));
            }
            return new StateDict(tensors, List.copyOf(warnings));
        }

        private Dict dictionary(PickleValue root) {
            if (root instanceof Dict dict) {
                return dict;
            }
            throw CheckpointContainer.refuse(source, "checkpoint", "a dictionary of tensors", root.what());
        }

        /** The first wrapper with tensors or a further wrapper in it; a "model" of settings alone is none. */
        private static String wrapper(Dict dict) {
            for (String wrapper : WRAPPERS) {
                if (dict.get(wrapper) instanceof Dict inner && leadsToTensors(inner)) {
                    return wrapper;
                }
            }
            return "";
        }

        private static boolean leadsToTensors(Dict dict) {
            for (int i = 0; i < dict.size(); i++) {
                if (dict.value(i) instanceof TensorView) {
                    return true;
                }
            }
            return WRAPPERS.stream().anyMatch(wrapper -> dict.get(wrapper) instanceof Dict);
        }

        private void warnOfSiblings(Dict dict, String wrapper) {
            for (int i = 0; i < dict.size(); i++) {
                if (!(dict.key(i) instanceof Text text && text.value().equals(wrapper))) {
                    warn(describe(dict.key(i)) + " beside \"" + wrapper + "\" dropped: "
                            + dict.value(i).what());
                }
            }
        }

        private Map<String, TensorView> collect(Dict dict) {
            Map<String, TensorView> tensors = new LinkedHashMap<>();
            for (int i = 0; i < dict.size(); i++) {
                if (dict.key(i) instanceof Text key && dict.value(i) instanceof TensorView tensor) {
                    tensors.put(checkName(key.value()), tensor);
                } else {
                    warn(describe(dict.key(i)) + " dropped: " + dict.value(i).what());
                }
            }
            if (tensors.size() > MAX_TENSORS) {
                throw source.error("checkpoint", "at most " + MAX_TENSORS + " tensors", "" + tensors.size());
            }
            return tensors;
        }

        private String checkName(String name) {
            boolean plain = !name.isEmpty()
                    && name.length() <= MAX_NAME_CHARS
                    && !name.equals("__metadata__")
                    && name.chars().noneMatch(Character::isISOControl);
            if (!plain) {
                throw source.error(
                        "tensor name " + WeightsException.quote(name),
                        "1 to " + MAX_NAME_CHARS + " characters, none of them a control character",
                        name.length() + " characters");
            }
            return name;
        }

        /** DataParallel and DistributedDataParallel put {@code module.} before every name. */
        private Map<String, TensorView> stripModule(Map<String, TensorView> tensors) {
            String prefix = "module.";
            boolean all = !tensors.isEmpty()
                    && tensors.keySet().stream()
                            .allMatch(name -> name.startsWith(prefix) && name.length() > prefix.length());
            return all ? strip(tensors, prefix) : tensors;
        }

        /** DINO's training checkpoints hold a backbone and a projection head that only its loss needs. */
        private Map<String, TensorView> stripBackbone(Map<String, TensorView> tensors) {
            Map<String, TensorView> backbone = new LinkedHashMap<>();
            for (Map.Entry<String, TensorView> entry : tensors.entrySet()) {
                if (entry.getKey().startsWith("head.")) {
                    warn("\"" + entry.getKey() + "\" dropped: DINO's projection head");
                } else if (entry.getKey().startsWith("backbone.")
                        && entry.getKey().length() > 9) {
                    backbone.put(entry.getKey(), entry.getValue());
                } else {
                    return tensors;
                }
            }
            return strip(backbone, "backbone.");
        }

        private static Map<String, TensorView> strip(Map<String, TensorView> tensors, String prefix) {
            Map<String, TensorView> stripped = new LinkedHashMap<>();
            tensors.forEach((name, tensor) -> stripped.put(name.substring(prefix.length()), tensor));
            return stripped;
        }

        private void warn(String warning) {
            if (warnings.size() < MAX_WARNINGS) {
                warnings.add(warning);
            } else if (warnings.size() == MAX_WARNINGS) {
                warnings.add("… and more");
            }
        }

        private static String keys(Dict dict) {
            List<String> keys = new ArrayList<>();
            for (int i = 0; i < Math.min(dict.size(), 8); i++) {
                keys.add(describe(dict.key(i)));
            }
            return keys.isEmpty() ? "" : " with keys " + String.join(", ", keys) + (dict.size() > 8 ? ", …" : "");
        }

        private static String describe(PickleValue key) {
            return key instanceof Text text ? WeightsException.quote(text.value()) : key.what();
        }
    }
}
