// Chance from a seed: xoshiro128** 1.1 (Blackman and Vigna, 2018), its state filled by splitmix32.
// omnigan.stream(seed, example, place) gives a source of its own for each place of each example, so
// that a sample depends neither on how many are made nor on what else is drawn for it.
"use strict";

{
  const rotate = (word, by) => (word << by) | (word >>> (32 - by));

  // The finalizer of MurmurHash3: every bit of the word changes every bit of the result.
  const mixed = (word) => {
    word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
    word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
    return (word ^ (word >>> 16)) >>> 0;
  };

  // Return a function that gives 32 random bits, from a state of four words.
  omnigan.xoshiro = ([a, b, c, d]) => () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return result;
  };

  omnigan.stream = (seed, example, place) => {
    let state = [seed, example, place].reduce((sum, word) => mixed((sum + word + 1) >>> 0), 0);
    const word = () => mixed((state = (state + 0x9e3779b9) >>> 0));
    const bits = omnigan.xoshiro([word(), word(), word(), word()]);
    const uniform = () => (bits() + 0.5) / 2 ** 32; // never 0 or 1
    return {
      uniform,
      below: (count) => Math.floor(uniform() * count),
      // Box and Muller (1958)
      normal: () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
    };
  };
}
