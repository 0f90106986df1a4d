"use strict";
// Everything that comes from repositories is put in as text (never as HTML); nothing is loaded or sent.
const D = JSON.parse(document.getElementById("data").textContent);
const S = D.summary;
const REPO = { name: 0, status: 1, reason: 2, head: 3, files: 4, pipelines: 5, errors: 6, high: 7, medium: 8, low: 9, info: 10, accepted: 11,
  open: 12, closed: 13, unknown: 14, uses: 15, covered: 16, web: 17 };
const SEVERITIES = ["high", "medium", "low", "info"];
const PAGE = 50;

function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key === "on") for (const [event, run] of Object.entries(value)) node.addEventListener(event, run);
    else if (key === "width") node.style.width = value;
    else if (value !== false && value != null) node.setAttribute(key, value);
  }
  node.append(...children.flat(Infinity).filter(c => c != null && c !== false).map(c => c instanceof Node ? c : String(c)));
  return node;
}
const fmt = n => Number(n).toLocaleString("en");
const plural = (n, one, many) => `${fmt(n)} ${n === 1 ? one : many || one + "s"}`;
const percent = (n, of) => of ? Math.round(1000 * n / of) / 10 + " %" : "–";
const chip = (text, tone) => el("span", { class: "chip t-" + tone }, text);
const severity = word => chip(word, word || "dim");
const repoName = index => D.repos[index] ? D.repos[index][REPO.name] : "";
// A place, as a link to its line at the audited commit where the forge is known.
function place(index, path, line) {
  const repo = D.repos[index] || [], [web, head] = [repo[REPO.web], repo[REPO.head]], shown = line ? `${path}:${line}` : path;
  const host = /^https?:\/\/([^/]+)\//.exec(web || "");
  if (!host || !head) return shown;
  const file = path.split("/").map(encodeURIComponent).join("/"), at = line ? (host[1] === "bitbucket.org" ? "#lines-" : "#L") + line : "";
  const kind = /gitlab/.test(host[1]) ? "-/blob" : /gitea|forgejo|codeberg/.test(host[1]) ? "src/commit" : host[1] === "bitbucket.org" ? "src" : "blob";
  return el("a", { href: `${web}/${kind}/${head}/${file}${at}`, rel: "noreferrer noopener", target: "_blank" }, shown);
}
const ownerOf = name => name.includes("/") ? name.slice(0, name.lastIndexOf("/")) : "";
const page = document.getElementById("page");
const sections = [];

function section(id, title, ...children) {
  sections.push([id, title]);
  const node = el("section", { id }, el("h2", {}, title), children);
  page.append(node);
  return node;
}
function tiles(list) {
  return el("div", { class: "tiles" }, list.map(([value, label, tone]) =>
    el("div", { class: "tile" }, el("b", { class: tone ? "t-" + tone : "" }, value), el("span", {}, label))));
}
function stacked(parts) {
  const total = parts.reduce((sum, [, n]) => sum + n, 0);
  const shown = parts.filter(([, n]) => n > 0);
  return [
    el("div", { class: "bar" }, shown.map(([label, n, tone]) => el("i", { class: "c-" + tone, width: 100 * n / total + "%", title: `${label}: ${fmt(n)}` }))),
    el("div", { class: "legend" }, shown.map(([label, n, tone]) => el("span", {}, el("i", { class: "c-" + tone }), `${label} ${fmt(n)} (${percent(n, total)})`))),
  ];
}
const meter = (n, most) => el("span", { class: "meter" }, el("i", { width: most ? 100 * n / most + "%" : "0" }));

