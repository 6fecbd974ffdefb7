// Notes of a piano roll, and Standard MIDI Files of them.
"use strict";

{
  const DRUM_CHANNEL = 9; // counted from 0

  // Return the notes { track, start, length, pitch } of an example [2, tracks, steps, pitches]: the
  // roll and the onsets, above 0.5 is on. A note begins at an onset, or where its pitch starts to
  // sound without one, and lasts until its pitch stops or has its next onset. Drum hits are one
  // step long.
  omnigan.notesOf = ({ data, shape: [, tracks, steps, pitches] }, { low, tracks: named }) => {
    const notes = [];
    const half = tracks * steps * pitches;
    for (let track = 0; track < tracks; track++) {
      for (let row = 0; row < pitches; row++) {
        let note = null;
        for (let start = 0; start < steps; start++) {
          const place = (track * steps + start) * pitches + row;
          const struck = data[half + place] > 0.5;
          if (!struck && !(data[place] > 0.5)) {
            note = null;
          } else if (struck || !note) {
            note = { track, start, length: 1, pitch: low + row };
            notes.push(note);
          } else if (!named[track].drums) {
            note.length++;
          }
        }
      }
    }
    return notes.sort((a, b) => a.start - b.start || a.track - b.track || a.pitch - b.pitch);
  };

  const bytesOf = (number, count) =>
    Array.from({ length: count }, (_, i) => (number >>> (8 * (count - 1 - i))) & 0xff);

  // Seven bits a byte; all but the last have the eighth bit set.
  const variable = (number) => {
    const bytes = [number & 0x7f];
    while ((number >>>= 7)) bytes.unshift((number & 0x7f) | 0x80);
    return bytes;
  };

  const chunk = (type, bytes) => [
    ...new TextEncoder().encode(type),
    ...bytesOf(bytes.length, 4),
    ...bytes,
  ];

  const meta = (type, bytes) => [0xff, type, ...variable(bytes.length), ...bytes];

  // Events are [tick, order, bytes]; a note ends before another begins at the same tick.
  const trackChunk = (events) => {
    let now = 0;
    const bytes = [];
    for (const [tick, , message] of events.sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
      bytes.push(...variable(tick - now), ...message);
      now = tick;
    }
    return chunk("MTrk", [...bytes, 0, ...meta(0x2f, [])]);
  };

  const channelOf = (show, track) => {
    if (show.tracks[track].drums) return DRUM_CHANNEL;
    const before = show.tracks.slice(0, track).filter(({ drums }) => !drums).length;
    return [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15][before % 15];
  };

  const playedTrack = (show, notes, track) => {
    const { name, program } = show.tracks[track];
    const channel = channelOf(show, track);
    const events = [
      [0, 0, meta(0x03, new TextEncoder().encode(name))],
      [0, 1, [0xc0 | channel, program]],
    ];
    for (const { start, length, pitch } of notes.filter((note) => note.track === track)) {
      const end = (start + length) * show.ticks_per_step;
      events.push([start * show.ticks_per_step, 3, [0x90 | channel, pitch, show.velocity]]);
      events.push([end, 2, [0x80 | channel, pitch, 0]]);
    }
    return trackChunk(events);
  };

  // Return a file of format 1, as a Uint8Array, that plays phrases one after the other.
  omnigan.midiOf = (phrases, steps, show) => {
    const notes = phrases.flatMap((phrase, i) =>
      phrase.map((note) => ({ ...note, start: note.start + i * steps })),
    );
    const [beats, unit] = show.meter;
    const conductor = trackChunk([
      [0, 0, meta(0x51, bytesOf(Math.round(6e7 / show.tempo), 3))],
      [0, 1, meta(0x58, [beats, Math.log2(unit), 24, 8])],
    ]);
    const tracks = show.tracks.map((_, track) => playedTrack(show, notes, track));
    const head = [1, tracks.length + 1, show.resolution].flatMap((word) => bytesOf(word, 2));
    return Uint8Array.from([...chunk("MThd", head), ...conductor, ...tracks.flat()]);
  };
}
