// Pictures [C, H, W]: grey, grey with opacity, RGB, or RGB with opacity.
"use strict";

{
  const COLOUR = { 1: [0, 0, 0], 2: [0, 0, 0], 3: [0, 1, 2], 4: [0, 1, 2] };
  const OPACITY = { 2: 1, 4: 3 };

  const pixels = ({ data, shape: [channels, height, width] }, { low, high }) => {
    const area = height * width;
    const image = new ImageData(width, height);
    const byte = (channel, place) => {
      const share = (data[channel * area + place] - low) / (high - low);
      return Math.round(255 * Math.min(1, Math.max(0, share)));
    };
    for (let place = 0; place < area; place++) {
      COLOUR[channels].forEach((channel, i) => (image.data[4 * place + i] = byte(channel, place)));
      image.data[4 * place + 3] = channels in OPACITY ? byte(OPACITY[channels], place) : 255;
    }
    return image;
  };

  const canvasOf = (width, height) =>
    Object.assign(document.createElement("canvas"), { width, height });

  omnigan.shows.image = {
    counts: [1, 4, 9, 16, 36, 64],
    count: 16,

    element(example, { output }) {
      const image = pixels(example, output);
      const canvas = canvasOf(image.width, image.height);
      canvas.getContext("2d").putImageData(image, 0, 0);
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", example.name);
      canvas.title = example.name;
      return canvas;
    },

    // All pictures in a grid that is about as wide as high, pixel by pixel.
    async file(examples, { output }) {
      const columns = Math.ceil(Math.sqrt(examples.length));
      const [, height, width] = examples[0].shape;
      const sheet = canvasOf(columns * width, Math.ceil(examples.length / columns) * height);
      const context = sheet.getContext("2d");
      examples.forEach((example, i) => {
        const corner = [(i % columns) * width, Math.floor(i / columns) * height];
        context.putImageData(pixels(example, output), ...corner);
      });
      return { ending: "png", blob: await new Promise((resolve) => sheet.toBlob(resolve)) };
    },
  };
}