// A table that shows a page of its rows, and more on demand. columns: [title, cell(row), {n, key}]
function table(columns, rows, size) {
  let list = rows, limit = size || PAGE, sorted = null, down = true;
  const body = el("tbody"), more = el("div", { class: "tools" });
  const wrapped = el("div", {}, el("div", { class: "scroll" }, el("table", {},
    el("thead", {}, el("tr", {}, columns.map(([title, , options]) => {
      const key = options && options.key;
      return el("th", { class: (options && options.n ? "n " : "") + (key ? "sorts" : ""), on: key ? { click: () => sortBy(key, options.n) } : {} }, title);
    }))), body)), more);
  function sortBy(key, isNumber) {
    down = sorted === key ? !down : !!isNumber;
    sorted = key;
    const value = row => typeof key === "function" ? key(row) : row[key];
    list = list.slice().sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      const order = isNumber ? x - y : String(x == null ? "" : x).localeCompare(String(y == null ? "" : y));
      return down ? -order : order;
    });
    draw();
  }
  function draw() {
    body.replaceChildren(...list.slice(0, limit).map(row => el("tr", {}, columns.map(([, cell, options]) =>
      el("td", { class: options && options.n ? "n" : options && options.w ? "w" : "" }, cell(row))))));
    if (!list.length) body.append(el("tr", {}, el("td", { colspan: columns.length, class: "dim" }, "nothing")));
    more.replaceChildren();
    if (list.length > limit) more.append(
      el("button", { class: "more", on: { click: () => { limit += 200; draw(); } } }, "show 200 more"),
      el("span", { class: "dim" }, `${fmt(limit)} of ${fmt(list.length)}`));
  }
  draw();
  wrapped.set = rows => { list = rows; limit = size || PAGE; draw(); };
  return wrapped;
}
function debounce(run) { let timer; return () => { clearTimeout(timer); timer = setTimeout(run, 120); }; }
function search(placeholder, run) { return el("input", { type: "search", placeholder, "aria-label": placeholder, on: { input: debounce(run) } }); }
function choice(label, values, run) {
  return el("select", { "aria-label": label, on: { change: run } }, el("option", { value: "" }, label), values.map(v => el("option", { value: v }, v)));
}
const words = text => text.toLowerCase().split(/\s+/).filter(Boolean);
const fits = (needles, ...texts) => { const hay = texts.join("\n").toLowerCase(); return needles.every(n => hay.includes(n)); };

// Head
page.append(el("header", {}, el("h1", {}, "Pipelines of " + plural(S.repositories, "repository", "repositories")),
  el("p", { class: "dim" }, `swaplint ${S.version} · ${S.today} · ${plural(S.total.pipelines, "pipeline")} in ${plural(S.total.files, "file")}`),
  el("p", {}, el("b", {}, `${fmt(S.total.high)} high findings, ${fmt(S.total.open)} open handoffs`), D.since ? `; ${fmt(D.since.counts.new)} new, ${fmt(D.since.counts.fixed)} fixed since ${D.since.today}` : "",
    S.covered < S.repositories ? `; nothing is known of ${plural(S.repositories - S.covered, "repository", "repositories")}` : "", ".")));
const nav = el("nav");
page.append(nav);

// Coverage
const STATUS = [["ok", "audited", "good"], ["no_pipelines", "without pipelines", "soft"], ["empty", "empty", "soft"], ["partial", "audited in part", "unsure"],
  ["unreadable", "unreadable", "bad"], ["crashed", "crashed", "bad"], ["timeout", "timed out", "bad"], ["throttled", "throttled", "bad"]];
