#include "http/resources/status_page_files.h"

namespace martlet::http {

const std::string_view kStatusPageHtml = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Martlet</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/status.css">
<script src="/status.js" defer></script>
</head>
<body>
<header>
<h1>Martlet</h1>
<p id="who" hidden><span id="who-name"></span> <button id="log-out" type="button">Log out</button></p>
</header>
<main>
<p id="trouble" role="alert" hidden></p>
<form id="setup" hidden>
<h2>Create the administrator account</h2>
<p>An administrator may do everything. This link works once.</p>
<label>Name <input name="name" autocomplete="username" required maxlength="64"></label>
<label>Password <input name="password" type="password" autocomplete="new-password" required minlength="10" aria-describedby="password-rule"></label>
<p id="password-rule">At least 10 characters.</p>
<button>Create the account</button>
</form>
<form id="log-in" hidden>
<h2>Log in</h2>
<p id="first-hint" hidden>There is no account yet. The broker's log has a link that creates the first one.</p>
<p id="used-hint" hidden>This link was used: the first account exists. Log in with it.</p>
<label>Name <input name="name" autocomplete="username" required></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<button>Log in</button>
</form>
<div id="status" hidden>
<section id="alarms" aria-labelledby="alarms-title" hidden>
<h2 id="alarms-title">Unacknowledged emergencies (48 h)</h2>
<ul id="alarm-list" aria-live="polite"></ul>
</section>
<section aria-labelledby="broker-title">
<h2 id="broker-title">Broker</h2>
<table><tbody id="broker"></tbody></table>
</section>
<section id="bridges-section" aria-labelledby="bridges-title" hidden>
<h2 id="bridges-title">Bridges</h2>
<table>
<thead><tr><th scope="col">Bridge</th><th scope="col">State</th><th scope="col">Address</th><th scope="col">Waiting messages</th><th scope="col">Last error</th></tr></thead>
<tbody id="bridges"></tbody>
</table>
</section>
<section aria-labelledby="sources-title">
<h2 id="sources-title">Sources</h2>
<p id="sources-note" hidden></p>
<table id="sources-table" hidden>
<thead><tr><th scope="col">Source</th><th scope="col">Kind</th><th scope="col">State</th><th scope="col">Last seen</th><th scope="col">Last values</th></tr></thead>
<tbody id="sources"></tbody>
</table>
</section>
</div>
</main>
<footer><a href="/api/v1/openapi.json">The API</a></footer>
</body>
</html>
)html";

const std::string_view kStatusPageStyle = R"css(:root {
  color-scheme: light dark;
  --text: #1b1f23; --soft: #57606a; --back: #ffffff; --line: #d0d7de; --accent: #0a5aa8; --bad: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root { --text: #e6edf3; --soft: #9aa4ae; --back: #12161b; --line: #30363d; --accent: #6cb2f5; --bad: #ff8a80; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); }
header { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: baseline; gap: 1rem; border-bottom: 1px solid var(--line); }
h1 { font-size: 1.4rem; margin: 0; }
h2 { font-size: 1.1rem; margin: 1.5rem 0 0.5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 0.35rem 0.75rem 0.35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; color: var(--soft); }
section { overflow-x: auto; }
td.number { font-variant-numeric: tabular-nums; }
ul { margin: 0; padding: 0; list-style: none; }
td ul { columns: 15rem 2; }
li { break-inside: avoid; overflow-wrap: anywhere; }
#alarms { border: 2px solid var(--bad); border-radius: 4px; margin: 1.5rem 0; padding: 0 1rem 0.5rem; }
#alarms h2 { color: var(--bad); margin-top: 0.75rem; }
#alarms li { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: center; gap: 0.25rem 1rem; padding: 0.35rem 0; }
li .metric { color: var(--soft); }
form { max-width: 24rem; }
label { display: block; margin: 0.75rem 0; }
input { display: block; width: 100%; font: inherit; padding: 0.5rem; color: inherit; background: transparent; border: 1px solid var(--line); border-radius: 4px; }
button { font: inherit; padding: 0.5rem 1rem; color: var(--back); background: var(--accent); border: 0; border-radius: 4px; cursor: pointer; }
a { color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
#trouble { color: var(--bad); }
#trouble::first-letter { text-transform: uppercase; }
#password-rule { margin: -0.5rem 0 0.75rem; color: var(--soft); }
button.more { padding: 0; color: var(--accent); background: none; text-decoration: underline; }
#log-out { color: var(--accent); background: none; border: 1px solid var(--line); }
footer { margin-top: 2rem; color: var(--soft); }
@media (max-width: 45rem) {
  #sources-table thead { display: none; }
  #sources-table tr { display: block; padding: 0.5rem 0; border-bottom: 1px solid var(--line); }
  #sources-table td { display: inline-block; padding: 0 0.75rem 0 0; border: 0; }
  #sources-table td:first-child, #sources-table td:last-child { display: block; }
  #sources-table td:first-child { font-weight: 600; overflow-wrap: anywhere; }
}
)css";

