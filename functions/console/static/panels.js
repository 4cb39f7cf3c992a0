// Parts of one item's screen that are more than fields and lists.
import { useState } from "preact/hooks"
import { Actions } from "./action.js"
import { download, get } from "./api.js"
import { attendees, feedback, sessionActions, waitlist } from "./courses.js"
import { save } from "./files.js"
import { money, number } from "./format.js"
import { List, Rows } from "./list.js"
import { useLoaded, useRefresh } from "./loading.js"
import { html } from "./markup.js"
import { sentNotifications } from "./operations.js"
import { Refusal } from "./problem.js"
import { t } from "./texts.js"

/** @typedef {import("./description.js").Row} Row */
/** @typedef {import("./description.js").Resource} Resource */

const SECONDS_LIVE = 10

/** The live sessions of a course. @param {{ row: Row }} properties */
function Sessions({ row }) {
  const loaded = useLoaded(() => get(`admin/events/${row.id}/sessions`), [row.id])
  const sessions = loaded.value?.sessions?.map((/** @type {Row} */ session) => ({ ...session, timeZone: row.timeZone, _course: row, _count: loaded.value.sessions.length })) ?? []
  const columns = [{ name: "title" }, { name: "startsAt" }, { name: "endsAt" }, { name: "attended" }]
  return html`<section><h2>${t("Sessions")}</h2>
    <${Refusal} error=${loaded.error} retry=${loaded.again} />
    <${Rows} rows=${sessions} columns=${columns} actions=${sessionActions} label=${t("Sessions")} /></section>`
}

/** Who attends a course; read again every few seconds while it runs. @param {{ row: Row }} properties */
function Attendance({ row }) {
  const isLive = row.status === "ongoing"
  const summary = useLoaded(async () => (await get(`admin/events/${row.id}/attendance`, { limit: 1 })).summary, [row.id])
  useRefresh(summary.again, isLive ? SECONDS_LIVE : undefined)
  if (!summary.value?.confirmed) return null
  const { confirmed, presentNow, joined, noShows, minutes } = summary.value
  return html`<section><h2>${t("Attendance")}</h2>
    <ul class="tiles">${[["Present now", presentNow], ["Joined", joined], ["No-shows", noShows], ["Confirmed", confirmed], ["Minutes", minutes]].map(([title, count]) => html`<li class="tile"><span class="figure">${number(/** @type {number} */ (count))}</span><span>${t(String(title))}</span></li>`)}</ul>
    <${List} resource=${{ ...attendees, path: `admin/events/${row.id}/attendance`, refresh: isLive ? SECONDS_LIVE : undefined }} query=${{}} /></section>`
}

/** How far the cancellation of a course is. @param {{ row: Row }} properties */
function Cancellation({ row }) {
  const isCancelled = row.status === "cancelled"
  const loaded = useLoaded(async () => (isCancelled ? (await get(`admin/events/${row.id}/cancellation`)).cancellation : null), [row.id, row.status])
  useRefresh(loaded.again, isCancelled && loaded.value?.done === false ? 5 : undefined)
  if (!isCancelled || !loaded.value) return null
  const { registrationsLeft, registrationsCancelled, waitlistLeft, refunds, done } = loaded.value
  return html`<section><h2>${t("Cancellation")}</h2><dl class="facts">
    <div><dt>${t("Finished")}</dt><dd>${t(done ? "Yes" : "No")}</dd></div>
    <div><dt>${t("Registrations cancelled")}</dt><dd>${number(registrationsCancelled)}</dd></div>
    <div><dt>${t("Registrations left")}</dt><dd>${number(registrationsLeft)}</dd></div>
    <div><dt>${t("Waiting people left")}</dt><dd>${number(waitlistLeft)}</dd></div>
    <div><dt>${t("Refunded")}</dt><dd>${money(refunds.processedAmount, row.currency)} / ${money(refunds.amount, row.currency)}</dd></div>
    <div><dt>${t("Failed refunds")}</dt><dd>${number(refunds.failed)}</dd></div>
  </dl></section>`
}

/** Receipts and credit notes of a registration's payments. @param {{ row: Row }} properties */
function Documents({ row }) {
  const paid = row._answer.payments.filter((/** @type {Row} */ payment) => ["success", "refunded"].includes(payment.status))
  const [error, setError] = useState(/** @type {unknown} */ (null))
  const loaded = useLoaded(async () => (await Promise.all(paid.map(documentsOf))).flat(), paid.map((/** @type {Row} */ payment) => payment.id))
  if (paid.length === 0) return null
  const open = (/** @type {Row} */ document) => download(document.path.replace(/^\/functions\/v1\//, ""), {}, "application/pdf").then(blob => save(blob, `${document.number.replaceAll("/", "-")}.pdf`), setError)
  return html`<section><h2>${t("Receipts and credit notes")}</h2>
    <${Refusal} error=${error ?? loaded.error} />
    <div class="actions">${loaded.value?.map((/** @type {Row} */ document) => html`<button type="button" onClick=${() => open(document)}>${document.number} · ${money(document.amount, document.currency)} (PDF)</button>`)}</div>
  </section>`
}

/** @param {Row} payment */
async function documentsOf(payment) {
  const { receipt, creditNotes } = await get(`admin/payments/${payment.id}/receipt`)
  const path = `admin/payments/${payment.id}`
  return [{ ...receipt, path: `${path}/receipt` }, ...creditNotes.map((/** @type {Row} */ note) => ({ ...note, path: `${path}/credit-notes/${note.id}` }))]
}

/** All rows of a settlement as a spreadsheet. @param {{ row: Row }} properties */
function SettlementSheet({ row }) {
  const [error, setError] = useState(/** @type {unknown} */ (null))
  const fetchSheet = () => download(`admin/reconciliation/settlements/${row.id}`, { format: "csv" }).then(blob => save(blob, `${row.id}.csv`), setError)
  return html`<section><button type="button" onClick=${fetchSheet}>${t("Download CSV")}</button><${Refusal} error=${error} /></section>`
}

/** A list whose path or query an item completes. @param {Resource} resource @param {(row: Row) => string} path @param {(row: Row) => Record<string, string>} [query] */
function nested(resource, path, query = () => ({})) {
  return (/** @type {{ row: Row }} */ { row }) => html`<section><h2>${t(resource.title)}</h2><${List} resource=${{ ...resource, path: path(row) }} query=${query(row)} /></section>`
}

/** @type {Record<string, any>} */
export const panels = {
  feedback: nested(feedback, row => `admin/events/${row.id}/feedback`),
  waitlist: nested(waitlist, row => `admin/events/${row.id}/waitlist`),
  notifications: nested(sentNotifications, () => "admin/notifications/sent", row => ({ userId: row.userId ?? row.id })),
  attendance: Attendance, sessions: Sessions, cancellation: Cancellation, documents: Documents, settlementSheet: SettlementSheet }
