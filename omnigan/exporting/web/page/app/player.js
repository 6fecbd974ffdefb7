// One sound at a time: a button that plays and stops, and a cursor that follows.
"use strict";

{
  let context;
  let stop = () => {};

  // A browser starts sound only after the first click.
  const started = () => {
    context ??= new AudioContext();
    context.resume();
    return context;
  };

  // Return a button. `sound(context, output, start)` starts sources that end up in `output`, and
  // returns their length in seconds; `cursor` is told the share that has been played, or null.
  omnigan.playButton = (sound, cursor) => {
    const button = document.createElement("button");
    button.type = "button";
    const idle = () => {
      button.textContent = "Play";
      button.setAttribute("aria-pressed", "false");
      cursor(null);
    };

    const play = () => {
      stop();
      const audio = started();
      const output = audio.createGain();
      output.connect(audio.destination);
      const start = audio.currentTime + 0.06;
      const length = sound(audio, output, start);
      button.textContent = "Stop";
      button.setAttribute("aria-pressed", "true");
      let playing = true;
      const follow = () => {
        if (!playing) return;
        const share = (audio.currentTime - start) / length;
        if (share >= 1 || !button.isConnected) return stop();
        cursor(Math.max(0, share));
        requestAnimationFrame(follow);
      };
      stop = () => {
        playing = false;
        output.gain.setTargetAtTime(0, audio.currentTime, 0.01); // a sudden end would click
        setTimeout(() => output.disconnect(), 200);
        stop = () => {};
        idle();
      };
      follow();
    };

    button.onclick = () => (button.getAttribute("aria-pressed") === "true" ? stop() : play());
    idle();
    return button;
  };
}