const lost = D.repos.filter(r => !r[REPO.covered]);
const partial = D.repos.filter(r => r[REPO.covered] && r[REPO.status] === "partial");
const statusChip = r => chip((STATUS.find(s => s[0] === r[REPO.status]) || [0, r[REPO.status]])[1], r[REPO.covered] ? r[REPO.status] === "partial" ? "unsure" : "good" : "bad");
section("coverage", "Coverage",
  tiles([[fmt(S.repositories), "enumerated"], [percent(S.covered, S.repositories), `audited (${fmt(S.covered)})`, S.covered === S.repositories ? "good" : "bad"],
    [fmt(lost.length), "not audited", lost.length ? "bad" : "good"], [fmt((S.statuses.no_pipelines || 0) + (S.statuses.empty || 0)), "without pipelines"],
    [fmt(S.total.file_errors), "files not analysed", S.total.file_errors ? "unsure" : "good"]]),
  stacked(STATUS.map(([status, label, tone]) => [label, S.statuses[status] || 0, tone])),
  lost.length ? [el("h3", {}, "Not audited: nothing is known of these"),
    table([["repository", r => r[REPO.name], { key: REPO.name }], ["why", statusChip, { w: 1, key: REPO.status }], ["reason", r => r[REPO.reason] || ""]], lost, 10)] : null,
  partial.length ? [el("h3", {}, "Audited but for some files"),
    table([["repository", r => r[REPO.name], { key: REPO.name }], ["files", r => fmt(r[REPO.errors]), { n: 1, key: REPO.errors }], ["first", r => r[REPO.reason] || ""]], partial, 5)] : null);

// Since
if (D.since) {
  const c = D.since.counts, was = D.since.total, wasAll = was.high + was.medium + was.low + was.info, isAll = S.total.high + S.total.medium + S.total.low + S.total.info;
  const change = (a, b) => b === a ? "as before" : `${b > a ? "+" : "−"}${fmt(Math.abs(b - a))}`;
  section("since", `Since ${D.since.today}`,
    D.since.changed.length ? el("div", { class: "banner" }, el("b", {}, `Another ${D.since.changed.join(" and ")} decided. `),
      "Not every difference below is one of the repositories.") : null,
    tiles([[fmt(c.new), "new", c.new ? "bad" : "good"], [fmt(c.fixed), "fixed", c.fixed ? "good" : ""], [fmt(c.persisting), "persisting"],
      [fmt(c.unknown), "unknown: not seen in one of the audits", c.unknown ? "unsure" : ""], [fmt(c.accepted), "accepted since"]]),
    el("p", {}, `Findings ${fmt(wasAll)} → ${fmt(isAll)} (${change(wasAll, isAll)}); open handoffs ${fmt(was.open)} → ${fmt(S.total.open)} (${change(was.open, S.total.open)}); repositories audited ${fmt(D.since.covered)} of ${fmt(D.since.repositories)} → ${fmt(S.covered)} of ${fmt(S.repositories)}.`),
    D.since.gone.length ? [el("h3", {}, "Fixed or accepted"), table([["state", g => chip(g[5], g[5] === "fixed" ? "good" : "dim"), { w: 1, key: 5 }], ["repository", g => g[0], { key: 0 }],
      ["rule", g => g[1], { w: 1, key: 1 }], ["finding", g => [g[4], el("small", {}, `${g[2]}:${g[3]}`)]]], D.since.gone, 5)] : null);
}

// Handoffs
const T = S.total;
section("handoffs", "Handoffs",
  el("p", {}, "Ways of artifacts from who left them to who takes them. A window is open where somebody who can write to the place in between, and to nothing else, can change what is taken."),
  tiles([[fmt(T.open), "open", T.open ? "bad" : "good"], [fmt(T.closed), "closed", "good"], [fmt(T.unknown), "unknown", T.unknown ? "unsure" : ""],
    [percent(T.closed, T.open + T.closed + T.unknown), "closed of all"]]),
  T.open + T.closed + T.unknown ? stacked([["open", T.open, "bad"], ["unknown", T.unknown, "unsure"], ["closed", T.closed, "good"]]) : null);

