// Reports with a chart, for days, as tables and for spreadsheets.
import { get } from "./api.js"
import { date, money, today } from "./format.js"
import { Csv, Head, Rows } from "./list.js"
import { useLoaded } from "./loading.js"
import { html } from "./markup.js"
import { Refusal } from "./problem.js"
import { href, place, refine } from "./router.js"
import { t, words } from "./texts.js"

const TYPES = ["revenue", "overview", "events", "referrals", "funnel", "attendance"]
const GROUPINGS = ["day", "week", "month"]

export function ReportsScreen() {
  const given = Object.fromEntries([...place.value.query])
  const query = { type: "revenue", startDate: today(-29), endDate: today(), groupBy: "day", ...given }
  const loaded = useLoaded(() => get("analytics-report", query), [query])
  return html`<${Head} title=${t("Reports")}><div class="actions"><${Csv} path="analytics-report" query=${query} name=${`report-${query.type}`} /></div><//>
    <nav class="tabs" aria-label=${t("Reports")}>${TYPES.map(type => html`<a href=${href(["reports"], { ...given, type })} aria-current=${type === query.type ? "page" : undefined}>${words(type)}</a>`)}</nav>
    <form class="filters" onSubmit=${submit} key=${JSON.stringify(query)}>
      <div class="filter"><label for="report-start">${t("From")}</label><input id="report-start" type="date" name="startDate" value=${query.startDate} /></div>
      <div class="filter"><label for="report-end">${t("Until")}</label><input id="report-end" type="date" name="endDate" value=${query.endDate} /></div>
      ${query.type === "revenue" && html`<div class="filter"><label for="report-by">${t("By")}</label><select id="report-by" name="groupBy" onChange=${(/** @type {any} */ event) => event.target.form.requestSubmit()}>${GROUPINGS.map(name => html`<option value=${name} selected=${name === query.groupBy}>${words(name)}</option>`)}</select></div>`}
      <div class="filter buttons"><button type="submit">${t("Show")}</button></div>
    </form>
    <${Refusal} error=${loaded.error} retry=${loaded.again} />
    ${loaded.isLoading && html`<p class="loading" role="status">${t("Loading…")}</p>`}
    ${loaded.value?.type === query.type && html`<${Report} report=${loaded.value} />`}`
}

/** @param {any} event */
function submit(event) {
  event.preventDefault()
  refine(Object.fromEntries([...new FormData(event.target)].map(([name, value]) => [name, String(value)])))
}

const REVENUE = [{ name: "payments", kind: "number" }, { name: "gross" }, { name: "refunded" }, { name: "fees" }, { name: "tax" }, { name: "net" }]

/** @param {{ report: any }} properties */
function Report({ report }) {
  switch (report.type) {
    case "revenue": return html`<${Chart} periods=${report.periods} /><${Table} title="Total" rows=${report.totals} columns=${[{ name: "currency" }, ...REVENUE]} />
      <${Table} title="Periods" rows=${report.periods} columns=${[{ name: "startDate", kind: "date" }, { name: "endDate", kind: "date" }, { name: "currency" }, ...REVENUE]} />`
    case "overview": return html`<dl class="facts">${facts(report)}</dl><${Table} title="Revenue" rows=${report.revenue} columns=${[{ name: "currency" }, ...REVENUE]} />`
    case "events": return html`<${Table} title="Courses" rows=${report.events} columns=${[{ name: "title", to: "courses", id: "id" }, { name: "status" }, { name: "startsAt" }, { name: "seatsTaken", kind: "number" }, { name: "capacity", kind: "number" }, { name: "registrations.paid", label: "Paid", kind: "number" }, { name: "revenue", label: "Net", value: (/** @type {any} */ event) => event.revenue.map((/** @type {any} */ each) => money(each.net, each.currency)).join(" + ") }, { name: "attended", kind: "number" }, { name: "noShows", kind: "number" }, { name: "feedback.averageRating", label: "Rating", kind: "number" }]} />`
    case "referrals": return html`<dl class="facts">${facts(report)}</dl><${Table} title="Leaderboard" rows=${report.leaderboard} columns=${[{ name: "fullName" }, { name: "email" }, { name: "referrals", kind: "number" }, { name: "converted", kind: "number" }, { name: "rewarded", kind: "number" }]} />`
    case "funnel": return html`<${Table} title="Steps" rows=${report.steps} columns=${[{ name: "name", kind: "status" }, { name: "sessions", kind: "number" }, { name: "ofFirst", kind: "number" }, { name: "ofPrevious", kind: "number" }]} />`
    default: return html`<${Table} title="Sessions" rows=${report.sessions} columns=${[{ name: "title" }, { name: "eventTitle", label: "Course", to: "courses", id: "eventId" }, { name: "startsAt" }, { name: "confirmed", kind: "number" }, { name: "joined", kind: "number" }, { name: "noShows", kind: "number" }, { name: "minutes", kind: "number" }]} />`
  }
}

/** @param {{ title: string, rows: any[], columns: any[] }} properties */
function Table({ title, rows, columns }) {
  return html`<section><h2>${t(title)}</h2>${rows.length ? html`<${Rows} rows=${rows} columns=${columns} label=${t(title)} />` : html`<p class="empty">${t("Nothing in these days.")}</p>`}</section>`
}

/** Numbers of a report, also those one level deeper. @param {any} report */
function facts(report) {
  const entries = Object.entries(report).flatMap(([name, value]) => (value && typeof value === "object" && !Array.isArray(value) ? Object.entries(value).map(([inner, each]) => [`${words(name)}: ${words(inner)}`, each]) : [[words(name), value]]))
  return entries.filter(([, value]) => typeof value === "number").map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)
}

/** Gross sales a period as bars, one chart a currency. @param {{ periods: any[] }} properties */
function Chart({ periods }) {
  const currencies = [...new Set(periods.map(period => period.currency))]
  return currencies.map(currency => {
    const bars = periods.filter(period => period.currency === currency)
    const most = Math.max(...bars.map(bar => bar.gross), 1)
    const width = 100 / bars.length
    return html`<figure class="chart"><svg viewBox="0 0 100 40" preserveAspectRatio="none" role="img" aria-label=${t("Gross sales a period in {currency}; the table below has the numbers.", { currency })}>
      ${bars.map((bar, index) => html`<rect x=${index * width + width * 0.1} width=${width * 0.8} y=${40 - (bar.gross / most) * 38} height=${(bar.gross / most) * 38}><title>${date(bar.startDate)}: ${money(bar.gross, currency)}</title></rect>`)}</svg>
      <figcaption>${date(bars[0]?.startDate)} – ${date(bars.at(-1)?.endDate)} · ${t("most in a period: {amount}", { amount: money(most, currency) })}</figcaption></figure>`
  })
}
