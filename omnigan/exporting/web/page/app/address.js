// What sliders are called, and where an address says that they stand.
"use strict";

{
  // The name of each direction: that of the one single number it moves, or its number.
  omnigan.sliderNames = (directions) => {
    let number = 0;
    return directions.map((direction) => {
      const [[name, along], ...more] = Object.entries(direction);
      return more.length || along.length > 1 ? `${++number}` : name;
    });
  };

  // Pages of before had all sliders in one list, and the oldest none with a name of its own.
  const listed = (list, names) => {
    const places = list.split(",");
    const those = places.length === names.length ? names : names.filter(Number);
    return new Map(those.map((name, i) => [name, places[i]]));
  };

  // Return where sliders stand, in standard deviations.
  omnigan.slidersIn = (words, names, reach) => {
    const before = listed(words.get("shape") ?? "", names);
    return names.map((name) => {
      const far = Number(words.get(`move-${name}`) ?? before.get(name));
      return Math.abs(far) <= reach ? far : 0;
    });
  };
}