// Rules
const total = T.high + T.medium + T.low + T.info, mostRepos = Math.max(0, ...D.rules.map(r => r[4]));
const ruleLink = id => el("button", { class: "link mono", on: { click: () => showFindings({ rule: id }) } }, id);
section("rules", "Rules by repositories affected",
  tiles([[fmt(total), "findings"], ...SEVERITIES.map(s => [fmt(T[s]), s, T[s] ? s : ""]), [fmt(T.accepted), "accepted"]]),
  table([["rule", r => [ruleLink(r[0]), r[2] ? el("small", {}, r[2]) : null], { key: 0 }], ["severity", r => severity(r[1]), { w: 1, key: r => SEVERITIES.indexOf(r[1]) }],
    ["repositories", r => [meter(r[4], mostRepos), el("span", { class: "fixed" }, `${fmt(r[4])} (${percent(r[4], S.repositories)})`)], { n: 1, key: 4 }], ["findings", r => fmt(r[5]), { n: 1, key: 5 }]], D.rules, 15));

// Repositories and owners
const weight = r => r[REPO.high] * 1e8 + r[REPO.medium] * 1e4 + r[REPO.low] + r[REPO.info] / 1e4;
const byWeight = D.repos.slice().sort((a, b) => weight(b) - weight(a) || b[REPO.open] - a[REPO.open] || a[REPO.name].localeCompare(b[REPO.name]));
const owners = new Map();
for (const r of D.repos) {
  const name = ownerOf(r[REPO.name]), o = owners.get(name) || [name, 0, 0, 0, 0, 0];
  o[1] += 1; o[2] += r[REPO.high]; o[3] += r[REPO.medium]; o[4] += r[REPO.open]; o[5] += r[REPO.high] > 0;
  owners.set(name, o);
}
const byOwner = [...owners.values()].sort((a, b) => b[2] - a[2] || b[3] - a[3] || a[0].localeCompare(b[0]));
const count = (n, tone) => el("span", { class: n ? "t-" + tone : "dim" }, fmt(n));
const repoLink = name => el("button", { class: "link", on: { click: () => showFindings({ text: name }) } }, name);
const repoTable = table([["repository", r => repoLink(r[REPO.name]), { key: REPO.name }], ["", r => r[REPO.status] === "ok" ? "" : statusChip(r), { w: 1, key: REPO.status }],
  ["high", r => count(r[REPO.high], "high"), { n: 1, key: REPO.high }], ["medium", r => count(r[REPO.medium], "medium"), { n: 1, key: REPO.medium }],
  ["low", r => count(r[REPO.low] + r[REPO.info], "low"), { n: 1, key: r => r[REPO.low] + r[REPO.info] }], ["open", r => count(r[REPO.open], "bad"), { n: 1, key: REPO.open }],
  ["pipelines", r => fmt(r[REPO.pipelines]), { n: 1, key: REPO.pipelines }]], byWeight, 15);
const repoSearch = search("filter repositories by name or status", () => {
  const needles = words(repoSearch.value);
  repoTable.set(byWeight.filter(r => fits(needles, r[REPO.name], r[REPO.status])));
});
section("repositories", "Repositories and owners", el("div", { class: "cols" },
  el("div", {}, el("div", { class: "tools" }, repoSearch), repoTable),
  el("div", {}, el("h3", {}, "Owners"), table([["owner", o => o[0] || el("span", { class: "dim" }, "(none)"), { key: 0 }], ["repositories", o => fmt(o[1]), { n: 1, key: 1 }],
    ["high", o => count(o[2], "high"), { n: 1, key: 2 }], ["open", o => count(o[4], "bad"), { n: 1, key: 4 }]], byOwner, 15))));

// Findings
const F = { repo: 0, rule: 1, severity: 2, message: 3, path: 4, line: 5, execution: 6, step: 7, state: 8, help: 9 };
const findingText = search("search findings: repository, path, message ..", filterFindings);
const findingSeverity = choice("any severity", SEVERITIES, filterFindings);
const findingRule = choice("any rule", D.rules.map(r => r[0]).sort(), filterFindings);
const findingOwner = choice("any owner", [...owners.keys()].filter(Boolean).sort(), filterFindings);
const findingState = choice("new or not", ["new", "unknown"], filterFindings);
const findingCount = el("span", { class: "dim" });
const findingTable = table([["", f => [severity(f[F.severity]), f[F.state] ? [" ", chip(f[F.state], f[F.state] === "new" ? "bad" : "unsure")] : null], { w: 1, key: f => SEVERITIES.indexOf(f[F.severity]) }],
  ["repository", f => [repoName(f[F.repo]), el("small", { class: "mono" }, place(f[F.repo], f[F.path], f[F.line]))], { key: f => repoName(f[F.repo]) }],
  ["finding", f => [f[F.message], el("small", {}, [f[F.rule], f[F.execution], f[F.step]].filter(Boolean).join(" · ")), f[F.help] ? el("small", {}, "→ " + f[F.help]) : null]]], []);
