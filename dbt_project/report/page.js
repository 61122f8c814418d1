// Takes what was chosen out of the data and gives it to the charts. What a number means is decided in the marts.
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
  const [factor, unit] = unitOf([value], units);
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

// One value per quarter-hour, as what a chart draws.
const startOf = (day, place) => day.start + place * QUARTER_HOUR;
// An average holds from the start of its quarter-hour to the end; one that is not known leaves a gap.
const steps = (day, values, tell) => (values ?? []).flatMap((value, place) => [
  { at: startOf(day, place) * 1000, ...tell(value, place) },
  { at: startOf(day, place + 1) * 1000 - 1, ...tell(value, place) },
]);
const lines = (day, factor, series) => Object.entries(series).flatMap(([name, values]) =>
  steps(day, values, (value) => ({ name, power: known(value) ? value / factor : null })));
// On the day that clocks go back no label stands for two hours.
const axisOf = (day) => ({
  from: day.start * 1000,
  to: startOf(day, day.count) * 1000,
  hours: Array.from({ length: day.count + 1 }, (_, place) => startOf(day, place))
    .filter((seconds) => localClock(seconds).endsWith(":00") && Number(localClock(seconds).slice(0, 2)) % 3 === 0)
    .map((seconds) => seconds * 1000),
});

// What is chosen: of the days the one that was read last, as the next may still be on its way.
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

