"""Writes the test case of the exported SAM-form weights: prompts on the first test frame and what PyTorch makes of them."""

import argparse
import json
import struct

import numpy as np
import torch

import evaluate_sam
import sam_data
import sam_model


def prompts(labels, scale):
    """A point in the largest object, a box round it, a point on the background; two tokens each, encoder pixels."""
    numbers = np.setdiff1d(np.unique(labels), [0])
    mask = labels == max(numbers, key=lambda n: (labels == n).sum())
    ys, xs = np.nonzero(mask)
    middle = np.argmin((ys - ys.mean()) ** 2 + (xs - xs.mean()) ** 2)
    around = np.array([[labels[y - 4 : y + 5, x - 4 : x + 5].any() for x in range(4, 220)] for y in range(4, 220)])
    y, x = np.argwhere(~around)[len(np.argwhere(~around)) // 2] + 4
    points = [[[xs[middle], ys[middle]], [0, 0]], sam_data.box_of(mask).reshape(2, 2), [[x, y], [0, 0]]]
    return torch.tensor(np.array(points, np.float32) * scale), torch.tensor([[1, -1], [2, 3], [1, -1]])


@torch.no_grad()
def main():
    options = argparse.ArgumentParser()
    options.add_argument("weights", help="the exported file")
    options.add_argument("world", help="training arrays of the test split, s4 scenes, seed 0")
    options.add_argument("out")
    options.add_argument("--frame", action="store_true", help="store the frame and the image embedding, too")
    args = options.parse_args()
    torch.set_num_threads(1)
    model, pictures = evaluate_sam.load(args.weights), sam_data.Pictures(args.world)
    frame = np.array(pictures.frames[0])
    points, kinds = prompts(np.array(pictures.labels[0]), sam_data.SIDE / pictures.size)
    image = model.image_encoder(sam_model.pixels(sam_data.enlarged(frame)[None]))
    logits, predicted = model.decode(image.expand(3, -1, -1, -1), points, kinds)
    tensors = {"prompts.points": points, "prompts.labels": kinds.float(), "expected.logits": logits, "expected.iou": predicted}
    if args.frame:
        tensors |= {"frame": torch.from_numpy(frame).float(), "expected.embedding": image}
    header, offset = {"__metadata__": {"labels": "1 point, -1 padding, 2 and 3 corners of a box; four masks a prompt, the single one first"}}, 0
    for name, value in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [offset, offset + 4 * value.numel()]}
        offset += 4 * value.numel()
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(args.out, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(v.contiguous().numpy().tobytes() for v in tensors.values()))


if __name__ == "__main__":
    main()