function filterFindings() {
  const needles = words(findingText.value);
  const list = D.findings.filter(f => (!findingSeverity.value || f[F.severity] === findingSeverity.value) && (!findingRule.value || f[F.rule] === findingRule.value)
    && (!findingState.value || f[F.state] === findingState.value) && (!findingOwner.value || ownerOf(repoName(f[F.repo])) === findingOwner.value)
    && (!needles.length || fits(needles, repoName(f[F.repo]), f[F.path], f[F.message], f[F.rule], f[F.execution] || "", f[F.step] || "")));
  findingTable.set(list);
  const cut = D.findings.length < D.findingsTotal ? `; of ${fmt(D.findingsTotal)} the gravest ${fmt(D.findings.length)} are in this page, the tables have all` : "";
  findingCount.textContent = plural(list.length, "finding") + cut;
}
function showFindings({ rule, text }) {
  for (const field of [findingSeverity, findingOwner, findingState]) field.value = "";
  findingRule.value = rule || "";
  findingText.value = text || "";
  filterFindings();
  document.getElementById("findings").scrollIntoView();
}
section("findings", "Findings", el("div", { class: "tools" }, findingText, findingSeverity, findingRule, findingOwner, D.since ? findingState : null, findingCount), findingTable);
filterFindings();

// Inventory
const U = { kind: 0, name: 1, version: 2, pin: 3, owner: 4, count: 5, repos: 6, list: 7 };
const pinned = u => u[U.pin] === "commit" || u[U.pin] === "digest";
const kinds = [...new Set(D.uses.map(u => u[U.kind]))].sort();
const useText = search("who uses ..? name, version, repository", filterUses);
const useKind = choice("any kind", kinds, filterUses);
const usePin = choice("any pin", ["commit", "digest", "semver", "tag", "branch", "none", "unknown"], filterUses);
const useCount = el("span", { class: "dim" });
const useTable = table([["reference", u => [el("span", { class: "mono" }, u[U.name]), u[U.version] ? el("small", { class: "mono" }, u[U.version]) : null], { key: U.name }],
  ["kind", u => u[U.kind], { w: 1, key: U.kind }], ["pin", u => chip(u[U.pin], pinned(u) ? "good" : u[U.pin] === "unknown" ? "dim" : "unsure"), { w: 1, key: U.pin }],
  ["uses", u => fmt(u[U.count]), { n: 1, key: U.count }], ["repositories", u => users(u), { key: U.repos }]], []);