// A chart, what it shows in words, and its unit; or why there is nothing to draw.
const drawings = {
  portfolio: ({ day, content, portfolio }) => {
    const { forecast_power_kw: forecast = [], produced_power_kw: produced = [] } = portfolio;
    const compared = portfolio.compared_forecast_power_kw ?? [];
    const [factor, unit] = unitOf([...forecast, ...produced], POWERS);
    const isCompared = anyKnown(compared);
    const all = forecast.length ? forecast : compared;
    return {
      empty: anyKnown(forecast) || anyKnown(produced) ? "" : "Nothing is known of the portfolio on this day.",
      unit, signals: axisOf(day),
      text: `The portfolio on ${dayName(day.date)}: the tradeable forecast${isCompared ? " and what was produced" : ""}.`,
      rows: {
        // Where nothing is compared on the whole day, nothing is told apart.
        areas: steps(day, all, (value, place) => {
          const part = isCompared ? compared[place] ?? 0 : value;
          const rest = isCompared && known(value) ? value / factor : null;
          return { compared: known(part) ? part / factor : null, low: rest === null ? null : part / factor, high: rest };
        }),
        line: lines(day, factor, { forecast, produced }),
      },
    };
  },

  stack: ({ day, content }) => {
    const column = at("stack-choice").value;
    const ranked = largest(content, column);
    const [factor, unit] = unitOf(sumOf(ranked.map((one) => one.values)), POWERS);
    return {
      empty: ranked.length ? "" : "No asset has a value on this day.", unit, signals: axisOf(day),
      text: `The same day by asset: ${ranked.map((one) => one.name).join(", ")}.`,
      rows: {
        stack: ranked.flatMap((one, rank) => steps(day, one.values, (value) => ({
          rank, shade: one.isRest ? 0.08 : [0.75, 0.4, 0.6, 0.25][rank % 4], power: (value ?? 0) / factor,
        }))),
      },
    };
  },

  asset: ({ day, asset, series }) => {
    const columns = {
      latest: series.latest_power_kw, tradeable: series.tradeable_power_kw, live: series.live_power_kw,
      final: series.final_power_kw,
    };
    const [factor, unit] = unitOf(Object.values(columns).flatMap((values) => values ?? []), POWERS);
    const unknown = Object.keys(columns).filter((name) => !anyKnown(columns[name]));
    return {
      empty: unknown.length === 4 ? `Nothing is known of ${asset.id} on this day.` : "", unit, signals: axisOf(day),
      text: `${asset.id} on ${dayName(day.date)}: ${unknown.length ? `without ${unknown.join(", ")}` : "forecasts and production"}.`,
      rows: {
        line: lines(day, factor, columns),
        redispatched: (series.redispatched ?? []).map((place) => ({
          start: startOf(day, place) * 1000, end: startOf(day, place + 1) * 1000,
        })),
      },
    };
  },

  revisions: ({ content }) => {
    const one = content.worst[worst];
    if (!one?.versions.lead_minutes.length) {
      return { empty: "No forecast version is known for this quarter-hour.", rows: { versions: [], gates: [], produced: [] } };
    }
    const { lead_minutes: leads, power_kw: powers } = one.versions;
    const [factor, unit] = unitOf([...powers, one.produced_kw], POWERS);
    return {
      unit,
      text: `How the forecast of ${data.assets[one.asset].id} for ${localClock(one.start)} moved: from ${sized(powers[0])}, `
        + `${number(leads[0] / 60)} hours ahead, to ${sized(powers.at(-1))}.`,
      rows: {
        versions: leads.map((lead_minutes, index) => ({
          lead_minutes, power: powers[index] / factor,
          isNamed: [one.versions.tradeable, one.versions.latest].includes(lead_minutes),
        })),
        gates: one.gates.map(([label, closes]) => ({ label, lead_minutes: (one.start - closes) / 60 })),
        produced: known(one.produced_kw) ? [{ power: one.produced_kw / factor }] : [],
      },
    };
  },

  gates: ({ content, day }) => {
    const rows = content.gates.filter((row) => known(row.mae_kw));
    const [factor, unit] = unitOf(rows.map((row) => row.mae_kw), POWERS);
    return {
      empty: rows.length ? "" : "No forecast of this day can be compared with final production yet.", unit,
      text: `Mean absolute error on ${dayName(day.date)}: ${rows.map((row) => `${row.label} ${sized(row.mae_kw)}`).join(", ")}.`,
      rows: { error: rows.map((row) => ({ label: row.label, error: row.mae_kw / factor })) },
    };
  },

  bridge: ({ content, day }) => {
    const rows = content.bridge.filter((row) => known(row.eur));
    return {
      empty: rows.length ? "" : "No price is known for this day.", unit: "EUR",
      text: `What each correction brought on ${dayName(day.date)}: ${rows.map((row) => `${row.label} ${money(row.eur)}`).join(", ")}.`,
      rows: { eur: rows.map(({ label, eur }) => ({ label, eur })) },
    };
  },

  energy: (now) => imbalance(now, "kwh", (values) => unitOf(values, ENERGIES), "The imbalance is not known on this day."),
  value: (now) => imbalance(now, "eur", () => [1, "EUR"], "No price."),

  price: ({ day, portfolio }) => {
    const prices = portfolio.price_eur_per_mwh;
    const of = (status) => prices?.map((price, place) => portfolio.price_status?.[place] === status ? price : null);
    return {
      empty: anyKnown(prices) ? "" : "No price.", unit: "EUR/MWh", signals: axisOf(day),
      text: `The imbalance price on ${dayName(day.date)}.`,
      rows: { line: lines(day, 1, { final: of("final"), estimate: of("estimate") }) },
    };
  },

  lead: ({ asset, rank }) => {
    const rows = data.accuracyByLead.flatMap((pairs, place) => pairs.map(([lead_hours, nmae]) => ({
      rank: place, isChosen: place === rank, lead_hours, nmae,
    })));
    at("lead-note").textContent = rows.some((row) => row.isChosen)
      ? `${asset.id} is dark, the other assets are light`
      : `${asset.id} has no line, as none of its forecasts can be compared with final production yet`;
    return {
      empty: rows.length ? "" : "No forecast can be compared with final production yet.", unit: "nMAE",
      text: `How the error of ${asset.id} grows with the lead time.`, rows: { leads: rows },
    };
  },
};

const imbalance = ({ day, portfolio }, unit, fitting, empty) => {
  const error = portfolio[`error_${unit}`] ?? [];
  const redispatched = portfolio[`redispatched_${unit}`] ?? [];
  const [factor, name] = fitting([...error, ...redispatched]);
  const parts = Array.from({ length: day.count }, (_, place) => {
    const [first, second] = [error[place] ?? 0, redispatched[place] ?? 0];
    // What points the same way stands upon the other.
    const base = Math.sign(first) === Math.sign(second) ? first : 0;
    const bar = { start: startOf(day, place) * 1000, end: startOf(day, place + 1) * 1000 };
    return [
      { ...bar, part: "error", low: 0, high: first / factor },
      { ...bar, part: "redispatched", low: base / factor, high: (base + second) / factor },
    ].filter((part) => part.low !== part.high);
  }).flat();
  return {
    empty: anyKnown(error) ? "" : empty, unit: name, signals: axisOf(day),
    text: `The ${unit === "eur" ? "value of the " : ""}imbalance of the portfolio on ${dayName(day.date)}.`,
    rows: { parts },
  };
};

