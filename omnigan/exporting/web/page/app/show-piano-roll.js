// Phrases of music: a piano roll that is drawn and played, and saved as MIDI.
"use strict";

{
  const STEP = 14; // pixels on the canvas
  const SEMITONE = 8;
  const BLACK_KEYS = new Set([1, 3, 6, 8, 10]);

  const secondsPerStep = (show) => (show.ticks_per_step / show.resolution) * (60 / show.tempo);

  // The rows that any track may use, so that phrases are drawn to one scale.
  const rangeOf = ({ tracks }) => [
    Math.min(...tracks.map(({ low }) => low)) - 1,
    Math.max(...tracks.map(({ high }) => high)) + 1,
  ];

  const colourOf = (track) => `hsl(${(210 + track * 137.5) % 360} 62% 55%)`;

  const drawGrid = (context, steps, show, [low, high]) => {
    const { width, height } = context.canvas;
    const [beats, unit] = show.meter;
    const beat = show.steps_per_beat;
    for (let pitch = low; pitch <= high; pitch++) {
      if (!BLACK_KEYS.has(pitch % 12)) continue;
      context.fillStyle = "rgb(128 128 128 / 9%)";
      context.fillRect(0, (high - pitch) * SEMITONE, width, SEMITONE);
    }
    for (let step = 0; step < steps; step += beat) {
      const bar = step % (beats * beat) === 0;
      context.fillStyle = `rgb(128 128 128 / ${bar ? 55 : 18}%)`;
      context.fillRect(step * STEP, 0, bar ? 2 : 1, height);
    }
  };

  const drawn = (example, notes, show) => {
    const [low, high] = rangeOf(show);
    const steps = example.shape[2];
    const canvas = document.createElement("canvas");
    canvas.width = steps * STEP;
    canvas.height = (high - low + 1) * SEMITONE;
    const context = canvas.getContext("2d");
    drawGrid(context, steps, show, [low, high]);
    for (const { track, start, length, pitch } of notes) {
      context.fillStyle = colourOf(track);
      context.beginPath();
      const corner = [start * STEP + 0.5, (high - pitch) * SEMITONE + 0.5];
      context.roundRect(...corner, length * STEP - 2, SEMITONE - 1, 3);
      context.fill();
    }
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `Piano roll of ${example.name}: ${notes.length} notes`);
    return canvas;
  };

  const play = (notes, steps, show) => (audio, output, start) => {
    output.gain.value = 0.5 / Math.sqrt(show.tracks.length);
    const step = secondsPerStep(show);
    for (const { track, start: first, length, pitch } of notes) {
      const { program, drums } = show.tracks[track];
      const when = { start: start + first * step, seconds: length * step };
      omnigan.playNote(audio, output, { pitch, program, drums, ...when });
    }
    return steps * step + 0.5; // the last notes die away
  };

  const legend = ({ tracks }) => {
    const list = document.createElement("ul");
    list.className = "legend";
    tracks.forEach(({ name }, track) => {
      const item = document.createElement("li");
      const mark = document.createElement("span");
      mark.style.background = colourOf(track);
      item.append(mark, name);
      list.append(item);
    });
    return list;
  };

  omnigan.shows["piano-roll"] = {
    counts: [1, 2, 4, 8],
    count: 2,

    element(example, { show }) {
      const notes = omnigan.notesOf(example, show);
      const canvas = drawn(example, notes, show);
      const sound = play(notes, example.shape[2], show);
      const rest = 0.5 / (example.shape[2] * secondsPerStep(show) + 0.5);
      const { frame, move } = omnigan.framed(canvas, (share) => share / (1 - rest));
      const element = document.createElement("div");
      element.append(frame, omnigan.bar(example, omnigan.playButton(sound, move)));
      if (show.tracks.length > 1) element.append(legend(show));
      return element;
    },

    async file(examples, { show }) {
      const phrases = examples.map((example) => omnigan.notesOf(example, show));
      const bytes = omnigan.midiOf(phrases, examples[0].shape[2], show);
      return { ending: "mid", blob: new Blob([bytes], { type: "audio/midi" }) };
    },
  };
}
