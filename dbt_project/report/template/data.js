// What the page holds, and which part is chosen. The marts decide what a number means.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const specifications = JSON.parse(document.getElementById("specifications").textContent);
const QUARTER_HOUR = 900;
const LARGEST = 10;
const at = (id) => document.getElementById(id);
const embedded = {};
const views = {};

// Instants. The page shows the portfolio's time; the reader's own plays no part.
const formatted = (options) => {
  const format = new Intl.DateTimeFormat("en-GB", { timeZone: data.timezone, ...options });
  return (seconds) => format.format(seconds * 1000);
};
const localClock = formatted({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const localZone = formatted({ hour: "2-digit", timeZoneName: "short" });
const utcClock = (seconds) => new Date(seconds * 1000).toISOString().slice(11, 16);
const dayName = (date) => new Intl.DateTimeFormat("en-GB", {
  weekday: "long", day: "numeric", month: "long", timeZone: "UTC",
}).format(new Date(`${date}T00:00:00Z`)).replace(",", "");

// Numbers, in units that fit their size.
const known = (value) => value !== null && value !== undefined;
const anyKnown = (values) => (values ?? []).some(known);
const number = (value, digits = 1) => (Math.round(value * 10 ** digits) / 10 ** digits + 0)
  .toLocaleString("en-GB", { maximumFractionDigits: digits });
const POWERS = [[1e6, "GW"], [1e3, "MW"], [1, "kW"]];
const ENERGIES = [[1e6, "GWh"], [1e3, "MWh"], [1, "kWh"]];
const unitOf = (values, units) => {
  const greatest = values.reduce((most, value) => known(value) ? Math.max(most, Math.abs(value)) : most, 0);
  return units.find(([factor]) => greatest >= factor) ?? units.at(-1);
};
const sized = (value, units = POWERS) => {
  if (!known(value)) return "not known";
  // A value that would round up to the next unit is given in that unit.
  const [factor, unit] = unitOf([value / 0.9995], units);
  return `${number(value / factor, factor === 1 ? 0 : 2)} ${unit}`;
};
const money = (value) => known(value) ? `${number(value, 2)} EUR` : "not known";
const share = (value) => known(value) ? `${number(100 * value)} %` : "–";

const inflated = (packed) => {
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")));
};

// A day is read when it is chosen.
const days = new Map();
const readDay = async (day) => {
  if (!days.has(day.date)) {
    const content = await inflated(data.packed[day.date]).json();
    content.assets.forEach((series, place) => {
      for (const [column, values] of Object.entries(series)) {
        if (column === "redispatched") continue;
        let multiple = 0;
        series[column] = values.map((difference) => {
          if (difference === null) return null;
          multiple += difference;
          return multiple * data.assets[place].step_kw;
        });
      }
    });
    days.set(day.date, content);
  }
  return days.get(day.date);
};

// One value per quarter-hour, as a chart draws it.
const startOf = (day, place) => day.start + place * QUARTER_HOUR;
// An average holds from the start of its quarter-hour to the end; an unknown one leaves a gap.
const steps = (day, values, tell) => (values ?? []).flatMap((value, place) => [
  { at: startOf(day, place) * 1000, ...tell(value, place) },
  { at: startOf(day, place + 1) * 1000 - 1, ...tell(value, place) },
]);
const lines = (day, factor, series) => Object.entries(series).flatMap(([name, values]) =>
  steps(day, values, (value) => ({ name, power: known(value) ? value / factor : null })));
// On the day the clocks go back, no label stands for two hours.
const axisOf = (day) => ({
  from: day.start * 1000,
  to: startOf(day, day.count) * 1000,
  hours: Array.from({ length: day.count + 1 }, (_, place) => startOf(day, place))
    .filter((seconds) => localClock(seconds).endsWith(":00") && Number(localClock(seconds).slice(0, 2)) % 3 === 0)
    .map((seconds) => seconds * 1000),
});

// What is chosen; the day is the last one read, as the next may still be loading.
let shownDay;
const chosen = () => {
  const day = shownDay;
  const content = days.get(day.date);
  const rank = at("asset-choice").selectedIndex;
  return {
    day, content, rank, asset: data.assets[rank], series: content.assets[rank] ?? {}, portfolio: content.portfolio,
    place: Number(at("at").value),
  };
};
let worst = 0;
