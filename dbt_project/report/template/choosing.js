// The words and tables beside the charts, and what a choice changes. Comes after drawings.js.

// The values of the quarter-hour at the pointer or slider, beside the charts, so that they hide nothing.
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
  at("asset-values").textContent = `${when}: ${["latest", "tradeable", "live", "final"]
    .map((name) => `${name} ${sized(series[`${name}_power_kw`]?.[place])}`).join(" · ")}`
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
      + (content.worst.some((one) => one.isInDoubt) ? " In doubt: the data have a finding, so production may be what is wrong." : "")
    : "Nothing is produced yet: the portfolio's peak, for its largest assets.";
  fill("worst", content.worst.map((one, index) => {
    const row = document.createElement("tr");
    const id = data.assets[one.asset].id;
    const name = cell("th", id);
    name.scope = "row";
    row.append(name, ...[
      `${localClock(one.start)}–${localClock(one.start + QUARTER_HOUR)}`, sized(one.tradeable_kw),
      known(one.produced_kw)
        ? `${sized(one.produced_kw)} (${one.isFinal ? "final" : "live"}${one.isInDoubt ? ", in doubt" : ""})` : "not known",
      known(one.produced_kw) ? sized(one.tradeable_kw - one.produced_kw) : "not known",
      known(one.eur) ? money(one.eur) : "no final value yet",
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
  // An empty aria-current means "not current", and toggling would leave the attribute empty.
  at("worst").querySelector("[aria-current]")?.removeAttribute("aria-current");
  at("worst").tBodies[0].rows[worst]?.setAttribute("aria-current", "true");
  at("revisions-title").textContent = one ? `How the forecast of ${data.assets[one.asset].id} for ${localClock(one.start)} moved` : "";
  at("revisions-note").textContent = one
    ? "From version to version, by the time before delivery (the last hours are stretched). Broken lines are the gates, points "
      + "the tradeable and the latest forecast"
      + (known(one.produced_kw) ? ", the level line what was produced." : ".") : "";
};

const tellAccuracy = ({ content, asset, rank }) => {
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
  at("lead-note").textContent = data.accuracyByLead[rank]?.length
    ? `${asset.id} is dark, the other assets are light`
    : `${asset.id} has no line, as none of its forecasts can be compared with final production yet`;
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
  at("imbalance-note").textContent = `Of the portfolio: production minus the tradeable forecast, ${day.isSettled ? "settled" : "provisional"}. `
    + "Energy above zero is long: the forecast was too low. Value above zero is income, below cost; at a negative price the two "
    + "have opposite signs. What redispatch left stands apart.";
  tellWorst(now);
  tellAccuracy(now);
};

// What is visible is drawn first, the rest right after it; whatever is undrawn when the next choice is made is drawn by
// that one.
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
  // The drawing library.
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
