// What happens today and what needs an administrator.
import { get } from "./api.js"
import { money, number, time, today } from "./format.js"
import { Head } from "./list.js"
import { useLoaded, useRefresh } from "./loading.js"
import { html } from "./markup.js"
import { Refusal } from "./problem.js"
import { href } from "./router.js"
import { t } from "./texts.js"
import { Badge } from "./values.js"

const MOST = 100
const SECONDS = 60

/** What waits for a person: how to count it, and where it is. */
const ATTENTION = [
  { title: "Held payments", read: () => count("admin/held-payments", "heldPayments"), address: href(["held-payments"]) },
  { title: "Failed refunds", read: () => count("admin/refunds", "refunds", { status: "failed" }, row => !row.retriedBy), address: href(["refunds"], { status: "failed" }) },
  { title: "Disputes that need an answer", read: disputesToAnswer, address: href(["disputes"]) },
  { title: "Failed notifications", read: () => count("admin/notifications", "notifications"), address: href(["failed-notifications"]) },
  { title: "Findings of reconciliation", read: () => count("admin/reconciliation/items", "items", { standing: true, repaired: false }, row => row.verdict !== "matched"), address: href(["reconciliation-items"], { standing: true, repaired: false }) },
  { title: "Failed webhook deliveries", read: () => count("admin/webhook-logs", "webhookLogs", { status: "failed" }), address: href(["webhook-log"], { status: "failed" }) },
  { title: "Signs of fraud", read: () => count("admin/fraud-signals", "fraudSignals", { reviewed: false }), address: href(["fraud-signals"], { reviewed: false }) },
]

/** @param {string} path @param {string} items @param {Record<string, unknown>} [query] @param {(row: any) => boolean} [which] */
async function count(path, items, query = {}, which = () => true) {
  const answer = await get(path, { ...query, limit: MOST })
  const found = answer[items].filter(which).length
  return { text: answer.nextCursor ? `${found}+` : number(found), isNone: found === 0, note: "" }
}

async function disputesToAnswer() {
  const [open, required] = await Promise.all(["open", "action_required"].map(status => get("admin/disputes", { status, limit: MOST })))
  const all = [...open.disputes, ...required.disputes]
  const deadlines = all.map(dispute => dispute.respondBy).filter(Boolean).sort()
  return { text: number(all.length), isNone: all.length === 0, note: deadlines.length ? t("the first by {time}", { time: time(deadlines[0]) }) : "" }
}

export function OverviewScreen() {
  return html`<${Head} title=${t("Overview")} />
    <${Sales} /><section><h2>${t("Needs attention")}</h2><ul class="tiles">${ATTENTION.map(each => html`<${Attention} ...${each} />`)}</ul></section>
    <${NextCourses} />`
}

function Sales() {
  const day = today()
  const loaded = useLoaded(() => Promise.all([
    get("analytics-report", { type: "revenue", startDate: day, endDate: day }),
    get("analytics-report", { type: "overview", startDate: day, endDate: day }),
  ]), [day])
  useRefresh(loaded.again, SECONDS)
  if (!loaded.value) return html`<${Refusal} error=${loaded.error} retry=${loaded.again} />`
  const [revenue, overview] = loaded.value
  const totals = revenue.totals.length ? revenue.totals : [{ currency: "INR", gross: 0, refunded: 0, net: 0, payments: 0 }]
  return html`<section><h2>${t("Today")}</h2><ul class="tiles">
    ${totals.map((/** @type {any} */ total) => html`<li class="tile"><span class="figure">${money(total.gross, total.currency)}</span><span>${t("Sales of {number} payments", { number: number(total.payments) })}</span></li>
      <li class="tile"><span class="figure">${money(total.refunded, total.currency)}</span><span>${t("Refunded")}</span></li>
      <li class="tile"><span class="figure">${money(total.net, total.currency)}</span><span>${t("Net of refunds and fees")}</span></li>`)}
    <li class="tile"><span class="figure">${number(overview.registrations.total)}</span><span>${t("Registrations")}</span></li>
  </ul></section>`
}

/** @param {{ title: string, read: () => Promise<{ text: string, isNone: boolean, note: string }>, address: string }} properties */
function Attention({ title, read, address }) {
  const loaded = useLoaded(read, [title])
  useRefresh(loaded.again, SECONDS)
  const { text = "…", isNone = true, note = "" } = loaded.value ?? {}
  return html`<li class=${`tile ${isNone ? "" : "alert"}`}><a href=${address}><span class="figure">${loaded.error ? "?" : text}</span><span>${t(title)}</span>${note && html`<span class="muted">${note}</span>`}</a></li>`
}

function NextCourses() {
  const loaded = useLoaded(async () => (await Promise.all(["ongoing", "upcoming"].map(status => get("admin/events", { status, limit: MOST })))).flatMap(answer => answer.events), [])
  const courses = (loaded.value ?? []).sort((/** @type {any} */ one, /** @type {any} */ other) => Date.parse(one.startsAt) - Date.parse(other.startsAt)).slice(0, 12)
  return html`<section><h2>${t("Next courses")}</h2><${Refusal} error=${loaded.error} retry=${loaded.again} />
    ${loaded.value && courses.length === 0 && html`<p class="empty">${t("No course is on sale.")}</p>`}
    <ul class="courses">${courses.map((/** @type {any} */ course) => html`<li><a href=${href(["courses", course.id])}>${course.title}</a> <${Badge} status=${course.status} />
      <span class="muted">${time(course.startsAt, course.timeZone)}</span>
      <label>${t("{taken} of {capacity} seats", { taken: number(course.seatsTaken), capacity: number(course.capacity) })} <meter min="0" max=${course.capacity} value=${course.seatsTaken}></meter></label></li>`)}</ul></section>`
}