const sumOf = (all) => all.reduce((sum, values) => values.map((value, place) => (value ?? 0) + (sum[place] ?? 0)), []);
const largest = (content, column) => {
  const ranked = content.assets.map((series, rank) => ({ name: data.assets[rank].id, values: series[column] }))
    .filter((one) => anyKnown(one.values))
    .map((one) => ({ ...one, energy: one.values.reduce((sum, value) => sum + Math.abs(value ?? 0), 0) }))
    .sort((one, other) => other.energy - one.energy);
  const rest = ranked.slice(LARGEST);
  const shown = ranked.slice(0, LARGEST);
  if (rest.length) shown.push({ name: `${rest.length} more`, values: sumOf(rest.map((one) => one.values)), isRest: true });
  return shown;
};

const embedding = {
  mode: "vega", actions: false, renderer: "svg", tooltip: false, logLevel: 1,
  expressionFunctions: { localTime: (milliseconds) => localClock(milliseconds / 1000) },
};
const draw = async (name) => {
  const place = at(name);
  const { empty = "", unit = "", text = "", signals = {}, rows } = drawings[name](chosen());
  const note = place.nextElementSibling?.matches(".empty") ? place.nextElementSibling : null;
  note?.remove();
  place.hidden = Boolean(empty);
  if (empty) {
    place.insertAdjacentElement("afterend", Object.assign(document.createElement("p"), { className: "empty", textContent: empty }));
    return;
  }
  place.dataset.unit = unit;
  place.setAttribute("role", "img");
  place.setAttribute("aria-label", text);
  const { view } = await (embedded[name] ??= vegaEmbed(place, specifications[name], embedding));
  views[name] = view;
  if (name === "gates" || name === "bridge") place.style.height = `${24 * Object.values(rows)[0].length + 34}px`;
  if (!place.dataset.follows && specifications[name].data.some((set) => set.name === "chosen")) {
    place.dataset.follows = "pointer";
    place.addEventListener("pointermove", (event) => {
      const { day } = chosen();
      const from = place.getBoundingClientRect().left + view.origin()[0];
      const quarterHour = Math.floor((view.scale("x").invert(event.clientX - from) / 1000 - day.start) / QUARTER_HOUR);
      if (quarterHour >= 0 && quarterHour < day.count) tellAt(quarterHour);
    });
  }
  for (const [signal, value] of Object.entries(signals)) view.signal(signal, value);
  for (const [set, content] of Object.entries(rows)) view.data(set, content);
  if (place.dataset.follows) view.data("chosen", ruleAt());
  view.width(place.clientWidth).height(place.clientHeight);
  await view.runAsync();
};

// The values of the quarter-hour that a pointer, or the slider, is at: beside the charts, so that they hide nothing.
const ruleAt = () => {
  const { day, place } = chosen();
  return [{ at: (startOf(day, place) + QUARTER_HOUR / 2) * 1000 }];
};
const tellAt = (quarterHour) => {
  at("at").value = quarterHour;
  const now = chosen();
  const { day, content, series, portfolio, place } = now;
  const start = startOf(day, place);
  const when = `${localClock(start)}–${localClock(start + QUARTER_HOUR)} ${localZone(start).replace(/^\d+,? ?/, "")}`;
  at("at-text").textContent = `${when}, ${utcClock(start)} UTC`;
  at("at").setAttribute("aria-valuetext", when);
  const of = (column) => portfolio[column]?.[place];
  const rest = known(of("forecast_power_kw")) && known(of("compared_forecast_power_kw"))
    ? `, ${sized(of("compared_forecast_power_kw"))} of it by the ${of("compared_asset_count") ?? 0} assets compared` : "";
  at("portfolio-values").textContent = `${when}: forecast ${sized(of("forecast_power_kw"))} `
    + `(${of("forecast_asset_count") ?? 0} of ${of("expected_asset_count") ?? 0} assets)${rest}; produced ${sized(of("produced_power_kw"))}`;
  at("stack-values").textContent = largest(content, at("stack-choice").value)
    .map((one) => `${one.name} ${sized(one.values[place])}`).join(" · ");
  at("asset-values").textContent = `${when}: ${[["latest", "latest"], ["tradeable", "tradeable"], ["live", "live"], ["final", "final"]]
    .map(([name, column]) => `${name} ${sized(series[`${column}_power_kw`]?.[place])}`).join(" · ")}`
    + (series.redispatched?.includes(place) ? " · redispatched" : "");
  at("imbalance-values").textContent = `${when}: forecast error ${sized(of("error_kwh"), ENERGIES)}, ${money(of("error_eur"))}; `
    + `redispatched ${sized(of("redispatched_kwh"), ENERGIES)}, ${money(of("redispatched_eur"))}; `
    + `price ${known(of("price_eur_per_mwh")) ? `${number(of("price_eur_per_mwh"), 2)} EUR/MWh (${of("price_status")})` : "not known"}`;
  for (const [name, view] of Object.entries(views)) {
    if (at(name).dataset.follows && !at(name).hidden) view.data("chosen", ruleAt()).runAsync();
  }
};

