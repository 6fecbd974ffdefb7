// What the generator is given: every input drawn as generator.json declares it.
"use strict";

{
  const LABEL_PLACE = 0xffff; // of the stream that a label comes from; inputs are counted from 0

  const sizeOf = (shape) => shape.reduce((product, side) => product * side, 1);

  const draws = {
    normal: (_, stream) => stream.normal(),
    gumbel: (_, stream) => -Math.log(-Math.log(stream.uniform())),
    uniform: ({ low, high }, stream) => low + (high - low) * stream.uniform(),
    choice: ({ values }, stream, label) => {
      const known = values[label ?? 0];
      return known[stream.below(known.length)];
    },
  };

  const row = (input, stream, label, { labels }, wish) => {
    if (input.draw.kind === "setting") return [wish.settings[input.name]];
    if (input.draw.kind === "label") return [labels[label].inputs[input.name]].flat(Infinity);
    const draw = draws[input.draw.kind];
    return Array.from({ length: sizeOf(input.shape) }, () => draw(input.draw, stream, label));
  };

  // Move a row along the directions, not further than its distribution reaches.
  const moved = (values, input, directions, wish) => {
    directions.forEach((direction, i) => {
      const along = direction[input.name];
      const far = wish.sliders[i];
      if (along && far) along.forEach((part, j) => (values[j] += far * part));
    });
    if (input.draw.kind !== "uniform") return values;
    const { low, high } = input.draw;
    return values.map((value) => Math.min(high, Math.max(low, value)));
  };

  // Return the label of an example: the one that is wished for, or one from the seed.
  omnigan.labelOf = ({ labels }, wish, example) => {
    if (!labels.length) return null;
    return wish.label ?? omnigan.stream(wish.seed, example, LABEL_PLACE).below(labels.length);
  };

  // What the runtime takes numbers of a type in; TYPES in page.py names the same.
  const arrays = {
    float32: (numbers) => Float32Array.from(numbers),
    float64: (numbers) => Float64Array.from(numbers),
    int64: (numbers) => BigInt64Array.from(numbers, BigInt),
    int32: (numbers) => Int32Array.from(numbers),
    bool: (numbers) => Uint8Array.from(numbers),
  };

  // Return the inputs of the examples from `first` to `first + count - 1`, by name.
  omnigan.inputs = (settings, wish, first, count) => {
    const made = {};
    settings.inputs.forEach((input, place) => {
      const rows = Array.from({ length: count }, (_, i) => {
        const label = omnigan.labelOf(settings, wish, first + i);
        const stream = omnigan.stream(wish.seed, first + i, place);
        return moved(row(input, stream, label, settings, wish), input, settings.directions, wish);
      });
      const data = arrays[input.dtype](rows.flat());
      made[input.name] = { type: input.dtype, data, shape: [count, ...input.shape] };
    });
    return made;
  };
}
