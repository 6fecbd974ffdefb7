// Sounds [1, T]: a waveform that is drawn and played, and saved as WAV.
"use strict";

{
  const WIDTH = 900;
  const HEIGHT = 200;
  const PAUSE = 0.25; // seconds between sounds that are saved as one file

  // Return a sound as it is heard: without its mean, and nowhere above 1.
  const prepared = ({ data }) => {
    const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
    const centred = data.map((value) => value - mean);
    const peak = centred.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    return centred.map((value) => value / peak);
  };

  const drawn = (samples, name) => {
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: WIDTH, height: HEIGHT });
    const context = canvas.getContext("2d");
    context.fillStyle = "rgb(128 128 128 / 40%)";
    context.fillRect(0, HEIGHT / 2 - 0.5, WIDTH, 1);
    context.fillStyle = "hsl(210 62% 55%)";
    for (let column = 0; column < WIDTH; column++) {
      const first = Math.floor((column * samples.length) / WIDTH);
      const last = Math.max(first + 1, Math.floor(((column + 1) * samples.length) / WIDTH));
      const part = samples.subarray(Math.max(0, first - 1), last); // so that columns touch
      const high = part.reduce((most, value) => Math.max(most, value), -1);
      const low = part.reduce((least, value) => Math.min(least, value), 1);
      const top = ((1 - high) * HEIGHT) / 2;
      context.fillRect(column, top, 1, Math.max(2, ((high - low) * HEIGHT) / 2));
    }
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `Waveform of ${name}`);
    return canvas;
  };

  const play = (samples, rate) => (audio, output, start) => {
    const buffer = audio.createBuffer(1, samples.length, rate);
    buffer.copyToChannel(samples, 0);
    const source = audio.createBufferSource();
    source.buffer = buffer;
    source.connect(output);
    source.start(start);
    return buffer.duration;
  };

  // Return a WAV file: mono, 16 bits a sample.
  const wav = (samples, rate) => {
    const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
    const text = (at, word) => [...word].forEach((c, i) => view.setUint8(at + i, c.charCodeAt(0)));
    text(0, "RIFF");
    view.setUint32(4, view.byteLength - 8, true);
    text(8, "WAVEfmt ");
    view.setUint32(16, 16, true); // bytes of the format
    view.setUint16(20, 1, true); // plain samples
    view.setUint16(22, 1, true); // channels
    view.setUint32(24, rate, true);
    view.setUint32(28, 2 * rate, true); // bytes a second
    view.setUint16(32, 2, true); // bytes of a sample
    view.setUint16(34, 16, true);
    text(36, "data");
    view.setUint32(40, 2 * samples.length, true);
    samples.forEach((value, i) => {
      const whole = Math.min(32767, Math.max(-32768, Math.round(value * 32768)));
      view.setInt16(44 + 2 * i, whole, true);
    });
    return view;
  };

  omnigan.shows.waveform = {
    counts: [1, 4, 8, 16],
    count: 4,

    element(example, { show }) {
      const samples = prepared(example);
      const { frame, move } = omnigan.framed(drawn(samples, example.name), (share) => share);
      const element = document.createElement("div");
      const button = omnigan.playButton(play(samples, show.rate), move);
      element.append(frame, omnigan.bar(example, button));
      return element;
    },

    async file(examples, { show }) {
      const pause = Math.round(PAUSE * show.rate);
      const length = examples[0].data.length;
      const all = new Float32Array(examples.length * (length + pause) - pause);
      examples.forEach((example, i) => all.set(prepared(example), i * (length + pause)));
      return { ending: "wav", blob: new Blob([wav(all, show.rate)], { type: "audio/wav" }) };
    },
  };
}
