// A small synthesizer: a plucked or held tone for each note, three kinds of drums.
"use strict";

{
  const HELD = [[16, 23], [40, 79]]; // General MIDI: organs; strings, winds and pads

  const isHeld = (program) => HELD.some(([first, last]) => program >= first && program <= last);

  const noise = (audio) => {
    const buffer = audio.createBuffer(1, audio.sampleRate / 2, audio.sampleRate);
    const samples = buffer.getChannelData(0);
    for (let i = 0; i < samples.length; i++) samples[i] = 2 * Math.random() - 1;
    return buffer;
  };

  const shaped = (audio, output, level, start, end) => {
    const gain = audio.createGain();
    gain.gain.setValueAtTime(level, start);
    gain.gain.exponentialRampToValueAtTime(1e-3, end);
    gain.connect(output);
    return gain;
  };

  const tone = (audio, output, { pitch, program, start, seconds }) => {
    const gain = audio.createGain();
    const end = start + seconds;
    const level = 0.5 * 2 ** ((60 - pitch) / 36); // high notes sound louder than low ones
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(level, start + 0.01);
    gain.gain.setTargetAtTime(isHeld(program) ? 0.7 * level : 0, start + 0.01, 0.5);
    gain.gain.setTargetAtTime(0, end, 0.04);
    gain.connect(output);
    for (const [type, octave, share] of [["triangle", 0, 1], ["sine", 1, 0.25]]) {
      const oscillator = audio.createOscillator();
      const volume = audio.createGain();
      oscillator.type = type;
      oscillator.frequency.value = 440 * 2 ** ((pitch - 69) / 12 + octave);
      volume.gain.value = share;
      oscillator.connect(volume).connect(gain);
      oscillator.start(start);
      oscillator.stop(end + 0.3);
    }
  };

  const thump = (audio, output, { pitch, start }) => {
    const high = pitch < 41 ? 140 : 2 * (pitch + 50); // a bass drum, or a tom
    const oscillator = audio.createOscillator();
    oscillator.frequency.setValueAtTime(high, start);
    oscillator.frequency.exponentialRampToValueAtTime(high / 3, start + 0.15);
    oscillator.connect(shaped(audio, output, 1, start, start + 0.25));
    oscillator.start(start);
    oscillator.stop(start + 0.25);
  };

  const hiss = (audio, output, { start }, lowest, seconds, level) => {
    const source = audio.createBufferSource();
    const filter = audio.createBiquadFilter();
    source.buffer = noise(audio);
    filter.type = "highpass";
    filter.frequency.value = lowest;
    source.connect(filter).connect(shaped(audio, output, level, start, start + seconds));
    source.start(start);
    source.stop(start + seconds);
  };

  const SNARES = new Set([37, 38, 39, 40]);
  const TOMS = new Set([35, 36, 41, 43, 45, 47, 48, 50, 60, 61, 62, 63, 64]);

  // Start a note { pitch, program, drums, start, seconds } of the audio clock.
  omnigan.playNote = (audio, output, note) => {
    if (!note.drums) tone(audio, output, note);
    else if (TOMS.has(note.pitch)) thump(audio, output, note);
    else if (SNARES.has(note.pitch)) hiss(audio, output, note, 1000, 0.18, 0.6);
    else hiss(audio, output, note, 6000, note.pitch === 46 || note.pitch > 48 ? 0.3 : 0.07, 0.35);
  };
}