const std::string_view kStatusPageScript = R"js("use strict";

const shownValues = [
  ["version", "Version"],
  ["uptime", "Uptime"],
  ["clients/connected", "Clients connected"],
  ["clients/total", "Clients known"],
  ["subscriptions/count", "Subscriptions"],
  ["retained messages/count", "Retained messages"],
  ["messages/received", "Messages received"],
  ["messages/sent", "Messages sent"],
  ["publish/messages/dropped", "Messages dropped"],
  ["load/messages/received/1min", "Messages received a minute"],
  ["load/messages/sent/1min", "Messages sent a minute"],
];
const refreshMs = 5000;
const valuesShownOfASource = 12;
const sourcesShown = 200;
const alarmsAsked = "/api/v1/events?severity=critical&unacknowledged=true&from=-2d&limit=20";

let csrfToken = "";
let mayAcknowledge = false;
let alarmsShown = "";
let timer = 0;
const opened = new Set();  // keys of sources that show all their values

const byId = (id) => document.getElementById(id);
const show = (id, isShown) => { byId(id).hidden = !isShown; };

// Text from devices and people becomes text, never markup.
function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function say(text) {
  byId("trouble").textContent = text;
  show("trouble", text !== "");
}

async function ask(path, method = "GET", body = undefined) {
  const headers = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET") headers["X-CSRF-Token"] = csrfToken;
  const answer = await fetch(path, {
    method, headers, body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  let data = {};
  try { data = text === "" ? {} : JSON.parse(text); } catch { data = {}; }
  return { status: answer.status, data };
}

const messageOf = (answer) => answer.data.error?.message ?? `the broker answered ${answer.status}`;

function age(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 120) return `${s} s ago`;
  if (s < 7200) return `${Math.round(s / 60)} min ago`;
  if (s < 172800) return `${Math.round(s / 3600)} h ago`;
  return `${Math.round(s / 86400)} days ago`;
}

// "391 seconds", as the broker has it.
function duration(text) {
  const s = Number.parseInt(text, 10);
  if (s < 120) return `${s} s`;
  if (s < 7200) return `${Math.floor(s / 60)} min`;
  if (s < 172800) return `${Math.floor(s / 3600)} h ${Math.floor(s / 60) % 60} min`;
  return `${Math.floor(s / 86400)} days ${Math.floor(s / 3600) % 24} h`;
}

const numberText = (value) => value.toLocaleString("en", { maximumFractionDigits: 20 });

function brokerText(name, value) {
  if (name === "uptime") return duration(value);
  return typeof value === "number" ? numberText(value) : String(value);
}

function showBroker(values) {
  const rows = shownValues.filter(([name]) => name in values).map(([name, label]) => {
    const row = element("tr");
    const head = element("th", label);
    head.scope = "row";
    row.append(head, element("td", brokerText(name, values[name]), "number"));
    return row;
  });
  byId("broker").replaceChildren(...rows);
}

// A step alone says nothing: what all of them make does.
function valueText(series) {
  const isStep = series.kind === "increment" && series.total !== undefined;
  const told = isStep ? series.total : series.value;
  const value = typeof told === "number" ? numberText(Number(told.toPrecision(7))) : told;
  // A unit stays on the line of its number.
  const withUnit = [value, series.unit].filter((part) => part !== "").join("\u00a0");
  return isStep ? `${withUnit} in all` : withUnit;
}

function valueList(key, series) {
  const list = element("ul");
  const isCut = series.length > valuesShownOfASource && !opened.has(key);
  for (const one of isCut ? series.slice(0, valuesShownOfASource) : series) {
    const item = element("li");
    item.append(element("span", `${one.metric} `, "metric"), element("span", valueText(one)));
    list.append(item);
  }
  if (!isCut) return list;
  const item = element("li");
  const more = element("button", `and ${series.length - valuesShownOfASource} more`, "more");
  more.type = "button";
  more.addEventListener("click", () => {
    opened.add(key);
    list.replaceWith(valueList(key, series));
  });
  item.append(more);
  list.append(item);
  return list;
}

function alarmItem(event) {
  const who = event.source_name || event.source_id;
  const when = new Date(event.time).toLocaleString();
  const item = element("li");
  item.append(element("span", [when, who, event.text || event.kind].join(" · ")));
  if (!mayAcknowledge) return item;
  const button = element("button", "Acknowledge");
  button.type = "button";
  button.addEventListener("click", keepOn(async () => {
    const answer = await ask(`/api/v1/events/${event.key}/acknowledge`, "POST");
    await refresh();
    if (answer.status !== 200) say(messageOf(answer));
  }));
  item.append(button);
  return item;
}

// Left alone while it is the same, lest a button be taken away from under somebody's finger.
function showAlarms(events) {
  const keys = events.map((event) => event.key).join();
  if (keys === alarmsShown) return;
  alarmsShown = keys;
  byId("alarm-list").replaceChildren(...events.map(alarmItem));
  show("alarms", events.length > 0);
}

function showBridges(bridges) {
  const rows = bridges.map((bridge) => {
    const row = element("tr");
    const error = bridge.error === null ? "" : `${bridge.error} (${age(Date.now() - bridge.error_at)})`;
    row.append(element("td", bridge.name), element("td", bridge.state), element("td", bridge.address),
      element("td", numberText(bridge.queued + bridge.in_flight), "number"), element("td", error));
    return row;
  });
  byId("bridges").replaceChildren(...rows);
  show("bridges-section", rows.length > 0);
}

function showSources(sources, isAll) {
  const rows = sources.map((source) => {
    const row = element("tr");
    const name = source.name ? `${source.name} (${source.id})` : source.id;
    const values = element("td");
    values.append(valueList(source.key, source.series ?? []));
    row.append(element("td", name), element("td", source.kind), element("td", source.state),
      element("td", age(source.age_ms)), values);
    return row;
  });
  byId("sources").replaceChildren(...rows);
  show("sources-table", rows.length > 0);
  if (rows.length === 0) return noteSources("Nothing has measured anything yet.");
  noteSources(isAll ? "" : `The first ${rows.length}; /api/v1/sources has all of them.`);
}

function noteSources(text) {
  byId("sources-note").textContent = text;
  show("sources-note", text !== "");
}

async function refresh() {
  clearTimeout(timer);
  const [broker, bridges, sources, alarms] = await Promise.all([
    ask("/api/v1/broker"), ask("/api/v1/bridges"), ask(`/api/v1/sources?series=true&limit=${sourcesShown}`),
    ask(alarmsAsked),
  ]);
  if (broker.status === 401) return begin();
  say(broker.status === 200 ? "" : messageOf(broker));
  if (broker.status === 200) showBroker(broker.data.values ?? {});
  if (bridges.status === 200) showBridges(bridges.data.bridges ?? []);
  if (sources.status === 200) showSources(sources.data.sources ?? [], sources.data.next === null);
  else noteSources(messageOf(sources));
  if (alarms.status === 200) showAlarms(alarms.data.events ?? []);
  clearTimeout(timer);
  timer = setTimeout(keepOn(refresh), refreshMs);
}

// A broker that restarts is asked again.
function keepOn(work) {
  return () => work().catch(() => {
    say("The broker does not answer.");
    clearTimeout(timer);
    timer = setTimeout(keepOn(refresh), refreshMs);
  });
}

function enter(me) {
  csrfToken = me.csrf_token ?? "";
  mayAcknowledge = me.role !== "viewer";
  alarmsShown = "";
  byId("who-name").textContent = `${me.account} (${me.role})`;
  show("who", true);
  show("setup", false);
  show("log-in", false);
  show("status", true);
  return refresh();
}

async function begin() {
  clearTimeout(timer);
  const me = await ask("/api/v1/me");
  if (me.status === 200) return enter(me.data);
  show("who", false);
  show("status", false);
  const setup = await ask("/api/v1/setup");
  const hasLink = location.pathname === "/setup" && location.hash.length > 1;
  const isNeeded = setup.data.is_needed === true;
  show("setup", isNeeded && hasLink);
  show("log-in", !(isNeeded && hasLink));
  show("first-hint", isNeeded);
  show("used-hint", setup.data.is_needed === false && hasLink);
}

function onSubmit(id, path, more) {
  byId(id).addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.target;
    const send = async () => {
      const body = { ...Object.fromEntries(new FormData(form)), ...more() };
      const answer = await ask(path, "POST", body);
      form.elements.password.value = "";
      if (answer.status !== 200) return say(messageOf(answer));
      say("");
      history.replaceState(null, "", "/");
      return enter(answer.data);
    };
    send().catch(() => say("The broker does not answer."));
  });
}

onSubmit("setup", "/api/v1/setup", () => ({ token: location.hash.slice(1) }));
onSubmit("log-in", "/api/v1/login", () => ({}));
byId("log-out").addEventListener("click", keepOn(async () => {
  await ask("/api/v1/logout", "POST");
  csrfToken = "";
  return begin();
}));
keepOn(begin)();
)js";

const std::string_view kFavicon =
    R"svg(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="6" fill="#0a5aa8"/>
<path d="M4 10c6 0 9 3 12 7 3-4 6-7 12-7-3 6-6 9-10 11l-2 6-2-6C10 19 7 16 4 10z" fill="#fff"/>
</svg>
)svg";

}  // namespace martlet::http
