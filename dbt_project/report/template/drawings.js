// The charts: what is chosen, as rows to draw. Comes after data.js.

// A chart, what it shows in words, and its unit; or why there is nothing to draw.
const drawings = {
  portfolio: ({ day, portfolio }) => {
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
        // If nothing is compared on the whole day, the forecast is not split.
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
    // Bars with the same sign are stacked.
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
// Every move of the pointer asks again: they are ranked once for a day and a column.
const largest = (content, column) => (content.largest ??= {})[column] ??= ranking(content, column);
const ranking = (content, column) => {
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