const cell = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });
const fill = (table, rows) => {
  at(table).closest(".wide").hidden = rows.length === 0;
  at(table).tBodies[0].replaceChildren(...rows);
};

const tellWorst = ({ content }) => {
  const isKnown = content.worst.some((one) => known(one.produced_kw));
  at("worst-note").textContent = !content.worst.length ? "No forecast is known on this day." : isKnown
    ? "The worst quarter-hours of the day, by the error of the tradeable forecast; redispatched ones are left out. Where few are "
      + "known, the portfolio's peak for its largest assets follows. Choose one to see how its forecast moved."
    : "Nothing is produced yet: the portfolio's peak, for its largest assets.";
  fill("worst", content.worst.map((one, index) => {
    const row = document.createElement("tr");
    const id = data.assets[one.asset].id;
    const name = cell("th", id);
    name.scope = "row";
    row.append(name, ...[
      `${localClock(one.start)}–${localClock(one.start + QUARTER_HOUR)}`, sized(one.tradeable_kw),
      known(one.produced_kw) ? `${sized(one.produced_kw)} (${one.isFinal ? "final" : "live"})` : "not known",
      known(one.produced_kw) ? sized(one.tradeable_kw - one.produced_kw) : "not known",
      known(one.eur) ? money(one.eur) : "not settled",
    ].map((text) => cell("td", text)));
    const button = Object.assign(cell("button", "How it moved"), { type: "button" });
    button.setAttribute("aria-label", `How the forecast of ${id} for ${localClock(one.start)} moved`);
    button.addEventListener("click", () => {
      worst = index;
      tellRevisions(chosen());
      draw("revisions").then(drawn);
    });
    const last = document.createElement("td");
    last.append(button);
    row.append(last);
    return row;
  }));
  tellRevisions({ content });
};
const tellRevisions = ({ content }) => {
  const one = content.worst[worst];
  // An empty aria-current says that it is not: toggled, the attribute would have no value.
  at("worst").querySelector("[aria-current]")?.removeAttribute("aria-current");
  at("worst").tBodies[0].rows[worst]?.setAttribute("aria-current", "true");
  at("revisions-title").textContent = one ? `How the forecast of ${data.assets[one.asset].id} for ${localClock(one.start)} moved` : "";
  at("revisions-note").textContent = one
    ? "From version to version, by the time before delivery (the last hours are stretched). Broken lines are the gates, points "
      + "the tradeable and the latest forecast"
      + (known(one.produced_kw) ? ", the level line what was produced." : ".") : "";
};

const tellAccuracy = ({ content, asset }) => {
  const plain = (value, units) => known(value) ? sized(value, units) : "–";
  const rows = content.accuracy_by_day.filter((row) => [null, asset.id].includes(row.asset_id))
    .sort((one, other) => (one.asset_id ?? "").localeCompare(other.asset_id ?? "") || other.forecast_kind.localeCompare(one.forecast_kind));
  fill("accuracy", rows.map((row) => {
    const line = document.createElement("tr");
    const name = cell("th", row.asset_id ?? "portfolio");
    name.scope = "row";
    line.append(name, ...[
      row.forecast_kind, `${row.quarter_hour_count} of ${row.expected_count}`, plain(row.mae_kw), plain(row.rmse_kw),
      plain(row.bias_kw), share(row.nmae), known(row.skill_score) ? number(row.skill_score, 2) : "–",
    ].map((text) => cell("td", text)));
    return line;
  }));
};