function users(u) {
  const names = u[U.list].map(repoName), short = names.slice(0, 3).join(", ");
  if (names.length <= 3) return short;
  const all = el("div", { class: "users" });
  const button = el("button", { class: "link", on: { click: () => {
    all.replaceChildren(...(all.childNodes.length ? [] : names.map(n => el("span", {}, n)).concat(u[U.repos] > names.length ? [el("span", { class: "dim" }, `and ${fmt(u[U.repos] - names.length)} more`)] : [])));
  } } }, `${fmt(u[U.repos])}: ${short} ..`);
  return el("div", {}, button, all);
}
function filterUses() {
  const needles = words(useText.value);
  const list = D.uses.filter(u => (!useKind.value || u[U.kind] === useKind.value) && (!usePin.value || u[U.pin] === usePin.value)
    && (!needles.length || fits(needles, u[U.name], u[U.version]) || fits(needles, u[U.name], u[U.version], u[U.list].map(repoName).join("\n"))));
  useTable.set(list);
  const repos = new Set();
  for (const u of list) for (const index of u[U.list]) repos.add(index);
  useCount.textContent = `${plural(list.length, "reference")} in ${plural(repos.size, "repository", "repositories")}` + (D.uses.length < D.usesTotal ? `; the ${fmt(D.uses.length)} of most repositories are in this page` : "");
}
const shares = kinds.filter(kind => kind !== "url").map(kind => {
  const of = D.uses.filter(u => u[U.kind] === kind), sum = list => list.reduce((n, u) => n + u[U.count], 0);
  return [kind, sum(of.filter(pinned)), sum(of)];
});
section("inventory", "Inventory: who uses what",
  el("p", {}, "Pipeline code, images and files of others that pipelines use. Pinned is what nobody can repoint: a commit or a digest."),
  tiles(shares.map(([kind, n, all]) => [percent(n, all), `of ${plural(all, kind)} pinned`, n === all ? "good" : "unsure"])),
  el("div", { class: "tools" }, useText, useKind, usePin, useCount), useTable);
filterUses();

// Waivers
const day = text => Date.parse(text + "T00:00:00Z"), today = day(S.today);
const waiverState = w => !w[6] ? ["no last day", "dim"] : day(w[6]) < today ? ["expired", "bad"] : day(w[6]) - today <= 30 * 864e5 ? ["ends soon", "unsure"] : ["until then", "good"];
const waivers = D.waivers.slice().sort((a, b) => (a[6] || "9").localeCompare(b[6] || "9"));
const expired = D.findings.filter(f => f[F.rule] === "expired-ignore").length;
section("waivers", "Waivers",
  tiles([[fmt(T.accepted), "accepted findings"], [fmt(waivers.filter(w => waiverState(w)[0] === "ends soon").length), "end within 30 days", ""],
    [fmt(waivers.filter(w => !w[6]).length), "have no last day"], [fmt(expired), "have expired, and accept nothing any more", expired ? "bad" : ""]]),
  table([["until", w => [w[6] || "", w[6] ? " " : "", chip(...waiverState(w))], { w: 1, key: 6 }], ["repository", w => [repoName(w[0]), el("small", { class: "mono" }, place(w[0], w[2], w[3]))], { key: w => repoName(w[0]) }],
    ["rule", w => w[1], { w: 1, key: 1 }], ["by", w => w[4], { w: 1, key: 4 }], ["reason", w => w[5] || ""]], waivers, 10));

// Provenance
const digests = S.digests.map((d, i) => [el("dt", {}, S.digests.length > 1 ? `program ${i + 1}` : "program"), el("dd", { class: "mono" }, `swaplint ${S.version}, sha256:${d.tool}`),
  el("dt", {}, "policies"), el("dd", { class: "mono" }, "sha256:" + d.policy), el("dt", {}, "config"), el("dd", { class: "mono" }, "sha256:" + d.config)]);
section("provenance", "Provenance",
  S.digests.length > 1 ? el("div", { class: "banner bad" }, "Records of different programs, policies or configs were put together.") : null,
  el("dl", {}, el("dt", {}, "plan"), el("dd", { class: "mono" }, S.plan_id), el("dt", {}, "day"), el("dd", {}, S.today), el("dt", {}, "sources"), el("dd", {}, S.sources.join(", ")), digests,
    el("dt", {}, "schema"), el("dd", { class: "mono" }, S.schema)));

const titles = { coverage: "Coverage", since: "Since", handoffs: "Handoffs", rules: "Rules", repositories: "Repositories", findings: "Findings", inventory: "Inventory", waivers: "Waivers", provenance: "Provenance" };
nav.append(...sections.map(([id]) => el("a", { href: "#" + id }, titles[id])));
