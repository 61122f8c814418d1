// Takes what was chosen out of the data and gives it to the charts. What a number means is decided in the marts.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const specifications = JSON.parse(document.getElementById("specifications").textContent);
const colors = specifications.colors;
const QUARTER_HOUR = 900;
const at = (id) => document.getElementById(id);
const chosen = { stack: "tradeable_power_kw", scope: "portfolio" };
const views = {};

// Instants. The page shows the portfolio's time; the reader's own plays no part.
const formatted = (options) => {
  const format = new Intl.DateTimeFormat("en-GB", { timeZone: data.timezone, ...options });
  return (seconds) => format.format(seconds * 1000);
};
const localClock = formatted({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const localHour = formatted({ hour: "2-digit", hourCycle: "h23" });
const localDay = formatted({ day: "numeric", month: "short" });
const localInstant = formatted({
  weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  timeZoneName: "short",
});
const utcInstant = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ") + " UTC";
const dayName = (date) => new Intl.DateTimeFormat("en-GB", {
  weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC",
}).format(new Date(`${date}T00:00:00Z`));

const known = (value) => value !== null && value !== undefined;
const number = (value, unit, digits = 1) => known(value)
  ? `${value.toLocaleString("en-GB", { maximumFractionDigits: digits })}${unit ? ` ${unit}` : ""}`
  : "not known";

// One value per quarter-hour, as what a chart draws.
const startOf = (day, place) => day.start + place * QUARTER_HOUR;
const instants = (day, place) => ({
  start: startOf(day, place) * 1000,
  end: startOf(day, place + 1) * 1000,
  local: `${localInstant(startOf(day, place))} – ${localClock(startOf(day, place + 1))}`,
  utc: utcInstant(startOf(day, place)),
});
const quarterHours = (day, tell) => Array.from({ length: day.count }, (_, place) =>
  ({ ...instants(day, place), ...tell(place) }));
// An average holds from the start of its quarter-hour to the end; one that is not known leaves a gap.
const steps = (day, values, more) => (values ?? []).flatMap((value, place) => [
  { at: startOf(day, place) * 1000, power_kw: value, ...more },
  { at: startOf(day, place + 1) * 1000 - 1, power_kw: value, ...more },
]);
const anyKnown = (values) => (values ?? []).some(known);
const valueAt = (series, column, place) => series?.[column]?.[place] ?? null;

// Every third full hour of local time; on the day that clocks go back no label stands for two hours.
const hoursOf = (day) => Array.from({ length: day.count + 1 }, (_, place) => startOf(day, place))
  .filter((seconds) => localClock(seconds).endsWith(":00") && Number(localHour(seconds)) % 3 === 0)
  .map((seconds) => seconds * 1000);
const axisOf = (day) => ({ from: day.start * 1000, to: startOf(day, day.count) * 1000, hours: hoursOf(day) });

// Room for labels is made on the first drawing, and again for a chart that comes back or changes its height.
const laidOut = new Set();

const show = (name, { signals = {}, rows, empty = "", height }) => {
  const place = at(name);
  if (height && place.style.height !== height) laidOut.delete(name);
  if (height) place.style.height = height;
  if (empty) laidOut.delete(name);
  place.style.display = empty ? "none" : "";
  const note = at(`${name}-empty`);
  if (note) note.textContent = empty;
  const view = views[name];
  for (const [signal, value] of Object.entries(signals)) view.signal(signal, value);
  for (const [set, content] of Object.entries(rows)) view.data(set, content);
  if (!empty && !laidOut.has(name)) {
    laidOut.add(name);
    view.width(place.clientWidth).height(place.clientHeight).resize();
  }
  return view.runAsync();
};

// Charts tell assets apart by their rank: a name like __proto__ means something else to the library.
const drawPortfolio = (day) => {
  const portfolio = data.portfolio[day.date];
  const assets = data.assets.filter((one) => anyKnown(data.byAsset[one.id]?.[day.date]?.[chosen.stack]));
  const color = at("stack").selectedOptions[0].dataset.color;
  const stack = assets.flatMap((one, rank) =>
    steps(day, data.byAsset[one.id][day.date][chosen.stack], {
      asset: one.id, rank, color, shade: [0.5, 0.28, 0.4, 0.18][rank % 4],
    }).map((row) => ({ ...row, power_kw: row.power_kw ?? 0 })));
  const line = [
    ...steps(day, portfolio?.tradeable_power_kw, { name: "tradeable" }),
    ...steps(day, portfolio?.infeed_power_kw, { name: "best of infeed" }),
    ...steps(day, portfolio?.final_power_kw, { name: "final" }),
  ];
  const count = (place) => valueAt(portfolio, "expected_asset_count", place);
  const parts = (place) => {
    const shares = assets.map((one) => [one.id, valueAt(data.byAsset[one.id][day.date], chosen.stack, place)])
      .filter(([, power]) => known(power)).sort(([, one], [, other]) => other - one);
    const told = shares.slice(0, 6).map(([id, power]) => `${id} ${number(power, "", 0)}`).join(" · ");
    return shares.length > 6 ? `${told} · ${shares.length - 6} more` : told || "not known";
  };
  const empty = portfolio ? "" : "Nothing is known of the portfolio on this day.";
  at("portfolio-day").textContent = dayName(day.date);
  return Promise.all([
    show("portfolio", {
      signals: axisOf(day), empty, rows: {
        stack, line, quarterHours: quarterHours(day, (place) => ({
          "tradeable": number(valueAt(portfolio, "tradeable_power_kw", place), "kW"),
          "best of infeed": number(valueAt(portfolio, "infeed_power_kw", place), "kW"),
          "final": number(valueAt(portfolio, "final_power_kw", place), "kW"),
          "by asset": parts(place),
        })),
      },
    }),
    show("capacity", {
      signals: axisOf(day), empty, rows: {
        expected: steps(day, portfolio?.expected_capacity_kw, {}),
        line: [
          ...steps(day, portfolio?.tradeable_capacity_kw, { name: "tradeable" }),
          ...steps(day, portfolio?.reconciled_capacity_kw, { name: "final" }),
        ],
        quarterHours: quarterHours(day, (place) => ({
          "installed": number(valueAt(portfolio, "expected_capacity_kw", place), "kW"),
          "with a tradeable forecast": number(valueAt(portfolio, "tradeable_capacity_kw", place), "kW"),
          "reconciled": number(valueAt(portfolio, "reconciled_capacity_kw", place), "kW"),
          "assets": `${number(valueAt(portfolio, "tradeable_asset_count", place))} forecast, `
            + `${number(valueAt(portfolio, "reconciled_asset_count", place))} reconciled, of ${number(count(place))}`,
        })),
      },
    }),
  ]);
};

const drawAsset = (day, asset) => {
  const series = data.byAsset[asset.id]?.[day.date];
  const columns = { latest: "latest_power_kw", tradeable: "tradeable_power_kw", live: "live_power_kw", final: "final_power_kw" };
  const isRedispatched = (place) => valueAt(series, "is_redispatched", place) === true;
  const redispatched = quarterHours(day, (place) => ({ isRedispatched: isRedispatched(place) })).filter((row) => row.isRedispatched);
  const missing = Object.keys(columns).filter((name) => !anyKnown(series?.[columns[name]]));
  const lost = (series?.lost_energy_kwh ?? []).filter(known);
  at("asset-title").textContent = `${asset.id}${asset.name ? `, ${asset.name}` : ""}`;
  at("asset-note").textContent = [
    asset.technology, known(asset.capacity_kw) ? `${number(asset.capacity_kw, "kW")} installed` : null,
    missing.length && missing.length < 4 ? `not known on this day: ${missing.join(", ")}` : null,
    redispatched.length ? `redispatched in ${redispatched.length} quarter-hours${lost.length ? " (lost energy on hover)" : ""}` : null,
  ].filter(Boolean).join(" · ");
  return show("asset", {
    signals: axisOf(day),
    empty: missing.length === 4 ? `Nothing is known of ${asset.id} on this day.` : "",
    rows: {
      redispatched,
      line: Object.entries(columns).flatMap(([name, column]) => steps(day, series?.[column], { name })),
      quarterHours: quarterHours(day, (place) => ({
        ...Object.fromEntries(Object.entries(columns).map(([name, column]) =>
          [name, number(valueAt(series, column, place), "kW")])),
        "best of infeed": number(valueAt(series, "infeed_power_kw", place), "kW")
          + (valueAt(series, "infeed_source", place) ? ` (${valueAt(series, "infeed_source", place)})` : ""),
        "redispatched": isRedispatched(place)
          ? `yes; lost energy ${number(valueAt(series, "lost_energy_kwh", place), "kWh")}, `
            + number(valueAt(series, "lost_energy_eur", place), "EUR", 2)
          : "no",
      })),
    },
  });
};

const drawRevisions = (day, asset) => {
  const delivery = Number(at("quarter-hour").value);
  const moved = data.revisions[asset.id]?.[delivery] ?? { lead_minutes: [] };
  const place = (delivery - day.start) / QUARTER_HOUR;
  const series = data.byAsset[asset.id]?.[day.date];
  const final = valueAt(series, "final_power_kw", place);
  // Of a gate that closed between two versions the earlier one is known.
  const gate = delivery - data.lastTradeableLeadMinutes * 60;
  const closes = gate < data.newestVersion ? "closed" : "closes";
  const versions = moved.lead_minutes.map((lead, index) => {
    const version = delivery - lead * 60;
    const kinds = ["tradeable", "latest"].filter((kind) => moved[kind] === lead);
    return {
      version: version * 1000, power_kw: moved.power_kw[index], local: localInstant(version), utc: utcInstant(version),
      lead: lead >= 60 ? `${Math.floor(lead / 60)} h ${lead % 60} min` : `${lead} min`,
      kind: kinds.join(" and ") || "older",
      color: colors[kinds[0]] ?? "#9AA5B1",
    };
  });
  const first = versions.length ? versions[0].version / 1000 : delivery;
  const hours = [];
  for (let seconds = Math.ceil(first / 3600) * 3600; seconds <= delivery; seconds += 3600) {
    if (Number(localHour(seconds)) % 6 === 0) hours.push(seconds * 1000);
  }
  return show("revisions", {
    signals: { from: first * 1000, to: delivery * 1000 + 600_000, hours },
    empty: versions.length ? "" : `No forecast version of ${asset.id} is known for this quarter-hour.`,
    rows: {
      versions,
      gate: known(data.lastTradeableLeadMinutes) ? [{ at: gate * 1000, label: `the gate ${closes} after the version of ${localClock(gate)}` }] : [],
      produced: known(final) ? [{ power_kw: final, label: `produced: ${number(final, "kW")}` }] : [],
    },
  });
};

const drawReconciliation = (day) => {
  const told = {
    reconciled: "reconciled", missing_final: "no final production", missing_forecast: "no forecast",
    missing_both: "neither forecast nor final production",
  };
  const cells = data.assets.flatMap((one, rank) => {
    const series = data.byAsset[one.id]?.[day.date];
    return quarterHours(day, (place) => ({
      asset: one.id, rank, error_kw: valueAt(series, "tradeable_error_kw", place),
      isRedispatched: valueAt(series, "is_redispatched", place) === true,
      status: (told[valueAt(series, "status", place)] ?? "nothing is known")
        + (valueAt(series, "is_redispatched", place) ? ", redispatched" : ""),
    }));
  });
  const errors = cells.map((cell) => cell.isRedispatched ? 0 : Math.abs(cell.error_kw ?? 0));
  const reach = errors.reduce((greatest, error) => Math.max(greatest, error), 0);
  return show("reconciliation", {
    height: `${Math.max(data.assets.length * (data.assets.length > 25 ? 13 : 26), 90) + 90}px`,
    signals: { ...axisOf(day), reach: reach || 1, names: data.assets.map((one) => one.id) },
    empty: cells.some((cell) => known(cell.error_kw)) ? "" : "No asset is reconciled on this day.",
    rows: { cells },
  });
};

const drawAccuracy = (day, asset) => {
  const body = at("accuracy").querySelector("tbody");
  const days = data.accuracyByDay.filter((row) => row.delivery_date === day.date && [null, asset.id].includes(row.asset_id));
  const share = (value) => known(value) ? value.toLocaleString("en-GB", { style: "percent", maximumFractionDigits: 1 }) : "–";
  const plain = (value, digits = 1) => known(value) ? number(value, "", digits) : "–";
  days.sort((one, other) => (one.asset_id ?? "").localeCompare(other.asset_id ?? "")
    || other.forecast_kind.localeCompare(one.forecast_kind));
  body.replaceChildren(...days.map((row) => {
    const line = document.createElement("tr");
    for (const text of [
      row.asset_id ?? "portfolio", row.forecast_kind, `${row.quarter_hour_count} of ${row.expected_count}`,
      plain(row.mae_kw), plain(row.rmse_kw), plain(row.bias_kw), share(row.nmae), plain(row.skill_score, 2),
    ]) line.append(Object.assign(document.createElement("td"), { textContent: text }));
    return line;
  }));
  at("accuracy").style.display = days.length ? "" : "none";
  const leads = Object.entries(data.accuracyByLead).flatMap(([id, series], rank) => series.lead_minutes.map((lead, index) => ({
    asset: id, rank, isChosen: id === asset.id, lead_hours: lead / 60, nmae: series.nmae[index], mae_kw: series.mae_kw[index],
    rmse_kw: series.rmse_kw[index], quarter_hour_count: series.quarter_hour_count[index],
  })));
  at("lead-asset").textContent = leads.some((row) => row.isChosen)
    ? `${asset.id} is dark, the other assets are light`
    : `${asset.id} has no line, as none of its forecasts can be compared with final production yet`;
  return show("lead", {
    empty: leads.length ? "" : "No forecast can be compared with final production yet.", rows: { leads },
  });
};

const drawImbalance = (day, asset) => {
  const portfolio = data.portfolio[day.date];
  const series = chosen.scope === "portfolio" ? portfolio : data.byAsset[asset.id]?.[day.date];
  const subject = chosen.scope === "portfolio" ? "the portfolio" : asset.id;
  const side = (kwh) => !known(kwh) ? "not known" : kwh > 0 ? "long" : kwh < 0 ? "short" : "balanced";
  const members = chosen.scope === "portfolio" ? data.assets : [asset];
  const rows = quarterHours(day, (place) => {
    const kwh = valueAt(series, "imbalance_kwh", place);
    const redispatched = members.map((one) => one.id)
      .filter((id) => valueAt(data.byAsset[id]?.[day.date], "is_redispatched", place) === true);
    return {
      imbalance_kwh: kwh, imbalance_eur: valueAt(series, "imbalance_eur", place), side: side(kwh),
      redispatched: redispatched.join(", ") || "no",
      color: redispatched.length ? colors.redispatch : kwh < 0 ? colors.tooHigh : colors.tooLow,
      price_eur_per_mwh: valueAt(portfolio, "price_eur_per_mwh", place),
      price_status: valueAt(portfolio, "price_status", place) ?? "not known",
    };
  });
  const prices = (status) => (portfolio?.price_eur_per_mwh ?? [])
    .map((price, place) => valueAt(portfolio, "price_status", place) === status ? price : null);
  const signals = axisOf(day);
  const empty = anyKnown(series?.imbalance_kwh) ? "" : `The imbalance of ${subject} is not known on this day.`;
  const unpriced = anyKnown(series?.imbalance_eur) ? "" : "No price.";
  at("imbalance-scope").textContent = `of ${subject}, ${dayName(day.date)}`;
  return Promise.all([
    show("energy", { signals, empty, rows: { quarterHours: rows } }),
    show("cost", { signals, empty: empty || unpriced, rows: { quarterHours: rows } }),
    show("price", {
      signals, empty: anyKnown(portfolio?.price_eur_per_mwh) ? "" : "No price.", rows: {
        line: ["final", "estimate"].flatMap((name) => steps(day, prices(name), { name })),
        quarterHours: quarterHours(day, (place) => ({
          "price": number(valueAt(portfolio, "price_eur_per_mwh", place), "EUR/MWh", 2),
          "price is": valueAt(portfolio, "price_status", place) ?? "not known",
        })),
      },
    }),
  ]);
};

// Choosing.
const option = (value, text) => Object.assign(document.createElement("option"), { value, textContent: text });

const offerQuarterHours = (day, asset) => {
  const place = at("quarter-hour").selectedIndex;
  const starts = Object.keys(data.revisions[asset.id] ?? {}).map(Number)
    .filter((start) => start >= day.start && start < startOf(day, day.count)).sort((one, other) => one - other);
  at("quarter-hour").replaceChildren(...starts.map((start) => option(start, localInstant(start))));
  at("quarter-hour").selectedIndex = starts.length === 0 ? -1 : place >= 0 && place < starts.length ? place : Math.floor(starts.length / 2);
};

const draw = async () => {
  const day = data.days[at("day").selectedIndex];
  const asset = data.assets[at("asset-choice").selectedIndex];
  chosen.stack = at("stack").value;
  chosen.scope = at("scope").value;
  at("earlier").disabled = at("day").selectedIndex === 0;
  at("later").disabled = at("day").selectedIndex === data.days.length - 1;
  await Promise.all([
    drawPortfolio(day), drawAsset(day, asset), drawRevisions(day, asset), drawReconciliation(day),
    drawAccuracy(day, asset), drawImbalance(day, asset),
  ]);
  document.body.dataset.drawn = `${day.date} ${asset.id} ${at("quarter-hour").value} ${chosen.stack} ${chosen.scope}`;
};

const legend = () => at("legend").append(...[
  ["latest forecast", colors.latest], ["tradeable forecast", colors.tradeable], ["live infeed", colors.live],
  ["final production", colors.final], ["best of infeed", colors.best, "dashed"], ["redispatched", colors.redispatch, "patch"],
  ["forecast too high (short)", colors.tooHigh, "patch"], ["forecast too low (long)", colors.tooLow, "patch"],
  ["not known", colors.unknown, "patch"],
].map(([text, color, kind]) => {
  const item = document.createElement("li");
  const swatch = document.createElement("i");
  swatch.className = kind ?? "";
  swatch.style.cssText = `background: ${color}; border-color: ${color}`;
  item.append(swatch, text);
  return item;
}));

const words = () => {
  const list = (sentences) => {
    const items = document.createElement("ul");
    items.append(...sentences.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
    return items;
  };
  const folded = (sentences, title) => {
    const details = document.createElement("details");
    details.append(Object.assign(document.createElement("summary"), { textContent: title }), list(sentences));
    return details;
  };
  const whole = data.missing.filter((row) => row.isNothing).map((row) => row.sentence);
  const part = data.missing.filter((row) => !row.isNothing).map((row) => row.sentence);
  const place = at("missing");
  if (!data.days.length) {
    whole.unshift("Everything: no forecast of the portfolio has landed. There is nothing to show yet.");
  } else if (!whole.length) {
    whole.push("Nothing: every source has sent something for every asset on each of its days.");
  }
  place.append(list(whole.slice(0, 8)));
  if (whole.length > 8) place.append(folded(whole.slice(8), `and ${whole.length - 8} more`));
  if (part.length) place.append(folded(part, `Partly there: ${part.length} more`));
  at("glance").append(...list(data.glance.length ? data.glance : ["No day is forecast as a whole, and none is settled."]).children);
  at("stand").textContent = data.newestVersion
    ? `as of forecast version ${localInstant(data.newestVersion)} (${utcInstant(data.newestVersion)})` : "";
  at("contents").textContent = data.days.length
    ? `Days are those of ${data.timezone}. Included: ${data.assets.length} assets, ${data.days.length} days from `
      + `${dayName(data.days[0].date)} to ${dayName(data.days.at(-1).date)}; more with make report DAYS=30. `
      + "Made from the marts; where each number comes from says the lineage site (make docs)."
    : "";
};

const begin = async () => {
  words();
  if (!data.days.length || !data.assets.length) {
    at("charts").remove();
    document.body.dataset.drawn = "nothing";
    return;
  }
  legend();
  const options = {
    actions: false, renderer: "svg", logLevel: 1,
    expressionFunctions: {
      localTime: (milliseconds) => localClock(milliseconds / 1000),
      localDayAndTime: (milliseconds) => [localClock(milliseconds / 1000), localDay(milliseconds / 1000)],
    },
  };
  await Promise.all(Object.entries(specifications.charts).map(async ([name, specification]) => {
    const embedded = await vegaEmbed(at(name), specification, options);
    views[name] = embedded.view;
  }));
  at("day").append(...data.days.map((day) => option(day.date, dayName(day.date))));
  at("asset-choice").append(...data.assets.map((one) => option(one.id, one.name ? `${one.id}, ${one.name}` : one.id)));
  const settled = data.days.findLastIndex((day) => day.isSettled);
  const forecast = data.days.findLastIndex((day) => day.isForecast);
  at("day").selectedIndex = settled >= 0 ? settled : Math.max(forecast, 0);
  const changed = () => {
    offerQuarterHours(data.days[at("day").selectedIndex], data.assets[at("asset-choice").selectedIndex]);
    return draw();
  };
  at("day").addEventListener("change", changed);
  at("asset-choice").addEventListener("change", changed);
  for (const id of ["quarter-hour", "stack", "scope"]) at(id).addEventListener("change", draw);
  for (const [id, step] of [["earlier", -1], ["later", 1]]) {
    at(id).addEventListener("click", () => {
      at("day").selectedIndex += step;
      changed();
    });
  }
  await changed();
};

begin();