const tellWords = (now) => {
  const { day, asset, series } = now;
  const produced = day.isSettled ? "final production" : "produced so far: final production, else live infeed";
  at("portfolio-title").textContent = `The portfolio, ${dayName(day.date)}`;
  at("portfolio-note").textContent = day.isSettled
    ? "Settled. Final production is compared with the forecast of the assets that are settled; the rest is hatched."
    : "Not settled yet. Live infeed stands in for final production where that is not known, and is compared with the forecast "
      + "of the assets that are measured; the rest is hatched.";
  at("produced-name").textContent = produced;
  at("asset-title").textContent = `${asset.id}${asset.name ? `, ${asset.name}` : ""}`;
  at("asset-note").textContent = [
    asset.technology, known(asset.capacity_kw) ? `${sized(asset.capacity_kw)} installed` : null,
    series.redispatched ? `redispatched in ${series.redispatched.length} quarter-hours` : null,
  ].filter(Boolean).join(" · ");
  at("imbalance-note").textContent = `Of the portfolio: production minus what was traded, ${day.isSettled ? "settled" : "provisional"}. `
    + "Above zero is long (the forecast was too low) and income, below is short and cost. What redispatch left stands apart.";
  tellWorst(now);
  tellAccuracy(now);
};

// What can be seen is drawn first, everything else right after it; what a choice has not drawn when the next one is made,
// the next one draws.
let turn = 0;
const waiting = new Set();
const isSeen = (name) => {
  const { top, bottom } = at(name).getBoundingClientRect();
  return bottom > 0 && top < window.innerHeight;
};
const drawn = () => {
  const { day, asset } = chosen();
  document.body.dataset.drawn = `${day.date} ${asset.id} ${worst} ${at("stack-choice").value}`;
};
const drawAll = async (names) => {
  const mine = ++turn;
  names.forEach((name) => waiting.add(name));
  const seen = [...waiting].filter(isSeen);
  seen.forEach((name) => waiting.delete(name));
  await Promise.all(seen.map(draw));
  document.body.dataset.shown = mine;
  while (waiting.size) {
    await new Promise((resolve) => setTimeout(resolve));
    if (mine !== turn) return;
    const [name] = waiting;
    waiting.delete(name);
    await draw(name);
  }
  if (mine === turn) drawn();
};
const changedDay = async () => {
  const day = data.days[at("day").selectedIndex];
  at("earlier").disabled = at("day").selectedIndex === 0;
  at("later").disabled = at("day").selectedIndex === data.days.length - 1;
  await readDay(day);
  if (day !== data.days[at("day").selectedIndex]) return;
  shownDay = day;
  worst = 0;
  at("at").max = day.count - 1;
  tellWords(chosen());
  tellAt(Math.min(Number(at("at").value), day.count - 1));
  await drawAll(Object.keys(drawings));
};
const changedAsset = () => {
  tellWords(chosen());
  tellAt(Number(at("at").value));
  return drawAll(["asset", "lead"]);
};

const begin = async () => {
  if (!data.days.length || !data.assets.length) {
    at("details").remove();
    document.body.dataset.drawn = "nothing";
    return;
  }
  // The library that draws.
  document.head.append(cell("script", await inflated(at("library").textContent).text()));
  const option = (value, text) => Object.assign(cell("option", text), { value });
  at("day").append(...data.days.map((day) => option(day.date, dayName(day.date))));
  at("asset-choice").append(...data.assets.map((one) => option(one.id, one.name ? `${one.id}, ${one.name}` : one.id)));
  at("day").value = data.opened;
  shownDay = data.days[at("day").selectedIndex];
  await readDay(shownDay);
  at("day").addEventListener("change", changedDay);
  at("asset-choice").addEventListener("change", changedAsset);
  at("stack-choice").addEventListener("change", () => {
    tellAt(Number(at("at").value));
    return drawAll(["stack"]);
  });
  at("at").addEventListener("input", () => tellAt(Number(at("at").value)));
  for (const [id, step] of [["earlier", -1], ["later", 1]]) {
    at(id).addEventListener("click", () => {
      at("day").selectedIndex += step;
      changedDay();
      if (at(id).disabled) at("day").focus();
    });
  }
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth !== width) drawAll(Object.keys(drawings));
    width = window.innerWidth;
  });
  await changedDay();
};

begin();
